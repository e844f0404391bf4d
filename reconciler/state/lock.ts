import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StopgapError } from '../errors/error.ts'
import type { LockHolder } from '../errors/state.ts'
import { errno, replaceFile } from '../util/atomic.ts'
import { readText } from './disk.ts'
import type { StateFolder } from './folder.ts'
import { parseObject } from './json.ts'

/** The state folder is ours until `release`, or until this process ends in whatever way. */
export interface Lock {
  release(): void
}

const BUSY = 5
const NOT_A_DATABASE = 26

/**
 * Takes the state folder for this process, or throws `STATE_LOCKED` saying who has it. What excludes others is a lock
 * of the kernel that SQLite takes on a file: it goes with its process, also by `kill -9`, and cannot go stale as a
 * file with a process id in it can. Nothing else in this process may open that file: closing it would free the lock.
 */
export async function takeLock(state: Pick<StateFolder, 'path'>, holder: LockHolder): Promise<Lock> {
  const held = lockFile(join(state.path, 'lock'))
  if (held === 'busy') {
    throw new StopgapError('STATE_LOCKED', { folder: state.path, holder: await readHolder(state) })
  }
  try {
    await replaceFile(holderFile(state), `${JSON.stringify(holder)}\n`, { mode: 0o600, lasting: false })
  } catch (error) {
    // It only makes a message better; a full disk shows soon enough where it matters.
    if (errno(error) === null) {
      held.close()
      throw error
    }
  }
  return { release: () => held.close() }
}

/** Who took the lock last; that does not mean that it is still held. */
export async function readHolder(state: Pick<StateFolder, 'path'>): Promise<LockHolder | null> {
  const { pid, command, since } = parseObject((await readText(holderFile(state))) ?? '') ?? {}
  if (typeof pid !== 'number' || typeof command !== 'string' || typeof since !== 'string') return null
  return { pid, command, since }
}

function holderFile(state: Pick<StateFolder, 'path'>): string {
  return join(state.path, 'lock.json')
}

function lockFile(file: string): { close(): void } | 'busy' {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file)
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    const taken = database
    return { close: () => taken.isOpen && taken.close() }
  } catch (error) {
    if (database?.isOpen) database.close()
    return refusal(file, error)
  }
}

function refusal(file: string, error: unknown): 'busy' {
  const code = error instanceof Error ? (error as { errcode?: unknown }).errcode : undefined
  if (typeof code !== 'number') throw error
  // The low byte is the primary code; the rest says more about it.
  if ((code & 0xff) === BUSY) return 'busy'
  if ((code & 0xff) === NOT_A_DATABASE) {
    const remedy = 'Remove this file while no stopgap runs; it holds nothing.'
    throw new StopgapError('STATE_CORRUPT', {
      file,
      what: 'it is not the lock file that it should be',
      remedy,
    })
  }
  throw new StopgapError('STATE_DISK', { path: file, what: (error as Error).message }, { cause: error })
}
