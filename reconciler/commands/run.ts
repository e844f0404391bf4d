import { join } from 'node:path'
import { compose, configOf, type Parts } from '../compose.ts'
import { asStopgapError } from '../errors/error.ts'
import type { Hint, Insight } from '../http/endpoints.ts'
import { listen } from '../http/server.ts'
import { Loop } from '../loop.ts'
import type { Catalogue } from '../model/catalogue.ts'
import type { Event } from '../model/event.ts'
import type { Board } from '../reporters/board.ts'
import { EventLog } from '../reporters/event-log.ts'
import { statusJson } from '../reporters/json.ts'
import { Log } from '../reporters/log.ts'
import { Metrics } from '../reporters/metrics.ts'
import type { World } from '../stages/assess.ts'
import { losesProtection } from '../stages/unprotected.ts'
import { acceptedFolder, approvalsFolder } from '../state/approvals.ts'
import { makeFolder, removeFile, replaceFile } from '../util/atomic.ts'
import { now } from '../util/clock.ts'
import type { Moment } from '../util/clock-watch.ts'
import { jittered } from '../util/jitter.ts'
import { watchPaths } from '../util/watch.ts'
import { VERSION } from '../version.ts'
import { Worker } from '../worker.ts'
import type { CommonFlags, Console } from './context.ts'
import { worldOf } from './estate.ts'

/** Beyond this many the drift clock alone looks: watches are dear. */
const WATCHED_SERVERS = 100
const JITTER = 0.1
/** How long the event log may take for what was told last, in milliseconds. */
const LAST_WORDS = 5_000

/** What the demo adds. */
export interface RunExtras {
  readonly hints?: () => readonly Hint[]
  readonly heard?: (event: Event) => void
  /** How the log is written; by default words on a terminal, else JSON. */
  readonly format?: 'words' | 'json'
}

/** The daemon, until the signal. */
export async function run(flags: CommonFlags, console: Console, extras: RunExtras = {}): Promise<number> {
  const config = await configOf(flags)
  const { signal } = console
  const log = new Log({
    format: extras.format ?? (console.isTerminal && !flags.json ? 'words' : 'json'),
    paint: console.paintError,
  })
  const metrics = new Metrics(VERSION)
  let notes: EventLog | null = null
  const parts = await compose(config, {
    emit: (event) => {
      log.handle(event)
      notes?.handle(event)
      metrics.handle(event)
      extras.heard?.(event)
    },
    lockFor: 'run',
    only: null,
    retry: { retries: 3, shortest: 1_000, longest: 10_000 },
  })
  const { emit } = parts
  notes = notesOf(parts, log)
  const daemon = new Daemon(parts)
  try {
    const { host, port } = config.listen
    const http = await listen(host, port, insightOf(daemon, metrics, extras, signal), signal)
    emit({ is: 'listening', url: http.url })
    await replaceFile(join(parts.state.path, 'http.json'), `${JSON.stringify({ url: http.url })}\n`)
    emit({
      is: 'started',
      version: VERSION,
      servers: parts.targets.map(({ name }) => name),
      source: parts.source.name,
    })
    await daemon.run(signal)
    emit({ is: 'stopping', why: signal.reason instanceof Error ? signal.reason.message : 'it was told to' })
    await http.close()
    return 0
  } finally {
    await removeFile(join(parts.state.path, 'http.json')).catch(() => undefined)
    await notes?.settled(LAST_WORDS)
    await daemon.close()
    await parts.close()
  }
}

/** The event log of the server that we run on, if it is one. */
function notesOf({ targets }: Parts, log: Log): EventLog | null {
  const place = targets.find(({ note }) => note !== undefined)
  if (place === undefined) return null
  let refused = false
  return new EventLog(async (line, signal) => {
    try {
      await place.note?.(line, signal)
    } catch (thrown) {
      const { code, message, hint } = asStopgapError(thrown)
      // A server that is not reached is told of by its passes.
      if (code !== 'EVENT_LOG_REFUSED' || refused) return
      refused = true
      log.handle({ is: 'trouble', at: now(), server: place.name, trouble: { code, message, hint } })
    }
  })
}

/** The loop with what triggers it. */
class Daemon {
  readonly workers: readonly Worker[]
  readonly loop: Loop
  readonly board: Board
  readonly #parts: Parts
  readonly #watches: { close(): Promise<void> }[] = []

  constructor(parts: Parts) {
    this.#parts = parts
    const { emit } = parts
    this.board = parts.board
    const { rollout, stores } = parts
    const { source, drift } = parts.config
    const interval = () => jittered(drift.interval, JITTER, Math.random())
    this.workers = parts.targets.map((target) => new Worker({ target, stores, emit, interval, rollout }))
    this.loop = new Loop({
      workers: this.workers,
      renew: async (moment, signal) => (await parts.renew(moment, signal)).catalogue,
      worldOf: (catalogue, moment) => this.#worldOf(catalogue, moment),
      approvals: () => this.#approvals(),
      rollout: () => rollout.moment,
      emit,
      interval: () => jittered(source.interval, JITTER, Math.random()),
      patience: 3 * Math.max(source.interval, 1_000),
    })
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#watch(signal)
    await this.loop.run(signal)
  }

  async close(): Promise<void> {
    await Promise.all(this.#watches.map((watch) => watch.close()))
    await Promise.all(this.workers.map((worker) => worker.close()))
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { source, state, targets } = this.#parts
    const folders = [approvalsFolder(state), acceptedFolder(state)]
    for (const folder of folders) await makeFolder(folder, 0o700)
    this.#watches.push(
      watchPaths(folders, () => {
        void this.loop.approvalsMoved(signal)
        this.loop.lookAtSource(signal)
      }),
    )
    const sourceWatch = source.watch?.(() => this.loop.lookAtSource(signal))
    if (sourceWatch !== undefined) this.#watches.push(sourceWatch)
    if (targets.length > WATCHED_SERVERS) return
    for (const [index, target] of targets.entries()) {
      const worker = this.workers[index]
      const watch = worker === undefined ? undefined : target.watch?.(() => this.loop.lookAt(worker, signal))
      if (watch !== undefined) this.#watches.push(watch)
    }
  }

  async #approvals(): Promise<string> {
    const { stores, targets } = this.#parts
    const released = await Promise.all(targets.map(({ name }) => stores.released(name)))
    return released
      .flatMap((ids) => [...ids])
      .sort()
      .join(' ')
  }

  async #worldOf(catalogue: Catalogue, moment: Moment): Promise<World> {
    const { stores, targets } = this.#parts
    const world: World = { ...worldOf(this.#parts, catalogue, {}), now: moment }
    const losing = await Promise.all(
      targets.map(async ({ name }) => {
        const [memory, record] = await Promise.all([stores.memory(name), stores.recordCopy(name)])
        const facts = memory?.report?.facts
        return (
          facts !== undefined && record !== null && losesProtection(world, { server: name, facts, record })
        )
      }),
    )
    return { ...world, unprotected: losing.filter(Boolean).length }
  }
}

function insightOf(daemon: Daemon, metrics: Metrics, extras: RunExtras, signal: AbortSignal): Insight {
  const { loop, board } = daemon
  return {
    metrics: () => metrics.pieces(),
    status: () => board.status(now()),
    statusJson: () => statusJson(board.status(now())),
    health: () =>
      loop.isAlive
        ? { ok: true, why: 'the loop ticks' }
        : { ok: false, why: 'the loop has not ticked lately' },
    ready: () => board.ready(),
    hook: () => loop.lookAtSource(signal),
    ...(extras.hints === undefined ? {} : { hints: extras.hints }),
  }
}
