import { sort } from './sort.ts'

/** Errors of arguments and configuration, and our own bugs. */
export const commandErrors = {
  BUG: sort<{ detail: string }>({
    disposition: 'crash',
    fault: 'us',
    exit: 70,
    message: ({ detail }) => `this is a bug in Stopgap: ${detail}`,
    hint: () => 'Nothing further was written. Please report it with the log lines around it.',
  }),
  ARGUMENT_INVALID: sort<{ what: string; remedy: string }>({
    disposition: 'crash',
    fault: 'operator',
    exit: 3,
    message: ({ what }) => what,
    hint: ({ remedy }) => remedy,
  }),
  CONFIG_INVALID: sort<{ file: string; what: string; remedy: string }>({
    disposition: 'crash',
    fault: 'operator',
    exit: 3,
    message: ({ file, what }) => `${file}: ${what}`,
    hint: ({ remedy }) => remedy,
  }),
  PLAN_MOVED: sort<{ server: string; asked: string; found: string }>({
    disposition: 'stall',
    fault: 'operator',
    exit: 3,
    message: ({ server, asked, found }) => `${server} has the plan ${found} now, not ${asked}`,
    hint: () => 'Nothing was written there. Look at the new plan with stopgap plan, and name its id.',
  }),
  PLAN_UNKNOWN: sort<{ id: string }>({
    disposition: 'stall',
    fault: 'operator',
    exit: 3,
    message: ({ id }) => `no server has a plan with the id ${id} now`,
    hint: () =>
      'Nothing was written. Something moved since, or the filters differ: look at stopgap plan again.',
  }),
  LISTEN_FAILED: sort<{ what: string }>({
    disposition: 'crash',
    fault: 'environment',
    exit: 1,
    message: ({ what }) => what,
    hint: () =>
      'Nothing was written. Choose another address with --listen or listen in stopgap.yaml; port 0 takes a free one.',
  }),
  DISK_FAILED: sort<{ path: string; what: string }>({
    disposition: 'retry',
    fault: 'environment',
    exit: 1,
    message: ({ path, what }) => `${path} could not be read or written: ${what}`,
    hint: () => 'Nothing further was done. Give this user the right to it, or make room, and try again.',
  }),
  REPORT_UNWRITABLE: sort<{ path: string; detail: string }>({
    disposition: 'crash',
    fault: 'environment',
    exit: 1,
    message: ({ path, detail }) => `the report ${path} cannot be written: ${detail}`,
    hint: () =>
      'Everything was tried, and nothing else was written. Name a file in a folder that exists and can be written to.',
  }),
  SERVICE_FAILED: sort<{ what: string; remedy: string }>({
    disposition: 'crash',
    fault: 'environment',
    exit: 1,
    message: ({ what }) => `the service: ${what}`,
    hint: ({ remedy }) => remedy,
  }),
  SERVICE_FOREIGN: sort<{ what: string }>({
    disposition: 'crash',
    fault: 'operator',
    exit: 3,
    message: ({ what }) => what,
    hint: () => 'Nothing was changed. Move it away, if it is not needed.',
  }),
  SERVICE_NEEDS_WRAPPER: sort<{ path: string }>({
    disposition: 'crash',
    fault: 'environment',
    exit: 1,
    message: ({ path }) => `there is no ${path}, which speaks to the service control manager`,
    hint: () =>
      'Nothing was changed. Install Stopgap by its MSI, or unpack the files of the release together.',
  }),
  DEMO_GIT_FAILED: sort<{ command: string; detail: string }>({
    disposition: 'crash',
    fault: 'environment',
    exit: 1,
    message: ({ command, detail }) => `the demo cannot make its repository, git ${command}: ${detail}`,
    hint: () =>
      'Nothing was started. Check that git 2.28 or later is installed and that the folder can be written to.',
  }),
}
