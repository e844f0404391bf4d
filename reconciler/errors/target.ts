import { sort } from './sort.ts'

// A server that cannot be read is never written to, whatever the reason.
const UNTOUCHED = 'Nothing was written on this server; other servers go on.'

/** Errors of the target. */
export const targetErrors = {
  SERVER_MISSING: sort<{ server: string; path: string }>({
    disposition: 'retry',
    fault: 'environment',
    exit: 1,
    message: ({ server, path }) => `server ${server}: there is no ${path}`,
    hint: () =>
      `${UNTOUCHED} Check the path of the server in the configuration, or make one with \`stopgap server create\`.`,
  }),
  SERVER_UNREADABLE: sort<{ server: string; path: string; detail: string }>({
    disposition: 'retry',
    fault: 'environment',
    exit: 1,
    message: ({ server, path, detail }) => `server ${server}: ${path} cannot be read: ${detail}`,
    hint: () => `${UNTOUCHED} Check that the file is one, and that this user may read it.`,
  }),
  SERVER_MALFORMED: sort<{ server: string; path: string; position: string | null; detail: string }>({
    disposition: 'stall',
    fault: 'operator',
    exit: 1,
    message: ({ server, path, position, detail }) =>
      `server ${server}: ${path}${position === null ? '' : `:${position}`}: ${detail}`,
    hint: () => `${UNTOUCHED} Correct the file; it is looked at again when it changes.`,
  }),
}
