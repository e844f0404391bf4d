import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { StopgapError } from '../errors/error.ts'
import type { SourceMemory, SourceState } from '../model/source.ts'
import { errno, makeFolder, removeFile, replaceFile } from '../util/atomic.ts'
import { digestOf } from '../util/digest.ts'
import { isRevision } from './revision.ts'

/** What is known of the source, as STATE/source.json and STATE/accepted/. */
export class FileMemory implements SourceMemory {
  readonly lineage: string
  readonly #folder: string

  constructor(stateFolder: string, lineage: string) {
    this.#folder = stateFolder
    this.lineage = lineage
  }

  /** Throws SOURCE_MEMORY when the file is there and says nothing: forgetting would let a rewound revision in. */
  async load(): Promise<SourceState> {
    const file = join(this.#folder, 'source.json')
    let text: string
    try {
      text = await readFile(file, 'utf8')
    } catch (error) {
      if (errno(error) === 'ENOENT')
        return { version: 1, lineage: this.lineage, inForce: null, refused: null }
      throw new StopgapError(
        'SOURCE_MEMORY',
        { file, what: `cannot be read: ${errno(error)}` },
        { cause: error },
      )
    }
    return parsed(text, file)
  }

  /** An acceptance is for once: in force, its revision needs it no more, and a later rewind to it is another matter. */
  async store(state: SourceState): Promise<void> {
    await makeFolder(this.#folder, 0o700)
    await replaceFile(join(this.#folder, 'source.json'), `${JSON.stringify(state)}\n`, { mode: 0o600 })
    if (state.inForce !== null) await removeFile(acceptedFile(this.#folder, state.inForce))
  }

  async accepted(revision: string): Promise<boolean> {
    return stat(acceptedFile(this.#folder, revision)).then(
      () => true,
      () => false,
    )
  }
}

/**
 * Takes a revision by name although it does not descend from the one in force. Works beside the daemon, without the
 * lock. Throws SOURCE_UNKNOWN_REVISION for what is not written as a revision.
 */
export async function acceptRevision(
  stateFolder: string,
  revision: string,
  who: { readonly at: number; readonly actor: string },
): Promise<void> {
  if (!isRevision(revision)) throw new StopgapError('SOURCE_UNKNOWN_REVISION', { revision })
  const file = acceptedFile(stateFolder, revision)
  await makeFolder(join(stateFolder, 'accepted'), 0o700)
  await replaceFile(file, `${JSON.stringify({ revision, ...who })}\n`, { mode: 0o600 })
}

// A revision holds slashes, and comes from a command line: as a digest it can name no other file.
function acceptedFile(folder: string, revision: string): string {
  return join(folder, 'accepted', digestOf(revision).slice('sha256:'.length))
}

function parsed(text: string, file: string): SourceState {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new StopgapError('SOURCE_MEMORY', { file, what: 'is not JSON' }, { cause: error })
  }
  const version = (value as { version?: unknown } | null)?.version
  if (typeof version === 'number' && version > 1) {
    throw new StopgapError('SOURCE_MEMORY', { file, what: `has version ${version}, newer than this Stopgap` })
  }
  if (!isState(value)) throw new StopgapError('SOURCE_MEMORY', { file, what: 'does not say what it should' })
  return value
}

// Written by us and by nobody else, yet a hand may have been in it: the fields that decisions hang on are looked at.
function isState(value: unknown): value is SourceState {
  if (value === null || typeof value !== 'object') return false
  const { version, lineage, inForce, refused } = value as Record<string, unknown>
  return (
    version === 1 &&
    typeof lineage === 'string' &&
    (inForce === null || typeof inForce === 'string') &&
    (refused === null ||
      (typeof refused === 'object' && typeof (refused as { revision?: unknown }).revision === 'string'))
  )
}
