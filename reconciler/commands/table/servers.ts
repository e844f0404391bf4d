import { type Flag, JSON_FLAG, type Row } from './row.ts'

const EXCHANGE: Flag = {
  flags: '--exchange <build>',
  description: 'its Exchange build, such as 15.2.1118.7',
  required: true,
}

/** Embedded servers. */
export const SERVERS: readonly Row[] = [
  {
    usage: 'server create <dir>',
    description: 'make an embedded server',
    flags: [
      { flags: '--name <name>', description: 'its name (default: that of the folder)' },
      EXCHANGE,
      {
        flags: '--role <role>',
        description: 'Mailbox (default), ClientAccess or EdgeTransport; repeatable',
        repeatable: true,
      },
      { flags: '--without <part>', description: 'url-rewrite; repeatable', repeatable: true },
      {
        flags: '--with <part>',
        description: 'eems-m1, eems-m2, second-site, shared-config, foreign-rules; repeatable',
        repeatable: true,
      },
      JSON_FLAG,
    ],
    run: async ([dir = ''], given, console) => {
      const { create, createOptions } = await import('../server.ts')
      return create(createOptions(dir, given), given, console)
    },
  },
  {
    usage: 'server update <dir>',
    description: 'as an Exchange update would',
    flags: [
      { flags: '--exchange <build>', description: 'the build that is installed' },
      { flags: '--cu', description: 'a cumulative update: every web.config of Exchange is written anew' },
      { flags: '--during', description: 'leave Setup running' },
      JSON_FLAG,
    ],
    run: async ([dir = ''], given, console) => (await import('../server.ts')).update(dir, given, console),
  },
  {
    usage: 'server serve <dir>',
    description:
      "answer HTTP as the server's configuration would, on this machine only; prints an access log",
    flags: [
      {
        flags: '--listen <host:port>',
        description: 'a loopback address; port 0 takes a free one',
        otherwise: '127.0.0.1:8080',
      },
      { flags: '--json', description: 'print the address and each request as a line of JSON' },
    ],
    run: async ([dir = ''], given, console) => (await import('../serve.ts')).serve(dir, given, console),
  },
]
