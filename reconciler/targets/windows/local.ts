import { spawn } from 'node:child_process'
import { StopgapError } from '../../errors/error.ts'
import { errno } from '../../util/atomic.ts'
import { POWERSHELL_ARGUMENTS } from './bootstrap.ts'
import { channelOver } from './channel.ts'
import type { Channel, Transport } from './transport.ts'

/** How long what a program wrote last may take to arrive once it is gone. */
const LINGERING = 1_000

export interface LocalOptions {
  /** The configured name of the server, for messages. */
  readonly server: string
  /** As Node names it. */
  readonly platform: string
  /** The folder of Windows: %windir%. */
  readonly windir: string | undefined
}

/** Windows PowerShell of this machine, as a child process: for a Stopgap that runs on the server itself. */
export function localTransport({ server, platform, windir = 'C:\\Windows' }: LocalOptions): Transport {
  if (platform !== 'win32') {
    return { open: () => Promise.reject(new StopgapError('LOCAL_NEEDS_WINDOWS', { server, platform })) }
  }
  // Never by the PATH: there it may be another one, and with SysWOW64 in front one that sees another registry.
  const powershell = `${windir}\\System32\\WindowsPowerShell\\v1.0\\powershell.exe`
  return processTransport(server, [powershell, ...POWERSHELL_ARGUMENTS])
}

/** A program of this machine (path and arguments) that speaks the protocol. Its environment is ours. */
export function processTransport(server: string, [file = '', ...args]: readonly string[]): Transport {
  return {
    open: (signal) =>
      new Promise<Channel>((resolve, reject) => {
        signal.throwIfAborted()
        const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true })
        const ended = new Promise<string>((over) => {
          child.on('close', (code, by) =>
            over(by === null ? `it ended with exit code ${code}` : `it was ended by ${by}`),
          )
        })
        child.on('exit', () => {
          // What it started may still hold its pipes, and nobody waits for that.
          const { stdout, stderr } = child
          setTimeout(() => [stdout, stderr].forEach((stream) => void stream.destroy()), LINGERING).unref()
        })
        child.once('error', (error) => {
          const what = `${file} cannot be started: ${errno(error) ?? error.message}`
          const remedy = 'See that it is there and that this user may run it.'
          reject(new StopgapError('SERVER_UNREACHABLE', { server, what, remedy }))
        })
        child.once('spawn', () => {
          const { stdin, stdout, stderr } = child
          resolve(channelOver({ stdin, stdout, stderr, ended, kill: () => void child.kill('SIGKILL') }))
        })
      }),
  }
}
