import { JSON_FLAG, type Row } from './row.ts'

/** The daemon as a service of the machine. */
export const SERVICE: readonly Row[] = [
  {
    usage: 'service install',
    description: 'make a service of the daemon (systemd, or a service of Windows), and say how to start it',
    flags: [
      { flags: '--config <file>', description: 'its configuration (default: ./stopgap.yaml)' },
      JSON_FLAG,
    ],
    run: async (_args, given, console) => (await import('../service.ts')).install(given, console),
  },
  {
    usage: 'service uninstall',
    description: 'remove that service; what it applied stays, and so does its state',
    flags: [JSON_FLAG],
    run: async (_args, given, console) => (await import('../service.ts')).uninstall(given, console),
  },
]
