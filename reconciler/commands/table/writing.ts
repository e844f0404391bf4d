import { COMMON, FILTERED, type Flag, type Row } from './row.ts'

const LISTEN: Flag = {
  flags: '--listen <host:port>',
  description: 'address of the HTTP endpoints; port 0 takes a free one',
}

/** What writes: on servers, or what an operator decided. */
export const WRITING: readonly Row[] = [
  {
    usage: 'apply',
    description: 'converge once; on a terminal it shows the plan and asks',
    flags: [
      ...FILTERED,
      { flags: '-y, --yes', description: 'do not ask' },
      {
        flags: '--plan <id>',
        description: 'exactly the plan with this id (of a server, or of the whole run), or nothing',
      },
      {
        flags: '--take-over <server>',
        description: 'take over a server whose record belongs to another instance',
        repeatable: true,
      },
    ],
    run: async (_args, given, console) => (await import('../apply.ts')).apply(given, console),
  },
  {
    usage: 'run',
    description: 'the daemon: watches the source, converges, serves HTTP',
    flags: [...COMMON, LISTEN],
    run: async (_args, given, console) => (await import('../run.ts')).run(given, console),
  },
  {
    usage: 'demo',
    description: 'all of it at once on this machine, in a folder of its own',
    flags: [{ flags: '--dir <dir>', description: 'the folder', otherwise: 'stopgap-demo' }, LISTEN],
    run: async (_args, given, console) => (await import('../demo.ts')).demo(given, console),
  },
  {
    usage: 'allow <id>',
    description:
      'release what a plan holds (limit, unprotects, expired, fight, rollout); works beside the daemon',
    flags: COMMON,
    run: async ([id = ''], given, console) => (await import('../allow.ts')).allow(id, given, console),
  },
  {
    usage: 'accept <revision>',
    description: 'take a revision although history was rewound; works beside the daemon',
    flags: COMMON,
    run: async ([revision = ''], given, console) =>
      (await import('../accept.ts')).accept(revision, given, console),
  },
]
