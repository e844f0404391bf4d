import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { SshOptions } from '../../reconciler/targets/windows/transport.ts'

const run = promisify(execFile)

// sshd starts itself again for each connection, and wants its whole path for that.
const SSHD = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  .map((folder) => join(folder, 'sshd'))
  .find((path) => existsSync(path))

/** Why there can be no sshd here; null: there can. */
export const noSshd =
  process.platform === 'win32' ? 'needs sshd of a Unix' : SSHD === undefined ? 'there is no sshd here' : null

/** Whoever is told what there is to end: a test, or a bench. */
export interface Owner {
  teardown(end: () => Promise<void>): void
}

export type KeyType = 'ed25519' | 'ecdsa' | 'rsa'

export interface SshServerOptions {
  /** What every login runs, whatever it asks for; null: what it asks for. */
  readonly forced: readonly string[] | null
  /** What `powershell.exe` is there, when that is asked for. */
  readonly powershell?: readonly string[]
  readonly hostKeys?: readonly KeyType[]
  /** Further lines of its configuration. */
  readonly config?: readonly string[]
}

export interface SshServer {
  readonly folder: string
  readonly port: number
  /** Lets its user in. */
  readonly identityFile: string
  /** Knows all its host keys by `[127.0.0.1]:port`. */
  readonly knownHostsFile: string
  readonly hostKeys: readonly {
    readonly type: KeyType
    readonly publicKey: string
    readonly fingerprint: string
  }[]
  /** How it is reached by key and known hosts. */
  readonly options: SshOptions
  /** What it logged so far. */
  log(): string
  /** Ends it, and every connection to it. */
  stop(): Promise<void>
  /** Starts it again, on the same port. */
  start(): Promise<void>
}

/** A key of OpenSSH without or with a passphrase; its public half is in PATH.pub. */
export async function makeKey(path: string, type: KeyType = 'ed25519', passphrase = ''): Promise<void> {
  await run('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', 'test', '-f', path])
}

/** A real sshd on 127.0.0.1 for the user who runs the tests, until the test ends. */
export async function sshServer(t: Owner, options: SshServerOptions): Promise<SshServer> {
  const folder = await temporaryFolder(t)
  const identityFile = join(folder, 'id')
  await makeKey(identityFile)
  const forced =
    options.forced === null ? '' : `command="${quoted(options.forced).replaceAll('"', '\\"')}",restrict `
  await writeFile(join(folder, 'authorized_keys'), forced + (await readFile(`${identityFile}.pub`, 'utf8')))
  const types = options.hostKeys ?? ['ed25519']
  for (const type of types) await makeKey(join(folder, `host_${type}`), type)
  if (options.powershell !== undefined) await program(join(folder, 'powershell.exe'), options.powershell)
  const port = await freePort()
  const lines = [
    `ListenAddress 127.0.0.1:${port}`,
    ...types.map((type) => `HostKey ${folder}/host_${type}`),
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    `PidFile ${folder}/pid`,
    `SetEnv PATH=${folder}:/usr/bin:/bin`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'MaxStartups 300:30:500',
    ...(options.config ?? []),
  ]
  await writeFile(join(folder, 'sshd_config'), `${lines.join('\n')}\n`)
  const daemon = await daemonIn(t, folder)
  const hostKeys = await Promise.all(types.map((type) => hostKey(folder, type)))
  const knownHostsFile = join(folder, 'known_hosts')
  await writeFile(
    knownHostsFile,
    hostKeys.map(({ publicKey }) => `[127.0.0.1]:${port} ${publicKey}\n`).join(''),
  )
  const server = { folder, port, identityFile, knownHostsFile, hostKeys, ...daemon }
  return { ...server, options: optionsFor(server) }
}

/** Reaching it by key and known hosts, at its own port or at another in front of it. */
export function optionsFor(
  { port, identityFile, knownHostsFile }: Pick<SshServer, 'port' | 'identityFile' | 'knownHostsFile'>,
  changes: Partial<SshOptions> = {},
): SshOptions {
  return {
    server: 'ex01',
    host: '127.0.0.1',
    port,
    user: userInfo().username,
    identityFile,
    passphrase: null,
    agent: null,
    knownHostsFile,
    fingerprint: null,
    ...changes,
  }
}

