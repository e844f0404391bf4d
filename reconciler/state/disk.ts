import { readdir, readFile } from 'node:fs/promises'
import { StopgapError } from '../errors/error.ts'
import { errno } from '../util/atomic.ts'

/** What people meet most; any other code stands for itself. */
const WORDS: { readonly [code: string]: string } = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the disk is read-only',
  ENOTDIR: 'a part of its path is a file',
  EISDIR: 'it is a folder',
  EIO: 'the disk reports a fault',
}

/** Does something with a path of the state folder; errors of the file system become `STATE_DISK`. */
export async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const code = errno(error)
    if (error instanceof StopgapError || code === null) throw error
    throw new StopgapError('STATE_DISK', { path, what: WORDS[code] ?? code }, { cause: error })
  }
}

/** The text of a file; null when there is none. */
export async function readText(path: string): Promise<string | null> {
  return onDisk(path, () => orNull(() => readFile(path, 'utf8')))
}

/** Names in a folder, in order; none when there is no folder. */
export async function namesIn(path: string): Promise<readonly string[]> {
  // Sorted, since file systems give them in any order they like.
  const names = await onDisk(path, () => orNull(() => readdir(path)))
  return (names ?? []).toSorted()
}

async function orNull<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    if (errno(error) === 'ENOENT') return null
    throw error
  }
}
