import { createHash } from 'node:crypto'
import { StopgapError } from '../errors/error.ts'
import type { Snapshot, SnapshotEntry } from '../model/source.ts'
import type { Clone } from './clone.ts'
import { Allowance, FOLDERS, isPolicyFile, LIMITS } from './limits.ts'
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
 * Throws SOURCE_OVERSIZED, FETCH_CORRUPT.
 */
export async function readTree(clone: Clone, question: TreeQuestion, signal: AbortSignal): Promise<Snapshot> {
  const { revision, oid, path } = question
  const prefix = path === '' ? '' : `${path}/`
  const dated = await clone.local(['log', '-1', '--no-show-signature', '--format=%ct', oid, '--'], signal)
  const folders = FOLDERS.map((folder) => prefix + folder)
  const listing = ['ls-tree', '-r', '-z', '--long', '--full-tree', oid, '--', ...folders]
  const listed = await clone.local(listing, signal, { maxOutput: MAX_LISTING })
  if (listed.ended === 'oversized') {
    const what = `it has more than ${LIMITS.files} files below ${folders.join('/ and ')}/`
    throw new StopgapError('SOURCE_OVERSIZED', { revision, what, kept: null })
  }
  const { blobs, others } = entries(whole(clone, listed), new Allowance(revision), prefix)
  const bytes = await readBlobs(clone, blobs, signal)
  const files = new Map<string, SnapshotEntry>(others)
  for (const { path, oid } of blobs) files.set(path, { is: 'file', bytes: bytes.get(oid) as Uint8Array })
  return { revision, time: Number(whole(clone, dated).toString('utf8')) * 1000, files }
}

function whole(clone: Clone, ran: Ran): Buffer {
  if (ran.code === 0) return ran.stdout
  throw clone.corrupt(ran.ended === null ? ran.stderr : `git was ended: ${ran.ended}`)
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
    allowance.entry()
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

async function readBlobs(
  clone: Clone,
  blobs: readonly Blob[],
  signal: AbortSignal,
): Promise<Map<string, Uint8Array>> {
  const sizes = new Map(blobs.map(({ oid, size }) => [oid, size]))
  if (sizes.size === 0) return new Map()
  const total = [...sizes.values()].reduce((sum, size) => sum + size + 200, 0)
  const input = [...sizes.keys()].map((oid) => `${oid}\n`).join('')
  const ran = await clone.local(['cat-file', '--batch'], signal, { maxOutput: total, input })
  const output = whole(clone, ran)
  const read = new Map<string, Uint8Array>()
  let at = 0
  for (const [oid, size] of sizes) {
    const line = output.indexOf(10, at)
    const header = output.toString('latin1', at, line < 0 ? output.length : line)
    if (header !== `${oid} blob ${size}`)
      throw clone.corrupt(`object ${oid}: git says "${header.slice(0, 100)}"`)
    // Copied: a part of one large buffer would keep all of it alive.
    const bytes = new Uint8Array(output.subarray(line + 1, line + 1 + size))
    if (hashOf(bytes, oid) !== oid)
      throw clone.corrupt(`object ${oid} does not have the hash that is its name`)
    read.set(oid, bytes)
    at = line + 1 + size + 1
  }
  return read
}

// Git verifies what it receives, not what it reads from a pack later on.
function hashOf(bytes: Uint8Array, oid: string): string {
  return createHash(formatOf(oid)).update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
}
