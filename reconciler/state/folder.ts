import { randomUUID } from 'node:crypto'
import { chmod, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { StopgapError } from '../errors/error.ts'
import { createFile, isTemporary, makeFolder } from '../util/atomic.ts'
import { namesIn, onDisk, readText } from './disk.ts'
import { readVersioned } from './json.ts'
import { safeName } from './names.ts'

/** The newest layout of the state folder that we can read and write. */
export const STATE_VERSION = 1

/** An opened state folder. */
export interface StateFolder {
  readonly path: string
  /** Random id by which servers know that a record of theirs is ours. */
  readonly instance: string
}

/**
 * Opens the folder of `--state`, and makes it when it is not there: only its user may look inside (0700). Needs no
 * lock; of two that make it at once both get the same instance. A folder from a newer Stopgap is refused.
 */
export async function openState(path: string): Promise<StateFolder> {
  const file = join(path, 'state.json')
  const isNew = (await namesIn(path)).length === 0
  await onDisk(path, () => makeFolder(path, 0o700))
  // One with files in it keeps its permissions: somebody chose them, or named a working folder by mistake.
  if (isNew) await keepPrivate(path)
  const text = `${JSON.stringify({ version: STATE_VERSION, instance: randomUUID() })}\n`
  if ((await readText(file)) === null) await onDisk(file, () => createFile(file, text, { mode: 0o600 }))
  const stored = await readVersioned(file, STATE_VERSION)
  if (stored.is === 'absent') throw corrupt(file, 'it vanished')
  if (stored.is === 'corrupt') throw corrupt(file, stored.what)
  const { instance } = stored.value
  if (typeof instance !== 'string' || instance === '') throw corrupt(file, 'it names no instance')
  return { path, instance }
}

/** The folder for what we know of one server; made when something is written. */
export function serverFolder(state: Pick<StateFolder, 'path'>, server: string): string {
  return join(state.path, 'servers', safeName(server))
}

/** Removes what a killed process left half written. Only with the lock: another's temporary file may be in use. */
export async function sweepState(state: StateFolder): Promise<void> {
  const servers = (await namesIn(join(state.path, 'servers'))).map((name) =>
    join(state.path, 'servers', name),
  )
  const folders = [
    state.path,
    join(state.path, 'plans'),
    join(state.path, 'approvals'),
    join(state.path, 'accepted'),
  ]
  for (const folder of [...folders, ...servers]) {
    const names = await namesIn(folder)
    await Promise.all(names.filter(isTemporary).map((name) => rm(join(folder, name), { force: true })))
  }
}

async function keepPrivate(path: string): Promise<void> {
  const { mode } = await onDisk(path, () => stat(path))
  // On a volume that belongs to somebody else (Kubernetes) we may not; who mounts it decides then.
  if ((mode & 0o077) !== 0) await chmod(path, 0o700).catch(() => undefined)
}

function corrupt(file: string, what: string): StopgapError {
  const remedy =
    'Restore it from a backup. Or remove it: then servers that were written to are held other-owner until apply --take-over SERVER.'
  return new StopgapError('STATE_CORRUPT', { file, what, remedy })
}
