import { constants } from 'node:fs'
import { access, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { asStopgapError, StopgapError } from '../errors/error.ts'
import type { ExaminedState } from '../model/examined.ts'
import { errno } from '../util/atomic.ts'
import { STATE_VERSION } from './folder.ts'
import { readVersioned } from './json.ts'
import { readHolder } from './lock.ts'

/** A state folder as it is: nothing is made, locked or put right. Never throws. */
export async function examineState(path: string): Promise<ExaminedState> {
  const { exists, folder } = await deepest(path)
  const { instance, trouble } = await instanceIn(path)
  return {
    path,
    exists,
    writable: await writable(folder, exists),
    open: exists && (await isOpen(path)),
    free: await freeBytes(folder),
    instance,
    trouble,
    holder: exists ? await holderOf(path) : null,
  }
}

/** The folder itself, or the one above it in which it would be made. */
async function deepest(path: string): Promise<{ readonly exists: boolean; readonly folder: string }> {
  for (let folder = path; ; folder = dirname(folder)) {
    const found = await stat(folder).catch((error: unknown) => (errno(error) === 'ENOENT' ? null : folder))
    if (found !== null || folder === dirname(folder)) return { exists: folder === path, folder }
  }
}

async function writable(folder: string, exists: boolean): Promise<true | string> {
  const what = exists ? folder : `${folder}, in which it would be made,`
  try {
    if (!(await stat(folder)).isDirectory()) return `${folder} is not a folder`
    await access(folder, constants.W_OK | constants.X_OK)
    return true
  } catch (error) {
    return `${what} cannot be written to: ${errno(error)}`
  }
}

/** On Windows the bits say nothing; who may look inside is decided elsewhere there. */
async function isOpen(path: string): Promise<boolean> {
  const mode = await stat(path).then(
    (is) => is.mode,
    () => 0,
  )
  return (mode & 0o077) !== 0 && (mode & 0o777) !== 0o666
}

async function freeBytes(folder: string): Promise<number | null> {
  return statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => null,
  )
}

async function instanceIn(path: string): Promise<Pick<ExaminedState, 'instance' | 'trouble'>> {
  const file = join(path, 'state.json')
  try {
    const stored = await readVersioned(file, STATE_VERSION)
    if (stored.is === 'absent') return { instance: null, trouble: null }
    const instance = stored.is === 'here' ? stored.value['instance'] : undefined
    if (typeof instance === 'string' && instance !== '') return { instance, trouble: null }
    const what = stored.is === 'corrupt' ? stored.what : 'it names no instance'
    throw new StopgapError('STATE_CORRUPT', { file, what, remedy: 'Restore it from a backup.' })
  } catch (error) {
    const { code, message, hint, exit } = asStopgapError(error)
    return { instance: null, trouble: { code, message, hint, exit } }
  }
}

/** In words; null when nobody has the lock now. */
async function holderOf(path: string): Promise<string | null> {
  if (!isLocked(join(path, 'lock'))) return null
  const holder = await readHolder({ path }).catch(() => null)
  return holder === null
    ? 'another process'
    : `stopgap ${holder.command} (process ${holder.pid}, since ${holder.since})`
}

/** Reading waits for nobody who has it exclusively, and changes nothing. Only for a process that has not taken the lock. */
function isLocked(file: string): boolean {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { readOnly: true })
    database.exec('SELECT count(*) FROM sqlite_master')
    return false
  } catch (error) {
    // The low byte is the primary code; 5 is SQLITE_BUSY.
    return error instanceof Error && (Number((error as { errcode?: unknown }).errcode) & 0xff) === 5
  } finally {
    if (database?.isOpen) database.close()
  }
}
