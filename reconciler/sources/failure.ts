import { StopgapError } from '../errors/error.ts'
import { errno } from '../util/atomic.ts'
import { mask } from '../util/mask.ts'

/** An error of the file system, or of git about it, as FETCH_DISK. */
export function diskError(error: unknown, path: string): StopgapError {
  if (error instanceof StopgapError) return error
  const words = error instanceof Error ? error.message : String(error)
  const detail = errno(error) ?? words.split('\n')[0] ?? ''
  return new StopgapError('FETCH_DISK', { remote: path, detail: mask(detail), kept: null }, { cause: error })
}
