import { JSON_FLAG, MITIGATION, type Row } from './row.ts'

/** What tries policy without any server. */
export const TRYING: readonly Row[] = [
  {
    usage: 'validate [dir]',
    description: 'check a policy folder (default: the current one); lists every fault and warning',
    flags: [JSON_FLAG],
    run: async ([dir = '.'], given, console) =>
      (await import('../validate.ts')).validate(dir, given, console),
  },
  {
    usage: 'test [dir]',
    description: 'run the request tests of mitigations, and every rule against ordinary Exchange traffic',
    flags: [
      MITIGATION,
      { flags: '--junit <file>', description: 'write the results as JUnit does' },
      { flags: '--sarif <file>', description: 'write what failed for a code review, as SARIF' },
      JSON_FLAG,
    ],
    run: async ([dir = '.'], given, console) => (await import('../test.ts')).test(dir, given, console),
  },
  {
    usage: 'lint [dir]',
    description: 'what a reviewer cannot see: ways around rules, certain outages, rules without effect',
    flags: [
      MITIGATION,
      { flags: '--sarif <file>', description: 'write the findings for a code review, as SARIF' },
      JSON_FLAG,
    ],
    run: async ([dir = '.'], given, console) => (await import('../lint.ts')).lint(dir, given, console),
  },
  {
    usage: 'request [method] [url]',
    description: 'try a request against a configuration: which rules match, and what happens',
    flags: [
      { flags: '-H, --header <header>', description: "'Name: value'; repeatable", repeatable: true },
      { ...MITIGATION, description: 'with this mitigation on it; repeatable' },
      {
        flags: '--source <dir>',
        description: 'the folder that has the mitigation (default: this one, else the shipped)',
      },
      {
        flags: '--server <dir>',
        description: 'an embedded server as it is; without it, a fresh Exchange server',
      },
      { flags: '--config <file>', description: 'with this file as a web.config' },
      {
        flags: '--at <path>',
        description: 'the site path whose web.config it is (default: Default Web Site)',
      },
      {
        flags: '--batch',
        description: 'one request with its configuration a line, as JSON; one answer a line',
      },
      JSON_FLAG,
    ],
    run: async (args, given, console) => {
      const words = args.filter((word) => word !== undefined)
      return (await import('../request.ts')).request(words, given, console)
    },
  },
]
