import { type ChildProcess, spawn } from 'node:child_process'
import { platform } from 'node:os'

/** What a child process needs of ours. */
export interface System {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Sends a signal; a negative id names a process group. Throws when there is none. */
  readonly kill: (pid: number, signal: 'SIGTERM' | 'SIGKILL') => void
}

export interface RunOptions {
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** Milliseconds, for the whole command. */
  readonly timeout: number
  /** Bytes of output beyond which the command is ended. */
  readonly maxOutput: number
  readonly input?: string
  /** Asked ten times a second; true ends the command. */
  readonly tooBig?: () => Promise<boolean>
  /** Hears the process group's id once it runs. */
  readonly started?: (pid: number) => void
}

export interface Ran {
  /** Null when it was ended or could not be started. */
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
  /** Why it was ended by us, or could not be started. */
  readonly ended: 'timeout' | 'oversized' | 'aborted' | 'no-git' | null
}

const WATCH_EVERY = 100
const GRACE = 1_000
const MAX_STDERR = 64_000

/**
 * Runs git in a process group of its own, with hard limits: git's helpers (the one that speaks https, ssh, the one that
 * unpacks) outlive a git that is killed alone. In a session of its own it has no terminal to ask at, either.
 */
export async function runGit(
  args: readonly string[],
  options: RunOptions,
  kill: System['kill'],
  signal: AbortSignal,
): Promise<Ran> {
  if (signal.aborted) return { code: null, stdout: Buffer.alloc(0), stderr: '', ended: 'aborted' }
  const child = spawn('git', [...args], {
    cwd: options.cwd,
    env: { ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: platform() !== 'win32',
    windowsHide: true,
  })
  if (child.pid !== undefined) options.started?.(child.pid)
  const running = new Running(child, kill)
  const stopWatching = limits(running, options, signal)
  try {
    return await outcome(child, running, options)
  } finally {
    stopWatching()
    running.over()
  }
}

/** Ends a process and all it started: asks first, so that locks are cleaned up, and insists a second later. */
class Running {
  ended: Ran['ended'] = null
  readonly #child: ChildProcess
  readonly #kill: System['kill']
  #insist: NodeJS.Timeout | undefined

  constructor(child: ChildProcess, kill: System['kill']) {
    this.#child = child
    this.#kill = kill
  }

  end(why: NonNullable<Ran['ended']>): void {
    if (this.ended !== null) return
    this.ended = why
    this.#send('SIGTERM')
    this.#insist = setTimeout(() => this.#send('SIGKILL'), GRACE)
  }

  over(): void {
    clearTimeout(this.#insist)
    // The group may hold a helper that took no notice of the end of its git.
    if (this.ended !== null) this.#send('SIGKILL')
  }

  #send(sent: 'SIGTERM' | 'SIGKILL'): void {
    const pid = this.#child.pid
    if (pid === undefined) return
    try {
      if (platform() === 'win32') spawn('taskkill', ['/PID', String(pid), '/T', '/F'], { stdio: 'ignore' })
      else this.#kill(-pid, sent)
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

function limits(running: Running, options: RunOptions, signal: AbortSignal): () => void {
  const aborted = () => running.end('aborted')
  signal.addEventListener('abort', aborted, { once: true })
  const timer = setTimeout(() => running.end('timeout'), options.timeout)
  const { tooBig } = options
  const watch =
    tooBig === undefined
      ? undefined
      : setInterval(() => void tooBig().then((big) => big && running.end('oversized')), WATCH_EVERY)
  return () => {
    signal.removeEventListener('abort', aborted)
    clearTimeout(timer)
    clearInterval(watch)
  }
}

function outcome(child: ChildProcess, running: Running, options: RunOptions): Promise<Ran> {
  const stdout: Buffer[] = []
  let size = 0
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > options.maxOutput) running.end('oversized')
    else stdout.push(chunk)
  })
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    if (stderr.length < MAX_STDERR) stderr += chunk
  })
  // A git that ends before it read all of its input is told by its exit code.
  child.stdin?.on('error', () => undefined).end(options.input ?? '')
  return new Promise((resolve) => {
    const done = (code: number | null) =>
      resolve({
        code: running.ended === null ? code : null,
        stdout: Buffer.concat(stdout),
        stderr,
        ended: running.ended,
      })
    child.on('close', done)
    // `close` waits for whoever holds the pipes, which may be a helper that got away.
    child.on('exit', (code) => running.ended !== null && setTimeout(() => done(code), GRACE / 2))
    child.on('error', (error) => {
      running.ended ??= 'no-git'
      stderr = error.message
      done(null)
    })
  })
}
