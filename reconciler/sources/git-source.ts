import { join } from 'node:path'
import { StopgapError } from '../errors/error.ts'
import type { Snapshot, Source } from '../model/source.ts'
import { monotonic } from '../util/clock.ts'
import { watchPaths } from '../util/watch.ts'
import { Clone, type CloneOptions, KEPT, NEWEST } from './clone.ts'
import { Exports } from './exports.ts'
import { diskError } from './failure.ts'
import { gitDirOf, type Location } from './location.ts'
import { formatOf, gitRevision, parseGitRevision } from './revision.ts'
import { cleanUp } from './stale.ts'
import { readTree } from './tree.ts'

export interface GitSourceOptions extends CloneOptions {
  /** In order: the next one is asked when one fails. */
  readonly remotes: readonly [Location, ...Location[]]
  /** Full name. */
  readonly ref: string
  /** Inside the repository; empty for its root. */
  readonly path: string
  /** Milliseconds for all that one remote may take. */
  readonly timeout: number
}

/** A ref of a git repository, over the network or on this machine, read from a bare clone of our own. */
export class GitSource implements Source {
  readonly name: string
  readonly hasHistory = true
  readonly watch?: NonNullable<Source['watch']>
  readonly #options: GitSourceOptions
  readonly #clone: Clone
  readonly #exports: Exports
  #tip: string | null = null
  /** What a fallback last answered although we already were further. */
  #behind: string | null = null
  /** What was read last, until it is kept: loading comes between the two. */
  #read: Snapshot | null = null
  #broken = false
  #clean: boolean

  constructor(options: GitSourceOptions) {
    this.#options = options
    this.name = options.remotes[0].name
    this.#clone = new Clone(options)
    this.#exports = new Exports(join(options.state, 'snapshots'), options.path)
    this.#clean = !options.exclusive
    const folder = options.remotes[0].folder
    if (folder !== null) this.watch = (changed) => watchRepository(folder, changed)
  }

