import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Snapshot, SnapshotEntry } from '../model/source.ts'
import { errno, makeFolder, removeFile, replaceFile } from '../util/atomic.ts'
import { digestOf, digestOfJson } from '../util/digest.ts'

/** A file as base64, or what it is instead. */
type Packed = readonly ['file', string] | readonly ['link'] | readonly ['submodule']

interface Content {
  readonly version: 1
  readonly revision: string
  /** The path inside the source that it was read with: the same commit has other files at another path. */
  readonly path: string
  readonly time: number
  readonly files: { readonly [path: string]: Packed }
}

/**
 * Snapshots as files, so that the revision in force is readable after a restart with neither network nor clone.
 * One that does not have the digest it was written with counts as missing.
 */
export class Exports {
  readonly #folder: string
  readonly #path: string

  constructor(folder: string, path: string) {
    this.#folder = folder
    this.#path = path
  }

  async read(revision: string): Promise<Snapshot | null> {
    try {
      const stored = JSON.parse(await readFile(this.#file(revision), 'utf8')) as {
        digest: string
        content: Content
      }
      const { digest, content } = stored
      if (content.version !== 1 || content.revision !== revision || digestOfJson(content) !== digest)
        return null
      const files = Object.entries(content.files).map(([path, packed]) => [path, unpacked(packed)] as const)
      return { revision, time: content.time, files: new Map(files) }
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof TypeError || errno(error) !== null) return null
      throw error
    }
  }

  /** Throws the file system's error. Writes nothing when it is there already. */
  async write(snapshot: Snapshot): Promise<void> {
    if ((await this.read(snapshot.revision)) !== null) return
    const { revision, time } = snapshot
    const files = Object.fromEntries([...snapshot.files].map(([path, entry]) => [path, packed(entry)]))
    const content: Content = { version: 1, revision, path: this.#path, time, files }
    await makeFolder(this.#folder, 0o700)
    const text = JSON.stringify({ digest: digestOfJson(content), content })
    await replaceFile(this.#file(revision), text, { mode: 0o600 })
  }

  /** Removes all but this one. */
  async only(revision: string): Promise<void> {
    const kept = this.#file(revision)
    for (const name of await readdir(this.#folder)) {
      const file = join(this.#folder, name)
      if (name.endsWith('.json') && file !== kept) await removeFile(file)
    }
  }

  #file(revision: string): string {
    return join(this.#folder, `${digestOf(`${revision}\0${this.#path}`).slice('sha256:'.length, 39)}.json`)
  }
}

function packed(entry: SnapshotEntry): Packed {
  return entry.is === 'file' ? ['file', Buffer.from(entry.bytes).toString('base64')] : [entry.is]
}

function unpacked(packed: Packed): SnapshotEntry {
  return packed[0] === 'file'
    ? { is: 'file', bytes: new Uint8Array(Buffer.from(packed[1], 'base64')) }
    : { is: packed[0] }
}
