import { sort } from './sort.ts'

// A server that cannot be read is never written to, whatever the reason.
export const UNTOUCHED = 'Nothing was written on this server; other servers go on.'

// What a server was told last may have been done in part: the record of the intent is there, and nothing is assumed.
const UNCERTAIN =
  'What was done of it is not known and nothing is assumed: the next pass looks again and goes on from there. Other servers go on.'

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
  SERVER_UNREACHABLE: sort<{ server: string; what: string; remedy: string }>({
    disposition: 'retry',
    fault: 'environment',
    exit: 1,
    message: ({ server, what }) => `server ${server} cannot be reached: ${what}`,
    hint: ({ remedy }) => `${UNTOUCHED} ${remedy} It is tried again.`,
  }),
  LOCAL_NEEDS_WINDOWS: sort<{ server: string; platform: string }>({
    disposition: 'stall',
    fault: 'operator',
    exit: 1,
    message: ({ server, platform }) =>
      `server ${server}: transport local is for a Stopgap that runs on that Windows server, and this is ${platform}`,
    hint: () => `${UNTOUCHED} Reach it from here by transport: ssh, or run Stopgap on the server itself.`,
  }),
  SESSION_LOST: sort<{ server: string; asked: string; what: string }>({
    disposition: 'retry',
    fault: 'environment',
    exit: 1,
    message: ({ server, asked, what }) => `server ${server}: the session was lost during ${asked}: ${what}`,
    hint: ({ asked }) => (asked === 'act' ? UNCERTAIN : `${UNTOUCHED} The next pass opens another session.`),
  }),
  ANSWER_INVALID: sort<{ server: string; asked: string; what: string }>({
    disposition: 'retry',
    fault: 'environment',
    exit: 1,
    message: ({ server, asked, what }) => `server ${server}: the answer to ${asked} is none: ${what}`,
    hint: ({ asked }) =>
      `${asked === 'act' ? UNCERTAIN : UNTOUCHED} See that nothing else writes to the output of powershell.exe there: a profile, a forced command, a banner.`,
  }),
  AGENT_VERSION: sort<{ server: string; protocol: number; known: number }>({
    disposition: 'stall',
    fault: 'operator',
    exit: 1,
    message: ({ server, protocol, known }) =>
      `server ${server}: the program there speaks protocol ${protocol}, this Stopgap speaks ${known}`,
    hint: () => `${UNTOUCHED} A forced command must start the program that comes with this Stopgap.`,
  }),
  AGENT_REFUSED: sort<{ server: string; what: string }>({
    disposition: 'stall',
    fault: 'operator',
    exit: 1,
    message: ({ server, what }) => `server ${server}: nothing can be done there: ${what}`,
    hint: () => `${UNTOUCHED} Remove the reason; it is looked at again later, and by POST /hook at once.`,
  }),
  AGENT_FAILED: sort<{ server: string; asked: string; what: string }>({
    disposition: 'retry',
    fault: 'environment',
    exit: 1,
    message: ({ server, asked, what }) => `server ${server}: ${asked} failed there: ${what}`,
    hint: ({ asked }) => (asked === 'act' ? UNCERTAIN : `${UNTOUCHED} It is tried again.`),
  }),
  EVENT_LOG_REFUSED: sort<{ server: string; what: string }>({
    disposition: 'stall',
    fault: 'operator',
    exit: 1,
    message: ({ server, what }) => `server ${server}: its event log takes no lines: ${what}`,
    hint: () =>
      'Everything else goes on, and the log of the daemon has the same lines. The MSI registers the source; by hand, as administrator: New-EventLog -LogName Application -Source Stopgap',
  }),
}
