import { type FSWatcher as Guard, watch as watchFolder } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, relative } from 'node:path'
import type { FSWatcher } from 'chokidar'
import { monotonic } from './clock.ts'

/** Times in milliseconds. */
export interface WatchOptions {
  /** How long nothing may happen before the change is told; default 100. */
  readonly quiet?: number
  /** A path that never rests is told at the latest after this; default 1000. */
  readonly patience?: number
  /** Paths (absolute) that are not looked at, with all below them. */
  readonly ignored?: (path: string) => boolean
  /**
   * Which entries below a path are looked at, by their path from there with forward slashes; default: all. Links among
   * them are then not followed: they could lead to a whole disk.
   */
  readonly only?: (inside: string) => boolean
  /** Hears when the system refuses to watch (too many watches, no right); the caller's clock has to do then. */
  readonly failed?: (error: unknown) => void
}

export interface Watching {
  /** Settles when every change from then on is seen; never rejects. */
  readonly ready: Promise<void>
  close(): Promise<void>
}

/**
 * Calls back, with bursts taken together, when something at or below the paths (absolute; they may not exist yet)
 * appeared, changed or went. Calls back once when watching has begun as well: what moved in between nobody can know.
 * Follows links unless told where to look (`only`), and a path that is swapped for another (as ConfigMaps and git-sync do) is watched anew.
 */
export function watchPaths(
  paths: readonly string[],
  changed: () => void,
  options: WatchOptions = {},
): Watching {
  const teller = new Teller(changed, options.quiet ?? 100, options.patience ?? 1000)
  const failed = options.failed ?? (() => undefined)
  const watches = paths.map((path) => new PathWatch(path, () => teller.touch(), { ...options, failed }))
  return {
    ready: Promise.all(watches.map((watch) => watch.begin().catch(failed))).then(() => teller.touch()),
    close: async () => {
      teller.end()
      await Promise.all(watches.map((watch) => watch.close()))
    },
  }
}

/** One path. What it is (through links) is compared whenever its parent moves: a watch stays on the old inode. */
class PathWatch {
  readonly #path: string
  readonly #touched: () => void
  readonly #options: WatchOptions & { failed: (error: unknown) => void }
  readonly #closing = Promise.withResolvers<void>()
  #guard: Guard | undefined
  #watcher: FSWatcher | undefined
  #identity = ''
  #closed = false
  #turn: Promise<void> = Promise.resolve()

  constructor(
    path: string,
    touched: () => void,
    options: WatchOptions & { failed: (error: unknown) => void },
  ) {
    this.#path = path
    this.#touched = touched
    this.#options = options
  }

  begin(): Promise<void> {
    this.#turn = this.#open()
    return this.#turn
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#closing.resolve()
    this.#guard?.close()
    await this.#turn.catch(() => undefined)
    await this.#watcher?.close()
  }

  async #open(): Promise<void> {
    // Loaded when first used: only the daemon watches, and every other command starts faster without it.
    const { watch } = await import('chokidar')
    if (this.#closed) return
    this.#protect()
    this.#identity = await identityOf(this.#path)
    const { ignored, only } = this.#options
    const options = { ignoreInitial: true, atomic: false }
    // The path itself may be a link all the same.
    const real = only === undefined ? this.#path : await realpath(this.#path).catch(() => this.#path)
    if (this.#closed) return
    this.#watcher =
      only === undefined
        ? watch(this.#path, {
            ...options,
            followSymlinks: true,
            ...(ignored === undefined ? {} : { ignored }),
          })
        : watch(real, {
            ...options,
            followSymlinks: false,
            ignored: (found) => found !== real && !only(relative(real, found).replaceAll('\\', '/')),
          })
    this.#watcher.on('all', this.#touched).on('error', this.#options.failed)
    const begun = new Promise<void>((resolve) => this.#watcher?.once('ready', resolve))
    await Promise.race([begun, this.#closing.promise])
  }

  // The parent is watched directly: chokidar takes "gone and there again" within one tick for nothing at all.
  #protect(): void {
    if (this.#guard !== undefined) return
    const name = basename(this.#path)
    try {
      this.#guard = watchFolder(dirname(this.#path), (_event, moved) => {
        if (moved === name || moved === null) this.#turn = this.#turn.then(() => this.#compare())
      })
      this.#guard.on('error', this.#options.failed)
    } catch {
      // No parent yet: chokidar waits for the path to appear, and there is nothing that could be swapped.
    }
  }

  async #compare(): Promise<void> {
    if (this.#closed || (await identityOf(this.#path)) === this.#identity) return
    try {
      await this.#watcher?.close()
      await this.#open()
      this.#touched()
    } catch (error) {
      this.#options.failed(error)
    }
  }
}

async function identityOf(path: string): Promise<string> {
  try {
    const [real, { dev, ino }] = await Promise.all([realpath(path), stat(path, { bigint: true })])
    return `${real} ${dev} ${ino}`
  } catch {
    return ''
  }
}

/** Takes a burst together: tells after a quiet moment, but does not wait for one for ever. */
class Teller {
  readonly #tell: () => void
  readonly #quiet: number
  readonly #patience: number
  #timer: NodeJS.Timeout | undefined
  #since = 0
  #ended = false

  constructor(tell: () => void, quiet: number, patience: number) {
    this.#tell = tell
    this.#quiet = quiet
    this.#patience = patience
  }

  touch(): void {
    if (this.#ended) return
    const now = monotonic()
    if (this.#timer === undefined) this.#since = now
    clearTimeout(this.#timer)
    const wait = Math.min(this.#quiet, Math.max(0, this.#since + this.#patience - now))
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#tell()
    }, wait)
  }

  end(): void {
    this.#ended = true
    clearTimeout(this.#timer)
  }
}
