import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StopgapError } from '../errors/error.ts'
import type { Snapshot, SnapshotEntry } from '../model/source.ts'
import { errno } from '../util/atomic.ts'
import { Allowance, FOLDERS, isPolicyFile } from './limits.ts'

/** What a folder holds at this moment, for people who check what they are about to commit. */
export async function readPolicyFolder(folder: string): Promise<Snapshot> {
  const files = new Map<string, SnapshotEntry>()
  const allowance = new Allowance(`of ${folder}`)
  if ((await kindOf(folder)) !== 'folder') {
    const what = `${folder} is not a folder`
    throw new StopgapError('ARGUMENT_INVALID', {
      what,
      remedy: 'Name the folder that holds mitigations/ and policies/.',
    })
  }
  for (const name of FOLDERS) await visit({ folder, files, allowance }, name)
  return { revision: 'the folder as it is', time: 0, files }
}

interface Visit {
  readonly folder: string
  readonly files: Map<string, SnapshotEntry>
  readonly allowance: Allowance
}

async function visit(visiting: Visit, path: string): Promise<void> {
  const { folder, files, allowance } = visiting
  const full = join(folder, path)
  const kind = await kindOf(full)
  if (kind === 'folder') {
    for (const name of (await readdir(full)).sort()) await visit(visiting, `${path}/${name}`)
    return
  }
  if (kind === null) return
  allowance.entry()
  if (kind === 'link') files.set(path, { is: 'link' })
  else if (isPolicyFile(path)) {
    allowance.file(path, (await lstat(full)).size)
    files.set(path, { is: 'file', bytes: new Uint8Array(await readFile(full)) })
  }
}

async function kindOf(path: string): Promise<'folder' | 'link' | 'file' | null> {
  try {
    const stats = await lstat(path)
    if (stats.isSymbolicLink()) return 'link'
    return stats.isDirectory() ? 'folder' : stats.isFile() ? 'file' : null
  } catch (error) {
    if (errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR') return null
    throw error
  }
}
