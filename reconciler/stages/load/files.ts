import { decodeUtf8 } from '../../formats/decode.ts'
import { type Place, type Position, positionIn } from '../../formats/positions.ts'
import { parseYaml } from '../../formats/yaml.ts'
import type { Json } from '../../model/resource.ts'
import type { Snapshot, SnapshotEntry } from '../../model/source.ts'
import type { Findings } from './findings.ts'

/** One YAML document and where it stands. */
export interface RawDocument {
  readonly file: string
  readonly value: Json
  readonly root: Place
  readonly position: (offset: number) => Position
}

export interface PolicyFiles {
  readonly documents: readonly RawDocument[]
  /** Files of which something could not be read: what others refer to may stand there. */
  readonly unread: readonly string[]
  /** A limit was hit; nothing was read then. */
  readonly oversized: boolean
}

export const LIMITS = { fileBytes: 1_000_000, files: 10_000, totalBytes: 50_000_000, nodes: 500_000 } as const

const BELOW = /^(?:mitigations|policies)(?:\/|$)/
const YAML = /\.ya?ml$/i

/** The documents of all policy files of a snapshot, in order of their paths. Limits are checked before anything is read. */
export function readFiles(snapshot: Snapshot, findings: Findings): PolicyFiles {
  const below = [...snapshot.files].filter(([path]) => BELOW.test(path)).sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [path, entry] of below) refuseOther(path, entry, findings)
  const files = below.flatMap(([path, entry]) =>
    entry.is === 'file' && YAML.test(path) && path.includes('/') ? [{ path, bytes: entry.bytes }] : [],
  )
  if (tooLarge(files, findings)) return { documents: [], unread: [], oversized: true }
  const documents: RawDocument[] = []
  const unread: string[] = []
  let nodes = 0
  for (const { path, bytes } of files) {
    const read = readFile(path, bytes, findings)
    // Not by spreading: a hostile file has more documents than a call takes arguments.
    for (const document of read.documents) documents.push(document)
    if (!read.whole) unread.push(path)
    nodes += read.nodes
    if (nodes <= LIMITS.nodes) continue
    findings.error(
      startOf(path),
      `up to here there are more than ${LIMITS.nodes} values in all files together.`,
    )
    return { documents: [], unread, oversized: true }
  }
  return { documents, unread, oversized: false }
}

/** The whole folder may be a link itself; what it points to could change without a commit. */
function refuseOther(path: string, entry: SnapshotEntry, findings: Findings): void {
  if (entry.is === 'link')
    findings.error(startOf(path), 'is a symbolic link. Put the file itself here: links are not followed.')
  if (entry.is === 'submodule')
    findings.error(
      startOf(path),
      'is a submodule. Put the files themselves here: submodules are not fetched.',
    )
}

interface PolicyFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/** Sizes alone, before a byte is decoded: this is what keeps hostile repositories cheap. */
function tooLarge(files: readonly PolicyFile[], findings: Findings): boolean {
  let total = 0
  let over = false
  const refuse = (path: string, message: string): void => {
    findings.error(startOf(path), message)
    over = true
  }
  for (const [index, { path, bytes }] of files.entries()) {
    total += bytes.length
    if (bytes.length > LIMITS.fileBytes)
      refuse(path, `has ${bytes.length} bytes; a policy file may have ${LIMITS.fileBytes}.`)
    if (index === LIMITS.files)
      refuse(path, `is one of ${files.length} policy files; there may be ${LIMITS.files}.`)
    if (total > LIMITS.totalBytes && total - bytes.length <= LIMITS.totalBytes)
      refuse(path, `up to here the policy files have more than ${LIMITS.totalBytes} bytes together.`)
  }
  return over
}

interface ReadFile {
  readonly documents: readonly RawDocument[]
  readonly whole: boolean
  readonly nodes: number
}

function readFile(path: string, bytes: Uint8Array, findings: Findings): ReadFile {
  const decoded = decodeUtf8(bytes)
  if (decoded.is === 'fault') {
    const place = positionIn(decoded.before)(decoded.before.length)
    findings.error({ file: path, ...place }, decoded.message)
    return { documents: [], whole: false, nodes: 0 }
  }
  const position = positionIn(decoded.text)
  const yaml = parseYaml(decoded.text)
  for (const fault of yaml.faults) findings.error({ file: path, ...position(fault.offset) }, fault.message)
  const documents = yaml.documents.map(({ value, root }) => ({ file: path, value, root, position }))
  return { documents, whole: yaml.faults.length === 0, nodes: yaml.nodes }
}

/** For faults of a file as such. */
function startOf(file: string): { readonly file: string; readonly line: number; readonly column: number } {
  return { file, line: 1, column: 1 }
}
