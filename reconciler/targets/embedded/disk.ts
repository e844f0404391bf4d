import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
} from 'node:fs'
import { join, sep } from 'node:path'
import type { Facts } from '../../model/facts.ts'
import { errno } from '../../util/atomic.ts'
import { type Refused, windowsPath } from './paths.ts'

/** Where a Windows path leads on this machine. `absent`: `folder` is the deepest one there is, `rest` is missing. */
export type Found =
  | { readonly is: 'there'; readonly path: string }
  | { readonly is: 'absent'; readonly folder: string; readonly rest: readonly string[] }
  | Refused

export type Content =
  | { readonly is: 'bytes'; readonly bytes: Uint8Array }
  | { readonly is: 'absent' }
  | { readonly is: 'unknown'; readonly why: string }

// The largest configuration file that anybody has is a few megabytes; more would only fill our memory.
const LARGEST = 64 * 1024 * 1024

/**
 * The drives of an embedded server, for the length of one look: it remembers the folders that it has listed.
 * Never leads out of the server's folder. It reads without waiting: the folder is on this machine by definition, and
 * a look is some thirty small reads.
 */
export class Disk {
  readonly #dir: string
  readonly #environment: Facts['environment']
  readonly #listings = new Map<string, ReadonlyMap<string, readonly Dirent[]> | string>()
  #root: string | undefined

  constructor(dir: string, environment: Facts['environment']) {
    this.#dir = dir
    this.#environment = environment
  }

  /** Names are compared without case, part by part, as Windows does. */
  find(name: string): Found {
    const wanted = windowsPath(name, this.#environment)
    if (wanted.is === 'refused') return wanted
    this.#root ??= realpathSync(this.#dir)
    const drive = this.#enter(this.#root, wanted.drive)
    if (drive.is === 'refused') return drive
    if (drive.is === 'absent') return { is: 'refused', why: `this server has no drive ${wanted.drive}:` }
    let folder = drive.path
    for (const [index, part] of wanted.parts.entries()) {
      const next = this.#enter(folder, part)
      if (next.is === 'refused') return next
      if (next.is === 'absent') return { is: 'absent', folder, rest: wanted.parts.slice(index) }
      folder = next.path
    }
    return { is: 'there', path: folder }
  }

  read(name: string): Content {
    const found = this.find(name)
    if (found.is === 'refused') return { is: 'unknown', why: found.why }
    return found.is === 'absent' ? found : readContent(found.path)
  }

  #enter(folder: string, part: string): { is: 'there'; path: string } | { is: 'absent' } | Refused {
    const listing = this.#list(folder)
    if (typeof listing === 'string') return { is: 'refused', why: listing }
    const [entry, other] = listing.get(part.toLowerCase()) ?? []
    if (entry === undefined) return shortName(part) ?? { is: 'absent' }
    if (other !== undefined) {
      return { is: 'refused', why: `ambiguous: ${entry.name} and ${other.name} differ by case only` }
    }
    const path = join(folder, entry.name)
    return entry.isSymbolicLink() ? this.#follow(path) : { is: 'there', path }
  }

  #follow(link: string): { is: 'there'; path: string } | Refused {
    try {
      const path = realpathSync(link)
      if (path.startsWith(`${this.#root}${sep}`)) return { is: 'there', path }
      return { is: 'refused', why: `${link} is a link that leads out of the server's folder` }
    } catch (error) {
      return { is: 'refused', why: `${link} is a link that leads nowhere: ${errno(error)}` }
    }
  }

  #list(folder: string): ReadonlyMap<string, readonly Dirent[]> | string {
    const before = this.#listings.get(folder)
    if (before !== undefined) return before
    const listing = listingOf(folder)
    this.#listings.set(folder, listing)
    return listing
  }
}

/** Bytes of a regular file; anything else in its place, or a refusal of the system, is unknown. */
export function readContent(path: string): Content {
  let file: number
  try {
    // Not to wait for the other end of a pipe that somebody put here.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (errno(error) === 'ENOENT') return { is: 'absent' }
    return { is: 'unknown', why: `${path} cannot be read: ${errno(error)}` }
  }
  try {
    const stats = fstatSync(file)
    if (!stats.isFile()) return { is: 'unknown', why: `${path} is not a file` }
    if (stats.size > LARGEST) return { is: 'unknown', why: `${path} is larger than 64 MB` }
    return { is: 'bytes', bytes: readFileSync(file) }
  } catch (error) {
    return { is: 'unknown', why: `${path} cannot be read: ${errno(error)}` }
  } finally {
    closeSync(file)
  }
}

/** By name in lower case; a text says why the folder cannot be listed. A file has nothing in it. */
function listingOf(folder: string): ReadonlyMap<string, readonly Dirent[]> | string {
  try {
    return Map.groupBy(readdirSync(folder, { withFileTypes: true }), ({ name }) => name.toLowerCase())
  } catch (error) {
    const code = errno(error)
    return code === 'ENOENT' || code === 'ENOTDIR' ? new Map() : `${folder} cannot be listed: ${code}`
  }
}

/** `PROGRA~1` may name something that stands here under its long name: that cannot be told, so it is not absent. */
function shortName(part: string): Refused | null {
  return /^[^.]{1,6}~\d/.test(part)
    ? { is: 'refused', why: `${part} is a short name, which is not resolved here` }
    : null
}
