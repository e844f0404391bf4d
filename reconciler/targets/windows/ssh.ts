import { Socket } from 'node:net'
// Its functions are properties of the one thing that it exports, which is CommonJS.
import ssh2, {
  type AgentAuthMethod,
  type Algorithms,
  type ClientChannel,
  type ConnectConfig,
  type ParsedKey,
  type PublicKeyAuthMethod,
  type ServerHostKeyAlgorithm,
} from 'ssh2'
import { StopgapError } from '../../errors/error.ts'
import { errno } from '../../util/atomic.ts'
import { printable } from '../../util/words.ts'
import { REMOTE_COMMAND } from './bootstrap.ts'
import { channelOver } from './channel.ts'
import { type HostTrust, hostTrust } from './host-key.ts'
import { type Identity, identityOf } from './identity.ts'
import { fingerprintOf, hostName } from './known-hosts.ts'
import type { Channel, SshOptions, Transport } from './transport.ts'

/** How long things may take, in milliseconds. */
export interface SshLimits {
  /** From the first packet to a command that runs. */
  readonly connect: number
  /** Between questions whether the other side is still there; the connection is given up after three without an answer. */
  readonly keepAlive: number
}

const LIMITS: SshLimits = { connect: 20_000, keepAlive: 15_000 }
/** How long the other side has to say goodbye. */
const GOODBYE = 1_000

/** What each type of host key may sign with. SHA-1 is not among it. */
const SIGNATURES: readonly (readonly [type: string, ...with_: readonly ServerHostKeyAlgorithm[]])[] = [
  ['ssh-ed25519', 'ssh-ed25519'],
  ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp256'],
  ['ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp384'],
  ['ecdsa-sha2-nistp521', 'ecdsa-sha2-nistp521'],
  ['ssh-rsa', 'rsa-sha2-512', 'rsa-sha2-256'],
]

/**
 * PowerShell on another machine, by SSH: one connection with one command for each channel. The host key must be known
 * beforehand, and only a key lets us in. With a forced command the server starts that instead of what is asked for. Opening
 * throws SSH_HOST_KEY, SSH_KNOWN_HOSTS, SSH_KEY_UNUSABLE, SSH_KEY_REFUSED or SERVER_UNREACHABLE.
 */
export function sshTransport(options: SshOptions, limits: SshLimits = LIMITS): Transport {
  return {
    open: async (signal) => {
      signal.throwIfAborted()
      const trust = await hostTrust(options)
      const identity = await identityOf(options, privateKey)
      signal.throwIfAborted()
      return new Dialling(options, limits).open(trust, identity, signal)
    },
  }
}

/** One attempt to connect, and what was heard meanwhile. */
class Dialling {
  readonly #options: SshOptions
  readonly #limits: SshLimits
  readonly #client = new ssh2.Client()
  // Ours, since the library does not destroy one that it has ended: a server that never closes its half would keep it.
  readonly #socket = new Socket()
  /** Why the host key was not taken; the library says no more than that it was not. */
  #distrust: StopgapError | null = null
  #agent: Error | null = null
  #last: Error | null = null

  constructor(options: SshOptions, limits: SshLimits) {
    this.#options = options
    this.#limits = limits
  }

