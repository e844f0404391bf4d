import { stat, utimes } from 'node:fs/promises'
import { FRESH_MS } from '../../model/target.ts'
import { now } from '../../util/clock.ts'

/**
 * Whether a file was written just now, so that whoever did it may not be done. Only ever a reason to wait: that it is the
 * same file is told by its bytes. A time in the future is the work of another clock, and would last.
 */
export async function isFresh(path: string): Promise<boolean> {
  const there = await stat(path).catch(() => null)
  if (there === null) return false
  const age = now() - there.mtimeMs
  return age >= 0 && age < FRESH_MS
}

/** Of a file that is put into place whole, in one go: nobody, in whatever process, has to wait for it to be done. */
export async function markRested(path: string): Promise<void> {
  const time = new Date(now() - FRESH_MS)
  await utimes(path, time, time)
}