  async newest(signal: AbortSignal): Promise<string> {
    await this.#cleanOnce()
    const errors: unknown[] = []
    for (const [index, remote] of this.#options.remotes.entries()) {
      try {
        return gitRevision(this.#options.ref, await this.#newestFrom(remote, index > 0, signal))
      } catch (error) {
        signal.throwIfAborted()
        // Told is the first failure: the others are fallbacks, and the first remote is the one to repair.
        errors.push(error)
      }
    }
    throw errors[0]
  }

  /** From the export when it is kept, else from the clone. Throws SOURCE_UNKNOWN_REVISION, SOURCE_OVERSIZED, FETCH_CORRUPT. */
  async read(revision: string, signal: AbortSignal): Promise<Snapshot> {
    const exported = await this.#exports.read(revision)
    if (exported !== null) return exported
    const oid = parseGitRevision(revision)?.oid
    if (oid === undefined) throw new StopgapError('SOURCE_UNKNOWN_REVISION', { revision })
    if (this.#read?.revision === revision) return this.#read
    try {
      this.#read = await readTree(this.#clone, { revision, oid, path: this.#options.path }, signal)
      return this.#read
    } catch (error) {
      if (!(error instanceof StopgapError) || error.code !== 'FETCH_CORRUPT') throw error
      if (oid !== this.#tip && !(await this.#clone.has(oid, signal))) {
        throw new StopgapError('SOURCE_UNKNOWN_REVISION', { revision }, { cause: error })
      }
      this.#discard()
      throw error
    }
  }

  async descends(older: string, newer: string, signal: AbortSignal): Promise<boolean> {
    const [from, to] = [parseGitRevision(older)?.oid, parseGitRevision(newer)?.oid]
    if (from === undefined || to === undefined) return false
    if (from === to) return true
    try {
      return await this.#clone.isAncestor(from, to, signal)
    } catch (error) {
      if (error instanceof StopgapError && error.code === 'FETCH_CORRUPT') this.#discard()
      throw error
    }
  }

  async keep(revision: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#exports.write(await this.read(revision, signal))
      await this.#exports.only(revision)
      const oid = parseGitRevision(revision)?.oid
      if (oid !== undefined && (await this.#clone.has(oid, signal)))
        await this.#clone.setRef(KEPT, oid, signal)
    } catch (error) {
      signal.throwIfAborted()
      throw diskError(error, this.#options.state)
    }
  }

  async #newestFrom(remote: Location, fallback: boolean, signal: AbortSignal): Promise<string> {
    const { ref, timeout } = this.#options
    const until = monotonic() + timeout
    const found = await this.#clone.askRemote(remote.url, ref, timeout, signal)
    if (found === null) {
      const detail = `it has no ${ref}`
      throw new StopgapError('FETCH_NOT_FOUND', { remote: remote.name, detail, kept: null })
    }
    // The answer of nearly every time: nothing moved, and not one process more.
    if (
      !this.#broken &&
      this.#tip !== null &&
      (found === this.#tip || (fallback && found === this.#behind))
    ) {
      return this.#tip
    }
    const before = this.#broken ? null : (this.#tip ?? (await this.#clone.commitOf(NEWEST, signal)))
    if (before === found) {
      this.#tip = before
      return before
    }
    await this.#fetch(remote.url, formatOf(found), until - monotonic(), signal)
    return this.#arrived(remote, fallback ? before : null, signal)
  }

  // A mirror that lags is no rewritten history: what we already have stays the newest.
  async #arrived(remote: Location, before: string | null, signal: AbortSignal): Promise<string> {
    const tip = await this.#clone.commitOf(NEWEST, signal)
    if (tip === null) {
      const detail = `${this.#options.ref} is not a commit`
      throw new StopgapError('FETCH_NOT_FOUND', { remote: remote.name, detail, kept: null })
    }
    if (before !== null && before !== tip && (await this.#clone.isAncestor(tip, before, signal))) {
      await this.#clone.setRef(NEWEST, before, signal)
      this.#behind = tip
      this.#tip = before
      return before
    }
    this.#tip = tip
    return tip
  }

  async #fetch(url: string, format: 'sha1' | 'sha256', timeout: number, signal: AbortSignal): Promise<void> {
    const { ref, exclusive } = this.#options
    if (!this.#clone.exists()) await this.#clone.create(format, signal)
    else if ((await this.#clone.format()) !== format) this.#discard()
    try {
      if (!this.#broken) return await this.#clone.fetch(url, ref, timeout, signal)
    } catch (error) {
      if (error instanceof StopgapError && error.code === 'FETCH_CORRUPT') this.#discard()
      throw error
    }
    // Without the lock: another process may be reading it.
    if (!exclusive)
      throw this.#clone.corrupt('it cannot be used as it is, and only apply and run make it anew')
    const anew = new Clone(this.#options, `${this.#clone.folder}.next`)
    try {
      await anew.create(format, signal)
      await anew.fetch(url, ref, timeout, signal)
      await anew.replace(this.#clone)
      this.#broken = false
    } catch (error) {
      // Then it is the remote that is damaged: no reason to get all of it again with every look.
      if (error instanceof StopgapError && error.code === 'FETCH_CORRUPT') this.#broken = false
      await anew.remove()
      throw error
    }
  }

  // Only remembered: the clone goes when a new one is whole, since a damaged one may still hold what is wanted.
  #discard(): void {
    this.#broken = true
    this.#tip = null
  }

  // Once, before our first git: after that every lock may be that of a git of ours that still runs.
  async #cleanOnce(): Promise<void> {
    if (this.#clean) return
    try {
      await cleanUp(this.#options.state, this.#clone.folder, this.#options.system.kill)
    } catch (error) {
      throw diskError(error, this.#clone.folder)
    }
    this.#clean = true
  }
}

// Refs only: a commit moves them last, and a work tree moves all the time.
function watchRepository(folder: string, changed: () => void): { close(): Promise<void> } {
  const gitDir = gitDirOf(folder) ?? folder
  const paths = ['refs', 'packed-refs', 'reftable', 'HEAD'].map((name) => join(gitDir, name))
  return watchPaths(paths, changed, { ignored: (path) => path.endsWith('.lock') })
}
