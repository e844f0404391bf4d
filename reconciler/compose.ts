import { readFile } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { isSea } from 'node:sea'
import { type Config, type ConfigFlags, readConfig } from './config.ts'
import { StopgapError, wordsOf } from './errors/error.ts'
import { kinds } from './kinds/registry.ts'
import type { Emit } from './model/event.ts'
import type { Source, SourceState } from './model/source.ts'
import type { SourceStatus } from './model/status.ts'
import type { JournalEntry, Stores } from './model/store.ts'
import type { Target } from './model/target.ts'
import { Rollout } from './pipeline/rollout.ts'
import { nameOf, type ReachSystem, targetOf } from './reach.ts'
import { Renewal, type Renewed } from './renew.ts'
import { Board } from './reporters/board.ts'
import { FileMemory } from './sources/memory.ts'
import { openSource } from './sources/open.ts'
import type { System } from './sources/run.ts'
import { openState, type StateFolder, sweepState } from './state/folder.ts'
import { takeLock } from './state/lock.ts'
import { rememberedServers } from './state/memory.ts'
import { readSourceStatus, writeSourceStatus } from './state/source-status.ts'
import { storesIn } from './state/stores.ts'
import { errno } from './util/atomic.ts'
import { now } from './util/clock.ts'
import type { Moment } from './util/clock-watch.ts'
import type { RetryOptions } from './util/retry.ts'

/** The real parts of one process. */
export interface Parts {
  readonly config: Config
  readonly state: StateFolder
  readonly stores: Stores
  readonly source: Source
  /** Tells everyone who listens, the board first. */
  readonly emit: Emit
  /** What is known of everything at this moment. */
  readonly board: Board
  /** One look at the source; what it found is remembered for `status`. */
  renew(moment: Moment, signal: AbortSignal): Promise<Renewed>
  readonly targets: readonly Target[]
  /** Who is written when. */
  readonly rollout: Rollout
  close(): Promise<void>
}

/** How the parts are put together for one command. */
export interface ComposeOptions {
  readonly emit: Emit
  /** The command's name; with it the state folder is locked, so that we may write. Null: only to look. */
  readonly lockFor: string | null
  /** Only these servers; null: all. */
  readonly only: readonly string[] | null
  readonly retry: RetryOptions
}

/** Who we are, for the journal. */
export function actorName(): string {
  try {
    return `${userInfo().username}@${hostname()}`
  } catch {
    // A container may run under a user id without a name.
    return `uid ${process.getuid?.() ?? '?'}@${hostname()}`
  }
}

/** This process, for those that start others. */
export interface ProcessSystem extends System {
  readonly pid: number
  /** As Node names it: linux, win32. */
  readonly platform: string
}

/** This process, for those that may not know `process`. */
export function processSystem(): ProcessSystem {
  const { env, pid, platform } = process
  return { env, pid, platform, now, kill: (id, signal) => void process.kill(id, signal) }
}

/** How this process was started: by Node and our launcher, or as the single executable, which has none. */
export function program(): { readonly node: string; readonly launcher: string | null } {
  return { node: process.execPath, launcher: isSea() ? null : (process.argv[1] ?? null) }
}

/** A folder of the user's own for what can be worked out again; null for an account without a home. */
export function cacheFolder(name: string): string | null {
  try {
    const caches =
      { win32: 'AppData/Local', darwin: 'Library/Caches' }[process.platform as string] ?? '.cache'
    return join(userInfo().homedir, caches, 'stopgap', name)
  } catch {
    return null
  }
}

/** The configuration by flags and file, as seen from the working folder. */
export async function configOf(flags: ConfigFlags): Promise<Config> {
  return readConfig(flags, { cwd: process.cwd(), read: readOrNull, resolve, dirname })
}

/** Makes the parts that a configuration names. Throws CONFIG_INVALID, STATE_*, SOURCE_INVALID. */
export async function compose(config: Config, options: ComposeOptions): Promise<Parts> {
  requireComplete(config)
  const targets = targetsOf(config, options.only)
  const state = await openState(config.state)
  const exclusive = options.lockFor !== null
  const lock =
    options.lockFor === null
      ? null
      : await takeLock(state, {
          pid: process.pid,
          command: options.lockFor,
          since: new Date(now()).toISOString(),
        })
  if (exclusive) await sweepState(state)
  const { stores, close } = storesIn(state, {
    actor: exclusive && options.lockFor === 'run' ? 'daemon' : actorName(),
    now,
    exclusive,
  })
  const { source, memory } = await sourceOf(config, exclusive)
  const board = new Board(source.name, await readSourceStatus(state))
  const emit: Emit = (event) => {
    board.handle(event)
    options.emit(event)
  }
  const renewal = new Renewal({ source, memory, kinds, emit, retry: options.retry, decides: exclusive })
  return {
    config,
    state,
    stores,
    source,
    emit,
    board,
    targets,
    rollout: await rolloutOf(config, targets, stores),
    renew: async (moment, signal) => {
      if (!exclusive) return renewal.renew(moment, signal)
      const before = await memory.load()
      const renewed = await renewal.renew(moment, signal)
      await writeSourceStatus(state, board.status(moment.time).source)
      for (const { revision, entry } of sourceEntries(before, await memory.load()))
        await stores.journal(revision, [entry])
      return renewed
    },
    close: async () => {
      await Promise.all(targets.map((target) => target.close()))
      await close()
      lock?.release()
    },
  }
}

