import { sort } from './sort.ts'

/** Who holds the state folder; null: whoever it is has not said so yet. */
export interface LockHolder {
  readonly pid: number
  readonly command: string
  /** RFC 3339. */
  readonly since: string
}

/** Errors of the state folder. */
export const stateErrors = {
  STATE_LOCKED: sort<{ folder: string; holder: LockHolder | null }>({
    disposition: 'crash',
    fault: 'operator',
    exit: 1,
    message: ({ folder, holder }) =>
      holder === null
        ? `another process works with the state folder ${folder}`
        : `the state folder ${folder} is in use by stopgap ${holder.command} (process ${holder.pid}, since ${holder.since})`,
    hint: () =>
      'Nothing was written; that process goes on. Beside a daemon use plan, status, explain, log, allow and accept, or POST /hook to have it look at the source now.',
  }),
  STATE_NEWER: sort<{ file: string; version: number; known: number }>({
    disposition: 'crash',
    fault: 'operator',
    exit: 1,
    message: ({ file, version, known }) =>
      `${file} has version ${version}, this Stopgap knows versions up to ${known}`,
    hint: () => 'Nothing was changed. Use the newer Stopgap that wrote it, or another state folder.',
  }),
  STATE_CORRUPT: sort<{ file: string; what: string; remedy: string }>({
    disposition: 'crash',
    fault: 'environment',
    exit: 1,
    message: ({ file, what }) => `${file} cannot be used: ${what}`,
    hint: ({ remedy }) => `Nothing was changed. ${remedy}`,
  }),
  STATE_DISK: sort<{ path: string; what: string }>({
    disposition: 'retry',
    fault: 'environment',
    exit: 1,
    message: ({ path, what }) => `${path} could not be read or written: ${what}`,
    hint: () =>
      'What was written before is still there. Make room, or give the folder back to the user that runs Stopgap; it is tried again.',
  }),
  ID_UNKNOWN: sort<{ id: string }>({
    disposition: 'crash',
    fault: 'operator',
    exit: 3,
    message: ({ id }) => `no plan has the id ${id}`,
    hint: () =>
      'Nothing was written. Run plan or status again and take an id from there; ids change with what they name.',
  }),
}
