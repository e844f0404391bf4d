import { StopgapError } from './errors/error.ts'
import type { Target } from './model/target.ts'
import type { LocalConfig, ServerConfig, SshConfig } from './servers.ts'
import { embeddedName } from './targets/embedded/name.ts'
import { embeddedTarget } from './targets/embedded/target.ts'
import { localTransport } from './targets/windows/local.ts'
import { windowsTarget } from './targets/windows/target.ts'
import type { Transport } from './targets/windows/transport.ts'

/** What reaching a server takes of the machine that we are on. */
export interface ReachSystem {
  readonly env: Readonly<Record<string, string | undefined>>
  /** As Node names it: linux, win32. */
  readonly platform: string
  /** The text of a file. Throws as the file system does. */
  readonly readText: (path: string) => Promise<string>
}

/** The name that is configured; an embedded server that has none is called what it calls itself. */
export function nameOf(server: ServerConfig): string {
  return 'embedded' in server ? (server.name ?? embeddedName(server.embedded)) : server.name
}

/** The way to a server. Nothing is opened before the first look. */
export function targetOf(server: ServerConfig, system: ReachSystem): Target {
  const name = nameOf(server)
  if ('embedded' in server) return embeddedTarget({ name, dir: server.embedded })
  const { windows } = server
  const transport = transportOf(name, windows, system)
  return windowsTarget({ name, transport, notes: windows.transport === 'local' })
}

function transportOf(server: string, windows: LocalConfig | SshConfig, system: ReachSystem): Transport {
  const { platform, env } = system
  if (windows.transport === 'local') return localTransport({ server, platform, windir: env['windir'] })
  const { transport: _, passphraseEnv, passphraseFile, ...address } = windows
  const agent = platform === 'win32' ? '\\\\.\\pipe\\openssh-ssh-agent' : (env['SSH_AUTH_SOCK'] ?? null)
  const passphrase =
    passphraseEnv === null && passphraseFile === null ? null : () => passphraseOf(server, windows, system)
  return whenUsed(async () => {
    // It brings a whole SSH implementation along, which only those who use it should wait for.
    const { sshTransport } = await import('./targets/windows/ssh.ts')
    return sshTransport({ ...address, server, agent, passphrase })
  })
}

/** Throws CONFIG_INVALID: without it nobody gets in, and nothing is asked on a terminal. */
async function passphraseOf(
  server: string,
  { passphraseEnv, passphraseFile }: SshConfig,
  { env, readText }: ReachSystem,
): Promise<string> {
  const unset = (what: string, remedy: string) =>
    new StopgapError('CONFIG_INVALID', { file: `server ${server}`, what, remedy })
  if (passphraseEnv !== null) {
    const value = env[passphraseEnv]
    if (value !== undefined) return value
    throw unset(`the environment has no ${passphraseEnv}`, 'Set it where Stopgap is started.')
  }
  try {
    return (await readText(passphraseFile ?? '')).replace(/\r?\n$/, '')
  } catch (error) {
    const what = `the passphrase cannot be read: ${error instanceof Error ? error.message : String(error)}`
    throw unset(what, 'See that the file is there and that this user may read it.')
  }
}

function whenUsed(make: () => Promise<Transport>): Transport {
  let made: Promise<Transport> | undefined
  return {
    open: async (signal) => {
      made ??= make()
      return (await made).open(signal)
    },
  }
}