/** With what an earlier process left unfinished: a write that failed holds the others still. */
async function rolloutOf({ limits }: Config, targets: readonly Target[], stores: Stores): Promise<Rollout> {
  const rollout = new Rollout(limits)
  for (const target of targets) {
    const failedUnder = (await stores.memory(target.name))?.failedUnder
    if (failedUnder !== undefined) rollout.recall(target, failedUnder)
  }
  return rollout
}

/** What a look at the source decided, for the journal. */
function sourceEntries(
  before: SourceState,
  after: SourceState,
): readonly { readonly revision: string; readonly entry: JournalEntry }[] {
  const { inForce, refused } = after
  const entries: { readonly revision: string; readonly entry: JournalEntry }[] = []
  if (inForce !== null && inForce !== before.inForce) {
    const reason = before.inForce === null ? 'the first good one' : 'the source moved'
    entries.push({ revision: inForce, entry: { is: 'revision', from: before.inForce, reason } })
  }
  if (
    refused !== null &&
    (refused.revision !== before.refused?.revision || refused.reason !== before.refused.reason)
  ) {
    const reason = `${refused.reason}: ${refused.message}`
    entries.push({ revision: refused.revision, entry: { is: 'refused', reason } })
  }
  return entries
}

async function sourceOf(config: Config, exclusive: boolean): Promise<{ source: Source; memory: FileMemory }> {
  const { remotes, ref, path, timeout } = config.source
  const { source, lineage } = await openSource({
    remotes,
    ref,
    path,
    timeout,
    base: process.cwd(),
    state: config.state,
    exclusive,
    system: processSystem(),
  })
  return { source, memory: new FileMemory(config.state, lineage) }
}

/** The ways to the configured servers, as far as they are asked for; nothing is opened yet. Throws ARGUMENT_INVALID. */
export function targetsOf(config: Config, only: readonly string[] | null): readonly Target[] {
  const all = config.servers.map((server) => ({ name: nameOf(server), server }))
  const known = new Set(all.map(({ name }) => name.toLowerCase()))
  const missing = only?.find((name) => !known.has(name.toLowerCase()))
  if (missing !== undefined) {
    const what = `no server is called ${missing}`
    throw new StopgapError('ARGUMENT_INVALID', {
      what,
      remedy: `Configured: ${all.map(({ name }) => name).join(', ')}.`,
    })
  }
  if (known.size < all.length) {
    const what = 'two servers have the same name'
    throw new StopgapError('ARGUMENT_INVALID', { what, remedy: 'Name each server once.' })
  }
  const wanted = new Set(only?.map((name) => name.toLowerCase()))
  const { env, platform } = process
  const system: ReachSystem = { env, platform, readText: (path) => readFile(path, 'utf8') }
  return all
    .filter(({ name }) => only === null || wanted.has(name.toLowerCase()))
    .map(({ server }) => targetOf(server, system))
}

/** The names of the configured servers, or of all that the state folder knows, as far as they are asked for. */
export async function serverNames(
  config: Config,
  state: StateFolder,
  only: readonly string[] | null,
): Promise<readonly string[]> {
  if (config.servers.length > 0) return targetsOf(config, only).map(({ name }) => name)
  const known = await rememberedServers(state)
  return known.filter((name) => only === null || only.some((one) => one.toLowerCase() === name.toLowerCase()))
}

/** What the state folder knows of the source, without asking it. */
export async function sourceStatus(
  config: Config,
  state: StateFolder,
): Promise<{ readonly inForce: string | null; readonly status: SourceStatus }> {
  const { inForce } = await new FileMemory(state.path, '').load()
  const stored = await readSourceStatus(state)
  const name =
    config.source.remotes.length > 0
      ? (await sourceOf(config, false)).source.name
      : (stored?.name ?? 'unknown')
  return { inForce, status: new Board(name, stored).status(now()).source }
}

function requireComplete({ source, servers, file }: Config): void {
  const where = file ?? 'the command line'
  if (source.remotes.length === 0) {
    const remedy = 'Name it: --source DIR-or-GIT-URL, or source.remotes in stopgap.yaml.'
    throw new StopgapError('CONFIG_INVALID', { file: where, what: 'no source is named', remedy })
  }
  if (servers.length === 0) {
    const remedy = 'Name one: --server DIR, or servers in stopgap.yaml.'
    throw new StopgapError('CONFIG_INVALID', { file: where, what: 'no server is named', remedy })
  }
}

async function readOrNull(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path)
  } catch (error) {
    if (errno(error) === 'ENOENT') return null
    const remedy = 'Make it readable.'
    throw new StopgapError('CONFIG_INVALID', { file: path, what: wordsOf(error), remedy }, { cause: error })
  }
}
