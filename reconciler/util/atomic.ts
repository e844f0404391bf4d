import { randomBytes } from 'node:crypto'
import type { Stats } from 'node:fs'
import { type FileHandle, link, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'

/** How often, and after how many milliseconds, a file is tried that somebody has open: for two seconds in all. */
const TRIES = 200
const PAUSE = 10

/** Whether a file name is that of a temporary file of `replaceFile`: watchers skip them, a killed process leaves them. */
export function isTemporary(name: string): boolean {
  return /^\.stopgap-[0-9a-f]{12}\.tmp$/.test(name)
}

/** The code of a file system error, such as `ENOSPC`; null for anything else. */
export function errno(thrown: unknown): string | null {
  const code = thrown instanceof Error ? (thrown as { code?: unknown }).code : undefined
  return typeof code === 'string' ? code : null
}

export interface WriteOptions {
  /** Permissions of a file that is new. */
  readonly mode?: number
  /** False for what may be lost with the power, though never seen in part by a reader: saves the waiting. */
  readonly lasting?: boolean
}

/**
 * Makes a file hold exactly these bytes: a reader sees the old ones or the new ones, also after a loss of power.
 * An existing file keeps its permissions and, where we may set it, its owner; a new one gets `mode` (default 0o644).
 * The folder must exist. Takes no signal: once begun it is done. Throws the error of the file system as it is, with
 * the old file untouched and no temporary file left.
 */
export async function replaceFile(
  path: string,
  bytes: Uint8Array | string,
  options: WriteOptions = {},
): Promise<void> {
  const there = await statOrNull(path)
  // A rename ignores that a file is read-only; a person who made it so means it.
  if (there !== null && (there.mode & 0o222) === 0) throw readOnly(path)
  await throughTemporary(path, bytes, { ...options, there }, (temporary) => renameOver(temporary, path))
}

/** Like `replaceFile` for a file that must be new; false, with nothing changed, when there is one already. */
export async function createFile(
  path: string,
  bytes: Uint8Array | string,
  options: WriteOptions = {},
): Promise<boolean> {
  try {
    // A link, unlike a rename, fails when the name is taken: of several writers one wins.
    await throughTemporary(path, bytes, { ...options, there: null }, async (temporary) => {
      await link(temporary, path)
      await rm(temporary)
    })
    return true
  } catch (error) {
    if (errno(error) === 'EEXIST') return false
    throw error
  }
}

/** Removes a file so that it stays removed after a loss of power; one that is not there is fine. */
export async function removeFile(path: string): Promise<void> {
  const there = await statOrNull(path)
  if (there === null) return
  if ((there.mode & 0o222) === 0) throw readOnly(path)
  await rm(path, { force: true })
  await syncFolder(dirname(path))
}

/** Makes a folder and those above it, and makes their names last. */
export async function makeFolder(path: string, mode = 0o755): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode })
  if (first !== undefined) await syncFolder(dirname(first))
}

/** Makes names that were added to or taken from a folder last; Windows knows no such call and needs none. */
export async function syncFolder(path: string): Promise<void> {
  let handle: FileHandle | undefined
  try {
    handle = await open(path, 'r')
    await handle.sync()
  } catch (error) {
    if (!['EPERM', 'EISDIR', 'EINVAL', 'EACCES', 'ENOTSUP'].includes(errno(error) ?? '')) throw error
  } finally {
    await handle?.close()
  }
}

async function throughTemporary(
  path: string,
  bytes: Uint8Array | string,
  options: WriteOptions & { readonly there: Stats | null },
  settle: (temporary: string) => Promise<void>,
): Promise<void> {
  const { there, mode = 0o644, lasting = true } = options
  const temporary = join(dirname(path), `.stopgap-${randomBytes(6).toString('hex')}.tmp`)
  try {
    const handle = await open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(bytes)
      if (there !== null) await keepOwner(handle, there)
      await handle.chmod(there === null ? mode : there.mode & 0o7777)
      if (lasting) await handle.sync()
    } finally {
      await handle.close()
    }
    await settle(temporary)
  } catch (error) {
    await rm(temporary, { force: true })
    // What is said of an open file (the disk is full) names none, and the temporary one nobody knows.
    throw errno(error) === null ? error : Object.assign(error as Error, { path })
  }
  if (lasting) await syncFolder(dirname(path))
}

/** Windows replaces no file that somebody has open, a reader or a virus scanner, and they are done soon. */
async function renameOver(from: string, to: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await rename(from, to)
    } catch (error) {
      const busy = sep === '\\' && ['EPERM', 'EACCES', 'EBUSY'].includes(errno(error) ?? '')
      if (!busy || tries === TRIES) throw error
      await new Promise((resolve) => setTimeout(resolve, PAUSE))
    }
  }
}

async function statOrNull(path: string): Promise<Stats | null> {
  try {
    return await stat(path)
  } catch (error) {
    if (errno(error) === 'ENOENT') return null
    throw error
  }
}

async function keepOwner(handle: FileHandle, there: { uid: number; gid: number }): Promise<void> {
  const made = await handle.stat()
  if (made.uid === there.uid && made.gid === there.gid) return
  // Only root may give files away; for others the new owner is the one who wrote.
  await handle.chown(there.uid, there.gid).catch(() => undefined)
}

function readOnly(path: string): Error {
  const message = `EACCES: the file is read-only, open '${path}'`
  return Object.assign(new Error(message), { code: 'EACCES', syscall: 'open', path })
}
