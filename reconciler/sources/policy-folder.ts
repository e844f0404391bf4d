import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { StopgapError } from '../errors/error.ts'
import type { Snapshot, SnapshotEntry } from '../model/source.ts'
import { scanFolder } from './scan.ts'

const REVISION = 'the folder as it is'

/** What a folder holds at this moment, for people who check what they are about to commit. Throws POLICY_OVERSIZED. */
export async function readPolicyFolder(folder: string): Promise<Snapshot> {
  const stats = await stat(folder).catch(() => null)
  if (stats === null || !stats.isDirectory()) {
    const remedy = 'Name the folder that holds mitigations/ and policies/.'
    throw new StopgapError('ARGUMENT_INVALID', { what: `${folder} is not a folder`, remedy })
  }
  const { entries } = await scanFolder(folder, oversized)
  const files = new Map<string, SnapshotEntry>()
  for (const [path, { is }] of entries) {
    files.set(
      path,
      is === 'file' ? { is, bytes: new Uint8Array(await readFile(join(folder, path))) } : { is },
    )
  }
  return { revision: REVISION, time: 0, files }
}

function oversized(file: string, message: string): StopgapError {
  const fault = { severity: 'error', file, line: 1, column: 1, message } as const
  return new StopgapError('POLICY_OVERSIZED', { revision: REVISION, faults: [fault] })
}
