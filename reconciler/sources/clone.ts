import { readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { StopgapError } from '../errors/error.ts'
import { makeFolder } from '../util/atomic.ts'
import { monotonic } from '../util/clock.ts'
import { mask } from '../util/mask.ts'
import { gitError } from './classify.ts'
import { localEnvironment, REMOTE_CONFIG, remoteEnvironment } from './environment.ts'
import { diskError } from './failure.ts'
import { LocalGit } from './git.ts'
import { exists } from './location.ts'
import { type Ran, runGit, type System } from './run.ts'
import { rememberGroup, removeLeftovers } from './stale.ts'

export const NEWEST = 'refs/stopgap/newest'
export const KEPT = 'refs/stopgap/kept'

/** Beyond this many packs they are made one; each fetch leaves one. */
const MAX_PACKS = 50
const LOCAL_TIMEOUT = 60_000
/** Git leaves the ref as it was, says so and ends well. */
const SHALLOW = /shallow roots are not allowed to be updated/

export interface CloneOptions {
  /** The state folder. */
  readonly state: string
  /** Whether nobody else may write to the state folder, so that it can be put right. */
  readonly exclusive: boolean
  readonly maxBytes: number
  readonly system: System
}

/** Our own bare clone of one ref: the only place that files are read from. */
export class Clone {
  readonly folder: string
  readonly #options: CloneOptions
  readonly #git: LocalGit

  constructor(options: CloneOptions, folder = join(options.state, 'clone')) {
    this.#options = options
    this.folder = folder
    this.#git = new LocalGit(folder, options.system.env)
  }

  exists(): boolean {
    return exists(join(this.folder, 'HEAD')) && exists(join(this.folder, 'objects'))
  }

  /** The hash its objects are named by; a clone of one cannot fetch from a remote of the other. */
  async format(): Promise<'sha1' | 'sha256'> {
    const config = await readFile(join(this.folder, 'config'), 'utf8').catch(() => '')
    return /^\s*objectformat\s*=\s*sha256\s*$/im.test(config) ? 'sha256' : 'sha1'
  }

  /** The object that a ref of ours names, as a commit; null when it has none or the clone is not readable. */
  async commitOf(ref: string, signal: AbortSignal): Promise<string | null> {
    if (!this.exists()) return null
    const found = await this.#git
      .raw(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`], signal)
      .catch(() => '')
    signal.throwIfAborted()
    return found === '' ? null : found
  }

  /** Throws simple-git's error, also when the object is not here. */
  async setRef(ref: string, oid: string, signal: AbortSignal): Promise<void> {
    await this.#git.raw(['update-ref', ref, oid], signal)
  }

  /** The object id of a ref of the remote, a tag followed to its commit; null: it has no such ref. Throws FETCH_*. */
  async askRemote(url: string, ref: string, timeout: number, signal: AbortSignal): Promise<string | null> {
    const ran = await this.#remote(url, ['ls-remote', '--', url, ref, `${ref}^{}`], { timeout }, signal)
    if (ran.code !== 0) throw gitError(ran, url, signal)
    const found = new Map<string, string>()
    for (const line of ran.stdout.toString('utf8').split('\n')) {
      const [oid, name] = line.split('\t')
      if (oid !== undefined && name !== undefined && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(oid))
        found.set(name, oid)
    }
    return found.get(`${ref}^{}`) ?? found.get(ref) ?? null
  }

  /** Gets exactly this ref, with its history and nothing else. Throws FETCH_*. */
  async fetch(url: string, ref: string, timeout: number, signal: AbortSignal): Promise<void> {
    const packs = join(this.folder, 'objects', 'pack')
    const before = await sizeOf(packs)
    const { maxBytes, exclusive } = this.#options
    const fetching = [
      'fetch',
      '--quiet',
      '--no-tags',
      '--no-recurse-submodules',
      '--no-write-fetch-head',
      '--refmap=',
    ]
    const tooBig = async () => (await sizeOf(packs)) - before > maxBytes
    const args = [...fetching, '--', url, `+${ref}:${NEWEST}`]
    const ran = await this.#remote(url, args, { timeout, tooBig }, signal)
    if (ran.code === 0 && !SHALLOW.test(ran.stderr)) return this.#tidy(packs, signal)
    if (exclusive) await removeLeftovers(this.folder)
    if (ran.code === 0) {
      const detail =
        'it is a shallow clone, without the history that revisions are checked by; run git fetch --unshallow there'
      throw new StopgapError('FETCH_OTHER', { remote: mask(url), detail, kept: null })
    }
    throw gitError(ran, url, signal)
  }

  /** Whether a commit is another one or comes before it; false when it is not here at all. Throws FETCH_CORRUPT. */
  async isAncestor(older: string, newer: string, signal: AbortSignal): Promise<boolean> {
    const ran = await this.local(['merge-base', '--is-ancestor', older, newer], signal)
    if (ran.code === 0 || ran.code === 1) return ran.code === 0
    if (!(await this.has(older, signal))) return false
    throw this.failed(ran)
  }

  /** Whether the commit is here and can be read; its files may be damaged all the same. */
  async has(oid: string, signal: AbortSignal): Promise<boolean> {
    return (await this.local(['cat-file', '-e', `${oid}^{commit}`], signal)).code === 0
  }

  /** A command that reads from the clone, with limits on time and output. */
  local(args: readonly string[], signal: AbortSignal, limits: { maxOutput?: number; input?: string } = {}) {
    const { env, kill } = this.#options.system
    const options = {
      env: localEnvironment(env, this.folder),
      cwd: exists(this.folder) ? this.folder : this.#options.state,
      timeout: LOCAL_TIMEOUT,
      maxOutput: limits.maxOutput ?? 1_000_000,
      ...(limits.input === undefined ? {} : { input: limits.input }),
    }
    return runGit(args, options, kill, signal).then((ran) => {
      if (ran.ended === 'aborted') signal.throwIfAborted()
      return ran
    })
  }

  /** The error for a command that did not read the clone to its end. Slow is not damaged: then the clone is kept. */
  failed(ran: Ran): StopgapError {
    if (ran.ended !== 'timeout') return this.corrupt(ran.stderr)
    const detail = 'git was ended after the time limit'
    return new StopgapError('FETCH_TIMEOUT', { remote: 'the clone in the state folder', detail, kept: null })
  }

  /** The error for what git said when it could not read the clone. */
  corrupt(detail: string): StopgapError {
    const line = mask(detail.split('\n').find((one) => one.trim() !== '') ?? 'an object is missing')
    return new StopgapError('FETCH_CORRUPT', {
      remote: 'the clone in the state folder',
      detail: line,
      kept: null,
    })
  }

  /** Makes an empty clone; throws FETCH_DISK. */
  async create(format: 'sha1' | 'sha256', signal: AbortSignal): Promise<void> {
    try {
      await makeFolder(dirname(this.folder), 0o700)
      // Another process may be making it as well; init over init does no harm, a removal would.
      if (this.#options.exclusive) await rm(this.folder, { recursive: true, force: true })
      await this.#git.init(dirname(this.folder), format, signal)
    } catch (error) {
      signal.throwIfAborted()
      throw diskError(error, this.folder)
    }
  }

  /** Takes the place of another clone; the old one goes only when the new one is whole. */
  async replace(old: Clone): Promise<void> {
    try {
      await rm(`${old.folder}.old`, { recursive: true, force: true })
      if (exists(old.folder)) await rename(old.folder, `${old.folder}.old`)
      await rename(this.folder, old.folder)
      await rm(`${old.folder}.old`, { recursive: true, force: true })
    } catch (error) {
      throw diskError(error, old.folder)
    }
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }

  // Housekeeping of our own, since git's would run beside us: never a reason for a fetch to fail.
  async #tidy(packs: string, signal: AbortSignal): Promise<void> {
    const names = await readdir(packs).catch(() => [])
    if (!this.#options.exclusive || names.filter((name) => name.endsWith('.pack')).length <= MAX_PACKS) return
    await this.local(['repack', '-a', '-d', '-q'], signal)
  }

  async #remote(
    url: string,
    args: readonly string[],
    { timeout, tooBig }: { timeout: number; tooBig?: () => Promise<boolean> },
    signal: AbortSignal,
  ): Promise<Ran> {
    const { state, exclusive, system } = this.#options
    const begun = monotonic()
    // Named also when it does not exist yet: else git would look for a repository in the folders above.
    const all = [`--git-dir=${this.folder}`, ...REMOTE_CONFIG, ...args]
    let remembered: Promise<void> = Promise.resolve()
    const started = (pid: number) => {
      if (exclusive) remembered = rememberGroup(state, pid).catch(() => undefined)
    }
    const env = remoteEnvironment(system.env, url)
    const more = tooBig === undefined ? {} : { tooBig }
    const limits = { env, cwd: state, timeout: Math.max(1, timeout), maxOutput: 1_000_000, started, ...more }
    const ran = await runGit(all, limits, system.kill, signal)
    await remembered
    if (exclusive) await rememberGroup(state, null).catch(() => undefined)
    // A helper that ends by itself at the very limit says something else; the limit is what happened.
    return ran.ended === null && ran.code !== 0 && monotonic() - begun >= timeout
      ? { ...ran, ended: 'timeout' }
      : ran
  }
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => [])
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        (is) => is.size,
        () => 0,
      ),
    ),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
