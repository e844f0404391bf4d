import { createHash } from 'node:crypto'
import type { Snapshot, SnapshotEntry } from '../model/source.ts'
import type { Clone } from './clone.ts'
import { Allowance, FOLDERS, isPolicyFile, LIMITS, refusing } from './limits.ts'
import { formatOf } from './revision.ts'
import type { Ran } from './run.ts'

export interface TreeQuestion {
  readonly revision: string
  readonly oid: string
  /** Inside the repository; empty for its root. */
  readonly path: string
}

interface Blob {
  readonly path: string
  readonly oid: string
  readonly size: number
}

/** A listing as long as this is of more files than may be, whatever their names. A few trees can list without end. */
const MAX_LISTING = LIMITS.files * 400

/**
 * The policy files of a commit, from the object store: listed first, so that too much is refused before it is read.
 * Throws SOURCE_OVERSIZED, FETCH_CORRUPT, FETCH_TIMEOUT.
 */
export async function readTree(clone: Clone, question: TreeQuestion, signal: AbortSignal): Promise<Snapshot> {
  const { revision, oid, path } = question
  const prefix = path === '' ? '' : `${path}/`
  const folders = FOLDERS.map((folder) => prefix + folder)
  // With its trees (-t): those that hold nothing but trees would else be walked for ever without a word.
  const listing = ['ls-tree', '-r', '-t', '-z', '--long', '--full-tree', oid, '--', ...folders]
  const listed = await clone.local(listing, signal, { maxOutput: MAX_LISTING })
  if (listed.ended === 'oversized') {
    throw refusing(revision)(
      'it',
      `has more than ${LIMITS.files} files and folders below ${folders.join('/ and ')}/`,
    )
  }
  const { blobs, others } = entries(whole(clone, listed), new Allowance(refusing(revision)), prefix)
  const { commit, bytes } = await readObjects(clone, question, blobs, signal)
  const files = new Map<string, SnapshotEntry>(others)
  for (const { path, oid } of blobs) files.set(path, { is: 'file', bytes: bytes.get(oid) as Uint8Array })
  return { revision, time: commitTime(commit), files }
}

function whole(clone: Clone, ran: Ran): Buffer {
  if (ran.code === 0) return ran.stdout
  throw clone.failed(ran)
}

function entries(listing: Buffer, allowance: Allowance, prefix: string) {
  const blobs: Blob[] = []
  const others: [string, SnapshotEntry][] = []
  for (let at = 0; at < listing.length; ) {
    const end = listing.indexOf(0, at)
    const tab = listing.indexOf(9, at)
    const [mode, , oid, size] = listing.toString('latin1', at, tab).split(/ +/)
    const path = nameOf(listing.subarray(tab + 1, end)).slice(prefix.length)
    at = end + 1
    allowance.entry(path)
    if (mode === '040000') continue
    if (mode === '120000') others.push([path, { is: 'link' }])
    else if (mode === '160000') others.push([path, { is: 'submodule' }])
    else if (isPolicyFile(path)) {
      allowance.file(path, Number(size))
      blobs.push({ path, oid: oid as string, size: Number(size) })
    }
  }
  return { blobs, others }
}

// Names in git are bytes. Two that differ must not become one, or a file would be hidden behind another.
function nameOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return bytes.toString('latin1').replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`)
  }
}

/** The commit and the blobs in one process, which starts slower than it reads. */
async function readObjects(
  clone: Clone,
  { revision, oid: commit }: TreeQuestion,
  blobs: readonly Blob[],
  signal: AbortSignal,
) {
  const sizes = new Map(blobs.map(({ oid, size }) => [oid, size]))
  const total = [...sizes.values()].reduce((sum, size) => sum + size + 200, LIMITS.file)
  const input = [commit, ...sizes.keys()].map((oid) => `${oid}\n`).join('')
  const ran = await clone.local(['cat-file', '--batch'], signal, { maxOutput: total, input })
  // The blobs have the sizes that were listed, so it is the commit.
  if (ran.ended === 'oversized') throw refusing(revision)('its commit', `has more than ${LIMITS.file} bytes`)
  const reader = new Reader(whole(clone, ran), clone)
  const text = Buffer.from(reader.next(commit, 'commit')).toString('latin1')
  const bytes = new Map([...sizes].map(([oid]) => [oid, reader.next(oid, 'blob')]))
  return { commit: text, bytes }
}

/** Takes apart what `git cat-file --batch` prints: a line, the object and a line end for each. */
class Reader {
  readonly #output: Buffer
  readonly #clone: Clone
  #at = 0

  constructor(output: Buffer, clone: Clone) {
    this.#output = output
    this.#clone = clone
  }

  next(oid: string, type: 'blob' | 'commit'): Uint8Array {
    const line = this.#output.indexOf(10, this.#at)
    const header = this.#output.toString('latin1', this.#at, line < 0 ? this.#output.length : line)
    const [, size] = new RegExp(`^${oid} ${type} (\\d+)$`).exec(header) ?? []
    if (size === undefined) throw this.#clone.corrupt(`object ${oid}: git says "${header.slice(0, 100)}"`)
    this.#at = line + 1 + Number(size) + 1
    // Copied: a part of one large buffer would keep all of it alive.
    const bytes = new Uint8Array(this.#output.subarray(line + 1, this.#at - 1))
    if (hashOf(bytes, oid, type) === oid) return bytes
    throw this.#clone.corrupt(`object ${oid} does not have the hash that is its name`)
  }
}

/** When it was committed, milliseconds since 1970; a commit without a time (git takes them) counts as of 1970. */
function commitTime(commit: string): number {
  return Number(/^committer .*> (\d+) [+-]\d+$/m.exec(commit.split('\n\n', 1)[0] ?? '')?.[1] ?? 0) * 1000
}

// Git verifies what it receives, not what it reads from a pack later on.
function hashOf(bytes: Uint8Array, oid: string, type: string): string {
  return createHash(formatOf(oid)).update(`${type} ${bytes.length}\0`).update(bytes).digest('hex')
}
