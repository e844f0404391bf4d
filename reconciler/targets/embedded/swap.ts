import { randomBytes } from 'node:crypto'
import { chown, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Digest } from '../../model/thing.ts'
import { errno, isTemporary, makeFolder, removeFile, replaceFile, syncFolder } from '../../util/atomic.ts'
import { now } from '../../util/clock.ts'
import { digestOf } from '../../util/digest.ts'
import { readContent } from './disk.ts'
import { markRested } from './rested.ts'

/** `moved`: the file was not, or no longer, as expected, and nothing was written. */
export type Swapped = 'done' | 'moved'

/** Temporary files of a process that was killed; a living one renames its own within seconds. */
const STALE = 10 * 60 * 1000

/**
 * Replaces a file by bytes, or removes it, if its digest is still the expected one. The comparison is made once more when the
 * new bytes are safe on the disk, immediately before the rename. Throws the error of the file system, with the old file untouched.
 */
export async function swapFile(
  path: string,
  expect: Digest | 'absent',
  become: Uint8Array | string | 'absent',
): Promise<Swapped> {
  if (digestAt(path) !== expect) return 'moved'
  if (become === 'absent') {
    if (expect !== 'absent') await removeFile(path)
    return 'done'
  }
  await makeFolder(dirname(path))
  await removeStale(dirname(path))
  return replace(path, expect, become)
}

async function replace(
  path: string,
  expect: Digest | 'absent',
  become: Uint8Array | string,
): Promise<Swapped> {
  const staged = join(dirname(path), `.stopgap-${randomBytes(6).toString('hex')}.tmp`)
  try {
    await stage(staged, path, become)
    if (digestAt(path) !== expect) return 'moved'
    await rename(staged, path)
  } finally {
    await rm(staged, { force: true })
  }
  await syncFolder(dirname(path))
  return 'done'
}

/** The new file, safe on the disk beside the old one and with its permissions. */
async function stage(staged: string, path: string, bytes: Uint8Array | string): Promise<void> {
  const there = await stat(path).catch((error: unknown) => {
    if (errno(error) === 'ENOENT') return null
    throw error
  })
  // A rename does not ask whether the file it replaces may be written.
  if (there !== null && (there.mode & 0o222) === 0)
    throw Object.assign(new Error('read-only'), { code: 'EACCES' })
  await replaceFile(staged, bytes, there === null ? {} : { mode: there.mode & 0o7777 })
  await markRested(staged)
  // Only root can keep the owner; for others the new owner is the one who wrote.
  if (there !== null) await chown(staged, there.uid, there.gid).catch(() => undefined)
}

function digestAt(path: string): Digest | 'absent' | 'unknown' {
  const content = readContent(path)
  return content.is === 'bytes' ? digestOf(content.bytes) : content.is
}

async function removeStale(folder: string): Promise<void> {
  for (const name of (await readdir(folder)).filter(isTemporary)) {
    const path = join(folder, name)
    const age = await stat(path).then(
      ({ mtimeMs }) => now() - mtimeMs,
      () => 0,
    )
    if (age > STALE) await rm(path, { force: true })
  }
}