  async open(trust: HostTrust, identity: Identity<ParsedKey>, signal: AbortSignal): Promise<Channel> {
    const { promise: failed, reject } = Promise.withResolvers<never>()
    const limit = setTimeout(
      () => reject(this.#unreachable(`no session within ${this.#limits.connect / 1000} s`)),
      this.#limits.connect,
    )
    const stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    this.#client.on('error', (error) => this.#heard(error, identity, reject))
    this.#client.once('close', () => reject(this.#unreachable('it closed the connection')))
    try {
      return await Promise.race([failed, this.#begin(this.#config(trust, identity))])
    } catch (error) {
      this.#socket.destroy()
      throw error
    } finally {
      clearTimeout(limit)
      signal.removeEventListener('abort', stop)
    }
  }

  async #begin(config: ConnectConfig): Promise<Channel> {
    const { host, port } = this.#options
    // Otherwise each small line waits for the acknowledgement of the one before: 40 ms.
    this.#socket.connect({ host, port }).setNoDelay(true)
    await new Promise<void>((resolve) => {
      this.#client.once('ready', resolve).connect(config)
    })
    return this.#over(await this.#command())
  }

  #command(): Promise<ClientChannel> {
    const none = (error: Error) => {
      const remedy = 'See MaxSessions and the rights of this user in its sshd_config.'
      return this.#unreachable(`it starts no command: ${said(error)}`, remedy)
    }
    return new Promise((resolve, reject) => {
      this.#client.exec(REMOTE_COMMAND, (error, stream) => {
        if (error === undefined) resolve(stream)
        else reject(none(error))
      })
    })
  }

  #over(stream: ClientChannel): Channel {
    let exit: string | null = null
    stream.once('exit', (code: number | null, by?: string) => {
      exit = code === null ? `it was ended by SIG${printable(String(by))}` : `it ended with exit code ${code}`
    })
    const ended = new Promise<string>((over) => {
      // What was received last is still on its way to whoever reads it.
      const tell = () => setImmediate(() => over(exit ?? this.#lost()))
      this.#client.once('close', tell)
      stream.once('close', () => {
        tell()
        this.#hangUp()
      })
    })
    const kill = () => {
      // A server that hears it ends the program too; for one that does not, its input ends with the connection.
      if (stream.writable) stream.signal('KILL')
      this.#socket.destroy()
    }
    return channelOver({ stdin: stream, stdout: stream, stderr: stream.stderr, kill, ended })
  }

  #hangUp(): void {
    if (this.#socket.destroyed) return
    const timer = setTimeout(() => this.#socket.destroy(), GOODBYE)
    this.#socket.once('close', () => clearTimeout(timer))
    this.#client.end()
  }

  #config(trust: HostTrust, identity: Identity<ParsedKey>): ConnectConfig {
    const { user: username } = this.#options
    const proof: PublicKeyAuthMethod | AgentAuthMethod =
      identity.is === 'key'
        ? { type: 'publickey', username, key: identity.key }
        : { type: 'agent', username, agent: identity.path }
    return {
      sock: this.#socket,
      username,
      authHandler: [proof],
      hostVerifier: (key: Buffer) => {
        this.#distrust = trust.judge(key)
        return this.#distrust === null
      },
      algorithms: algorithms(trust.types),
      // One limit for all of it is ours.
      readyTimeout: 0,
      keepaliveInterval: this.#limits.keepAlive,
      keepaliveCountMax: 3,
    }
  }

  #heard(
    error: Error & { level?: string },
    identity: Identity<ParsedKey>,
    fail: (why: unknown) => void,
  ): void {
    // The next key of the agent is tried, or refusal follows.
    if (error.level === 'agent') {
      this.#agent = error
      return
    }
    this.#last = error
    if (this.#distrust !== null) fail(this.#distrust)
    else if (error.level === 'client-authentication') fail(this.#refused(identity))
    else fail(this.#unreachable(said(error), remedyFor(error)))
  }

  #refused(identity: Identity<ParsedKey>): StopgapError {
    const { server, user } = this.#options
    if (identity.is === 'agent' && this.#agent !== null) {
      const what = `the agent at ${identity.path} does not help: ${said(this.#agent)}`
      const remedy = 'See that it runs and has the key (ssh-add -l), or set identityFile.'
      return new StopgapError('SSH_KEY_UNUSABLE', { server, what, remedy })
    }
    const key =
      identity.is === 'key'
        ? `${identity.path} (${fingerprintOf(identity.key.getPublicSSH())})`
        : `any key of the agent at ${identity.path}`
    return new StopgapError('SSH_KEY_REFUSED', { server, host: hostName(this.#options), user, key })
  }

  #unreachable(why: string, remedy = 'See that sshd runs there and what lies between.'): StopgapError {
    const what = `${hostName(this.#options)}: ${why}`
    return new StopgapError('SERVER_UNREACHABLE', { server: this.#options.server, what, remedy })
  }

  #lost(): string {
    return this.#last === null ? 'the connection was closed' : `the connection was lost: ${said(this.#last)}`
  }
}

function privateKey(data: Buffer, passphrase?: string): ParsedKey | Error {
  // Its types do not say so, but a file of OpenSSH's own format comes as a list.
  const parsed: ParsedKey | Error | readonly ParsedKey[] = ssh2.utils.parseKey(data, passphrase)
  const key = Array.isArray(parsed) ? (parsed as readonly ParsedKey[])[0] : (parsed as ParsedKey | Error)
  if (key === undefined) return new Error('it holds no key')
  return key instanceof Error || key.isPrivateKey() ? key : new Error('it holds the public half')
}

function algorithms(known: ReadonlySet<string>): Algorithms {
  const first = SIGNATURES.filter(([type]) => known.has(type))
  const others = SIGNATURES.filter(([type]) => !known.has(type))
  return {
    serverHostKey: [...first, ...others].flatMap(([, ...names]) => names),
    hmac: [
      'hmac-sha2-256-etm@openssh.com',
      'hmac-sha2-512-etm@openssh.com',
      'hmac-sha2-256',
      'hmac-sha2-512',
    ],
    // A small packet must not become a large one in our memory.
    compress: ['none'],
  }
}

/** What a socket, the library or the server says, on one line and not more than that. */
function said(error: Error): string {
  return printable(errno(error) ?? error.message).slice(0, 200)
}

function remedyFor(error: Error & { level?: string }): string {
  switch (errno(error)) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'Check host and the resolver of this machine.'
    case 'ECONNREFUSED':
      return 'See that the service sshd runs there, and that host and port are right.'
    default:
      return error.level === 'handshake'
        ? 'Both sides must know one algorithm of each sort, without SHA-1; update OpenSSH there.'
        : 'See that sshd runs there and what lies between.'
  }
}
