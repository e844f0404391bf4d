import { sort } from './sort.ts'

/** Errors of the record that lies on a server. */
export const recordErrors = {
  RECORD_UNREADABLE: sort<{ server: string; why: string }>({
    disposition: 'retry',
    fault: 'environment',
    exit: 1,
    message: ({ server, why }) => `the record on ${server} cannot be read: ${why}`,
    hint: () =>
      'Nothing is written on this server without it. Make C:\\ProgramData\\Stopgap\\record.json readable again; the state folder has a copy.',
  }),
  RECORD_NEWER: sort<{ server: string; version: number; known: number }>({
    disposition: 'stall',
    fault: 'operator',
    exit: 1,
    message: ({ server, version, known }) =>
      `the record on ${server} has version ${version}; this Stopgap knows versions up to ${known}`,
    hint: () => 'Nothing is written on this server. Use the newer Stopgap that wrote it.',
  }),
  FACTS_UNKNOWN: sort<{ server: string; why: string }>({
    disposition: 'retry',
    fault: 'environment',
    exit: 1,
    message: ({ server, why }) => `${server} does not say what it is: ${why}`,
    hint: () => 'Nothing is written on this server. See that it can be reached and read.',
  }),
  SERVER_RESTLESS: sort<{ server: string }>({
    disposition: 'retry',
    fault: 'environment',
    exit: 1,
    message: ({ server }) => `the facts of ${server} changed again and again while it was looked at`,
    hint: () => 'Nothing further was written on this server; it is tried again.',
  }),
}