async function temporaryFolder(t: Owner): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stopgap-ssh-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function hostKey(folder: string, type: KeyType): Promise<SshServer['hostKeys'][number]> {
  const path = join(folder, `host_${type}.pub`)
  const publicKey = (await readFile(path, 'utf8')).trim()
  const { stdout } = await run('ssh-keygen', ['-lf', path])
  return { type, publicKey, fingerprint: stdout.split(' ')[1] ?? '' }
}

/** Starts it, and again whenever it is told to; the log is that of all of them. */
async function daemonIn(t: Owner, folder: string): Promise<Pick<SshServer, 'log' | 'start' | 'stop'>> {
  // Run by root it wants its own empty folder; containers do not have it before the service ran once.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true })
  let log = ''
  let child: ChildProcess | null = null
  const start = async () => {
    const from = log.length
    const one = spawn(SSHD ?? 'sshd', ['-D', '-e', '-f', join(folder, 'sshd_config')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child = one
    one.stderr.on('data', (bytes: Buffer) => {
      log += bytes
    })
    for (let tries = 0; !log.slice(from).includes('Server listening'); tries += 1) {
      if (tries === 400 || one.exitCode !== null) throw new Error(`sshd does not start: ${log}`)
      await sleep(25)
    }
  }
  const stop = async () => {
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit')
      await killTree(child.pid)
      await ended
    }
  }
  t.teardown(stop)
  await start()
  return { log: () => log, start, stop }
}

// Each connection has processes of its own, which outlive the daemon.
async function killTree(root: number): Promise<void> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid='])
  const parents = stdout.split('\n').map((line) => line.trim().split(/ +/).map(Number))
  const family = [root]
  for (const one of family) family.push(...parents.flatMap(([pid = 0, of]) => (of === one ? [pid] : [])))
  for (const pid of family) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It is gone already.
    }
  }
}

async function program(path: string, command: readonly string[]): Promise<void> {
  await writeFile(path, `#!/bin/sh\nprintf '%s\\n' "$*" > "$0.asked"\nexec ${quoted(command)} "$@"\n`)
  await chmod(path, 0o755)
}

function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
}

/** A port of 127.0.0.1 on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** What lies between: passes everything on until told otherwise. */
export interface Wire {
  readonly port: number
  /** Breaks every connection. */
  cut(): void
  /** Passes nothing on any more, of the connections that are there, and says nothing. */
  freeze(): void
  /** The same for answers only. */
  freezeAnswers(): void
}

/** A wire to a port of 127.0.0.1, until the test ends. */
export async function wireTo(t: Owner, port: number): Promise<Wire> {
  const sockets = new Set<Socket>()
  const answering = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    answering.add(far)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.pipe(to)
      from.on('error', () => undefined).on('close', () => to.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy()
    sockets.clear()
  }
  t.teardown(() => {
    cut()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  })
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    freeze: () => {
      for (const socket of sockets) socket.unpipe().pause()
    },
    freezeAnswers: () => {
      for (const socket of answering) socket.unpipe().pause()
    },
  }
}

/** Takes connections on 127.0.0.1, says this and nothing else, until the test ends. */
export async function silentServer(t: Owner, greeting: string): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).write(greeting, 'latin1')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  })
  return (server.address() as AddressInfo).port
}

/** A real ssh-agent without keys, until the test ends. */
export async function sshAgent(t: Owner): Promise<{
  readonly socket: string
  add(identityFile: string): Promise<void>
  stop(): Promise<void>
}> {
  const socket = join(await temporaryFolder(t), 'agent')
  const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] })
  await once(child.stdout, 'data')
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill()
    await ended
  }
  t.teardown(stop)
  const add = async (identityFile: string) => {
    await run('ssh-add', ['-q', identityFile], { env: { ...process.env, SSH_AUTH_SOCK: socket } })
  }
  return { socket, add, stop }
}
