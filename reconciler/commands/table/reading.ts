import { COMMON, FILTERED, ONLY, type Row } from './row.ts'

/** What looks at servers and records, and writes nothing there. */
export const READING: readonly Row[] = [
  {
    usage: 'plan',
    description: 'what would change on each server and why; writes nothing there',
    flags: FILTERED,
    run: async (_args, given, console) => (await import('../plan.ts')).plan(given, console),
  },
  {
    usage: 'status',
    description: 'what the last pass found, and how old that is; touches neither source nor servers',
    flags: [
      ...FILTERED,
      { flags: '--csv', description: 'print Server,ID,Type,Description,Status as Get-Mitigations.ps1 does' },
    ],
    run: async (_args, given, console) => (await import('../status.ts')).status(given, console),
  },
  {
    usage: 'explain <server> <mitigation>',
    description: 'the whole decision: each question with its answer, file and line',
    flags: COMMON,
    run: async ([server = '', mitigation = ''], given, console) =>
      (await import('../explain.ts')).explain(server, mitigation, given, console),
  },
  {
    usage: 'doctor',
    description: 'check servers, rights, versions and source, and say what to do; changes nothing',
    flags: [...COMMON, ONLY],
    run: async (_args, given, console) => (await import('../doctor.ts')).doctor(given, console),
  },
  {
    usage: 'log',
    description: 'the journal in words',
    flags: [
      ...FILTERED,
      { flags: '--since <time>', description: 'only what happened in this time, such as 12h' },
    ],
    run: async (_args, given, console) => (await import('../log.ts')).log(given, console),
  },
]
