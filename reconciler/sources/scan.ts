import type { BigIntStats, Dirent } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { StopgapError } from '../errors/error.ts'
import type { SnapshotEntry } from '../model/source.ts'
import { errno } from '../util/atomic.ts'
import { digestOf } from '../util/digest.ts'
import { Allowance, FOLDERS, isPolicyFile, type Refusal } from './limits.ts'

/** Everything of a folder that moves when something in it does, without its files' content. */
export interface Scan {
  readonly signature: string
  /** When the last entry changed, by the file system's clock; milliseconds since 1970. */
  readonly changed: number
  readonly entries: ReadonlyMap<string, Found>
}

/** One entry; `modified` in milliseconds since 1970. */
export interface Found {
  readonly is: SnapshotEntry['is']
  readonly size: number
  readonly modified: number
}

/** What the policy folders below this one hold, without reading a file. Throws the refusal, SOURCE_INVALID, file system errors. */
export async function scanFolder(root: string, refusal: Refusal): Promise<Scan> {
  const scanner = new Scanner(root, refusal)
  for (const folder of FOLDERS) await scanner.visit(folder)
  return scanner.scan()
}

/** One look at everything that counts, in one order, so that equal folders give equal signatures. */
class Scanner {
  readonly #root: string
  readonly #allowance: Allowance
  readonly #stats: string[] = []
  readonly #entries = new Map<string, Found>()
  #changed = 0

  constructor(root: string, refusal: Refusal) {
    this.#root = root
    this.#allowance = new Allowance(refusal)
    this.#stats.push(root)
  }

  async visit(path: string): Promise<void> {
    const stats = await lstat(join(this.#root, path), { bigint: true }).catch(absent)
    if (stats === null) return
    this.#note(path, stats)
    this.#allowance.entry(path)
    if (stats.isDirectory()) {
      const found = await readdir(join(this.#root, path), { encoding: 'buffer', withFileTypes: true })
      for (const name of found.map((entry) => nameOf(path, entry)).sort()) await this.visit(`${path}/${name}`)
      return
    }
    const found = { size: Number(stats.size), modified: Number(stats.mtimeMs) }
    if (stats.isSymbolicLink()) this.#entries.set(path, { is: 'link', ...found })
    // A pipe or device of that name would block the reader for ever.
    else if (stats.isFile() && isPolicyFile(path)) {
      this.#allowance.file(path, found.size)
      this.#entries.set(path, { is: 'file', ...found })
    }
  }

  scan(): Scan {
    return { signature: digestOf(this.#stats.join('\n')), changed: this.#changed, entries: this.#entries }
  }

  #note(path: string, { ino, size, mtimeNs, ctimeNs }: BigIntStats): void {
    this.#stats.push(`${path} ${ino} ${size} ${mtimeNs} ${ctimeNs}`)
    // Nobody can set the change time back, which the modification time allows.
    this.#changed = Math.max(this.#changed, Number(ctimeNs / 1_000_000n))
  }
}

/** Under a name that is no text nothing can be opened: a policy file or folder would be left out in silence. */
function nameOf(folder: string, entry: Dirent<NonSharedBuffer>): string {
  const name = entry.name.toString('utf8')
  if (Buffer.from(name, 'utf8').equals(entry.name)) return name
  if (entry.isFile() && !isPolicyFile(name)) return name
  throw new StopgapError('SOURCE_INVALID', {
    what: `${folder} holds a file whose name is not UTF-8: ${name}`,
    remedy: 'Rename it.',
  })
}

function absent(error: unknown): null {
  if (['ENOENT', 'ENOTDIR'].includes(errno(error) ?? '')) return null
  throw error
}
