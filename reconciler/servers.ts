import type { SchemaFault } from './formats/words.ts'

/** Where a server is and how to reach it. */
export type ServerConfig = EmbeddedServer | WindowsServer

/** A folder that behaves like a server. */
export interface EmbeddedServer {
  /** Null: what the server calls itself. */
  readonly name: string | null
  /** Absolute path of its folder. */
  readonly embedded: string
}

/** A real one, and the way there. */
export interface WindowsServer {
  readonly name: string
  readonly windows: LocalConfig | SshConfig
}

/** PowerShell of the machine that Stopgap runs on. */
export interface LocalConfig {
  readonly transport: 'local'
}

/** Paths are absolute. No passphrase stands here: only where it is to be found. */
export interface SshConfig {
  readonly transport: 'ssh'
  readonly host: string
  readonly port: number
  readonly user: string
  /** Null: the keys of the agent. */
  readonly identityFile: string | null
  readonly knownHostsFile: string | null
  readonly fingerprint: string | null
  readonly passphraseEnv: string | null
  readonly passphraseFile: string | null
}

/** One entry of `servers` in stopgap.yaml, once its schema holds. */
export interface WrittenServer {
  readonly name: string
  readonly embedded?: string
  readonly windows?: WrittenWindows
}

interface WrittenWindows extends Partial<Omit<SshConfig, 'transport'>> {
  readonly transport: 'local' | 'ssh'
}

const SSH_PORT = 22

/** Completes an entry without faults; `absolute` counts relative paths from the file. */
export function serverConfig(
  { name, embedded, windows }: WrittenServer,
  absolute: (path: string) => string,
): ServerConfig {
  if (windows === undefined) return { name, embedded: absolute(embedded ?? '') }
  if (windows.transport === 'local') return { name, windows: { transport: 'local' } }
  const path = (text: string | null | undefined) =>
    text === undefined || text === null ? null : absolute(text)
  const ssh: SshConfig = {
    transport: 'ssh',
    host: windows.host ?? '',
    port: windows.port ?? SSH_PORT,
    user: windows.user ?? '',
    identityFile: path(windows.identityFile),
    knownHostsFile: path(windows.knownHostsFile),
    fingerprint: windows.fingerprint ?? null,
    passphraseEnv: windows.passphraseEnv ?? null,
    passphraseFile: path(windows.passphraseFile),
  }
  return { name, windows: ssh }
}

/** What no schema can say in words that help. */
export function serverFaults(servers: readonly WrittenServer[]): readonly SchemaFault[] {
  const names = servers.map(({ name }) => name.toLowerCase())
  return servers.flatMap((server, index) => {
    const at = `/servers/${index}`
    const twice =
      names.indexOf(server.name.toLowerCase()) < index
        ? [fault(`${at}/name`, `the server ${server.name} is named twice. Name each server once`)]
        : []
    return [...twice, ...wayFaults(server, at), ...windowsFaults(server.windows, `${at}/windows`)]
  })
}

function wayFaults({ embedded, windows }: WrittenServer, at: string): readonly SchemaFault[] {
  if ((embedded === undefined) !== (windows === undefined)) return []
  return [
    fault(
      at,
      embedded === undefined
        ? "'embedded' or 'windows' is missing: a server is a folder (embedded: DIR) or a machine (windows: { transport: ... })"
        : 'a server is either embedded or windows. Leave out one of them',
    ),
  ]
}

function windowsFaults(windows: WrittenWindows | undefined, at: string): readonly SchemaFault[] {
  if (windows === undefined) return []
  const { transport, ...ssh } = windows
  if (transport === 'local') {
    return Object.keys(ssh).map((key) => fault(`${at}/${key}`, `transport local has no ${key}. Leave it out`))
  }
  const missing = (['host', 'user'] as const)
    .filter((key) => ssh[key] === undefined)
    .map((key) => fault(at, `'${key}' is missing: transport ssh needs it`))
  const found: SchemaFault[] = [...missing]
  if ((ssh.knownHostsFile === undefined) === (ssh.fingerprint === undefined)) {
    found.push(
      fault(
        at,
        'name either the knownHostsFile or the fingerprint of its host key: an unknown server is never spoken to',
      ),
    )
  }
  if (ssh.passphraseEnv !== undefined && ssh.passphraseFile !== undefined) {
    found.push(
      fault(`${at}/passphraseFile`, 'passphraseEnv or passphraseFile, not both. Leave out one of them'),
    )
  }
  const passphrase = ssh.passphraseEnv !== undefined || ssh.passphraseFile !== undefined
  if (passphrase && ssh.identityFile === undefined) {
    found.push(
      fault(
        at,
        'a passphrase is for an identityFile, and there is none. Name it, or leave the passphrase out',
      ),
    )
  }
  return found
}

function fault(pointer: string, message: string): SchemaFault {
  return { pointer, on: 'value', message }
}
