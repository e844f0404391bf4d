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
}
