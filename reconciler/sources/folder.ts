import { readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { StopgapError } from '../errors/error.ts'
import type { Snapshot, SnapshotEntry, Source } from '../model/source.ts'
import { errno } from '../util/atomic.ts'
import { sleep } from '../util/clock.ts'
import { digestOf, digestOfJson } from '../util/digest.ts'
import { watchPaths } from '../util/watch.ts'
import { Exports } from './exports.ts'
import { diskError } from './failure.ts'
import { FOLDERS, refusing } from './limits.ts'
import { exists, gitDirOf } from './location.ts'
import { type Scan, scanFolder } from './scan.ts'

/** A folder that is being written to is no revision: nothing below it may have changed for this long. */
const QUIET_MILLISECONDS = 1_000

export interface FolderSourceOptions {
  readonly folder: string
  /** Below the folder; empty for itself. */
  readonly path: string
  readonly state: string
  /** Milliseconds after which a folder that never rests is given up for now. */
  readonly timeout: number
  readonly now: () => number
}

/** A plain folder, without history. What `newest` saw is kept as it was; the folder itself is never read again for it. */
export class FolderSource implements Source {
  readonly name: string
  readonly hasHistory = false
  readonly #options: FolderSourceOptions
  readonly #exports: Exports
  #signature = ''
  #seen: Snapshot | null = null

  constructor(options: FolderSourceOptions) {
    this.#options = options
    this.name = options.folder
    this.#exports = new Exports(join(options.state, 'snapshots'), options.path)
  }

  async newest(signal: AbortSignal): Promise<string> {
    try {
      return await this.#settled(signal)
    } catch (error) {
      signal.throwIfAborted()
      throw readError(error, this.name)
    }
  }

  /** Never from the folder. Throws SOURCE_UNKNOWN_REVISION. */
  async read(revision: string): Promise<Snapshot> {
    if (this.#seen?.revision === revision) return this.#seen
    const exported = await this.#exports.read(revision)
    if (exported === null) throw new StopgapError('SOURCE_UNKNOWN_REVISION', { revision })
    return exported
  }

  /** Without history nothing can be told apart from what came before. */
  async descends(): Promise<boolean> {
    return true
  }

  async keep(revision: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    try {
      await this.#exports.write(await this.read(revision))
      await this.#exports.only(revision)
    } catch (error) {
      throw diskError(error, this.#options.state)
    }
  }

  watch(changed: () => void): { close(): Promise<void> } {
    // A change is told at once and becomes a revision a second later, which `newest` waits for.
    const { folder, path } = this.#options
    const roots = FOLDERS.map((name) => (path === '' ? name : `${path}/${name}`))
    // The rest of the folder may be anything: the home of somebody, a link to a whole disk.
    const only = (inside: string) => {
      const found = inside.replace(/^[.][.]data\//, '')
      return (
        found === '..data' ||
        roots.some((root) => `${root}/`.startsWith(`${found}/`) || found.startsWith(`${root}/`))
      )
    }
    return watchPaths([folder], changed, { only })
  }

  // Settled is what the file system says did not change for a second; where its clock cannot be trusted, what we saw
  // not to change for one.
  async #settled(signal: AbortSignal): Promise<string> {
    const { now, timeout } = this.#options
    const until = now() + timeout
    let scan = await this.#scan()
    if (scan.signature === this.#signature && this.#seen !== null) return this.#seen.revision
    // The file system's clock may be another machine's: ahead of ours it says nothing, so then we wait and look.
    let quiet = now() - scan.changed
    let waited = 0
    while (quiet < QUIET_MILLISECONDS && waited < QUIET_MILLISECONDS) {
      if (now() > until) throw new StopgapError('SOURCE_UNSETTLED', { folder: this.name, kept: null })
      const pause = QUIET_MILLISECONDS - Math.max(waited, Math.min(quiet, QUIET_MILLISECONDS), 0)
      await sleep(pause, signal)
      signal.throwIfAborted()
      const next = await this.#scan()
      waited = next.signature === scan.signature ? waited + pause : 0
      scan = next
      quiet = now() - scan.changed
    }
    return this.#take(scan)
  }

  async #take(scan: Scan): Promise<string> {
    const snapshot = await this.#readAll(scan)
    // Read between two equal looks: else somebody wrote while we read.
    const after = await this.#scan()
    if (after.signature !== scan.signature) {
      throw new StopgapError('SOURCE_UNSETTLED', { folder: this.name, kept: null })
    }
    this.#signature = scan.signature
    this.#seen = snapshot
    return snapshot.revision
  }

  async #readAll(scan: Scan): Promise<Snapshot> {
    const root = await this.#root()
    const files = new Map<string, SnapshotEntry>()
    for (const [path, { is }] of scan.entries) {
      files.set(
        path,
        is === 'file' ? { is, bytes: new Uint8Array(await readFile(join(root, path))) } : { is },
      )
    }
    const digests = [...files].map(([path, entry]) => [
      path,
      entry.is === 'file' ? digestOf(entry.bytes) : entry.is,
    ])
    const times = [...scan.entries.values()].map(({ modified }) => modified)
    const revision = `dir@${digestOfJson(Object.fromEntries(digests))}`
    return { revision, time: Math.max(0, ...times), files }
  }

  async #scan(): Promise<Scan> {
    if (gitDirOf(this.#options.folder) !== null) {
      const what = `${this.name} has become a git repository`
      throw new StopgapError('SOURCE_INVALID', {
        what,
        remedy: 'Start Stopgap again: its commits are then what counts.',
      })
    }
    const root = await this.#root()
    return scanFolder(root, refusing('dir@too-large'))
  }

  // Kubernetes mounts a ConfigMap as links into ..data, a link that it swaps: behind it are plain files of one moment.
  async #root(): Promise<string> {
    const root = await realpath(this.#options.folder)
    const data = await realpath(join(root, '..data')).catch(() => root)
    return join(data, this.#options.path)
  }
}

function readError(error: unknown, name: string): unknown {
  const code = error instanceof StopgapError ? null : errno(error)
  if (code === null) return error
  // Gone between listing and reading: somebody is at work in it.
  if (code === 'ENOENT' && exists(name))
    return new StopgapError('SOURCE_UNSETTLED', { folder: name, kept: null })
  const detail = code === 'ENOENT' ? 'there is no such folder' : code
  const kind = ['ENOENT', 'ENOTDIR'].includes(code)
    ? 'FETCH_NOT_FOUND'
    : ['EACCES', 'EPERM'].includes(code)
      ? 'FETCH_AUTH'
      : 'FETCH_DISK'
  return new StopgapError(kind, { remote: name, detail, kept: null }, { cause: error })
}
