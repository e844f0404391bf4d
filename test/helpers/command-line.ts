import { type ChildProcess, spawn } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'

const LAUNCHER = fileURLToPath(new URL('../../bin/stopgap.js', import.meta.url))

/** What a process said, and how it ended. `code` is null where a signal ended it. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** A command that starts ours, such as strace with its arguments. */
  readonly under?: readonly string[]
  /** Kill it with SIGKILL after so many milliseconds. */
  readonly killAfter?: number
}

/** Runs the real command line in a process of its own, and waits for its end. */
export async function stopgap(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const child = begun(args, options)
  const timer =
    options.killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), options.killAfter)
  const ended = await endOf(child)
  clearTimeout(timer)
  return ended
}

/** A daemon of the real command line. */
export interface Daemon {
  readonly url: string
  /** What it has logged so far. */
  log(): string
  metrics(): Promise<string>
  /** The value of one series; null where there is none. */
  metric(series: string): Promise<number | null>
  // biome-ignore lint/suspicious/noExplicitAny: the published JSON, of which each test looks at a part
  status(): Promise<any>
  /** Sends a signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<Ended>
}

/** Starts `run` on a free port and waits until it listens; it is ended with the test at the latest. */
export async function daemon(
  t: ExecutionContext,
  args: readonly string[],
  state: string,
  options: RunOptions = {},
): Promise<Daemon> {
  // One that was killed leaves its address behind.
  await rm(join(state, 'http.json'), { force: true })
  const child = begun(['run', '--listen', '127.0.0.1:0', '--state', state, ...args], options)
  t.teardown(() => child.kill('SIGKILL'))
  let log = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk
  })
  const ended = endOf(child)
  const url = await Promise.race([
    addressIn(join(state, 'http.json'), child),
    ended.then(({ code, err }) => Promise.reject(new Error(`the daemon ended with ${code}: ${err}`))),
  ])
  const text = async (path: string) => (await fetch(`${url}${path}`)).text()
  return {
    url,
    log: () => log,
    metrics: () => text('/metrics'),
    metric: async (series) => valueIn(await text('/metrics'), series),
    status: async () => JSON.parse(await text('/status')),
    end: (signal = 'SIGTERM') => {
      child.kill(signal)
      return ended
    },
  }
}

/** Waits until it is so; fails the test with what is so instead. */
export async function until<T>(
  t: ExecutionContext,
  look: () => Promise<T>,
  isSo: (value: T) => boolean,
  patience = 60_000,
): Promise<T> {
  const end = performance.now() + patience
  let seen = await look()
  while (!isSo(seen)) {
    if (performance.now() > end) {
      t.fail(`it never came; what there is: ${JSON.stringify(seen)}`)
      throw new Error('it never came')
    }
    await sleep(50)
    seen = await look()
  }
  return seen
}

/** The value of a series, written as Prometheus writes it. */
export function valueIn(metrics: string, series: string): number | null {
  const line = metrics.split('\n').find((one) => one.startsWith(`${series} `))
  return line === undefined ? null : Number(line.slice(series.length + 1))
}

/** Starts the real command line and does not wait for it; it is for the caller to end it. */
export function begun(args: readonly string[], { cwd, env, under = [] }: RunOptions): ChildProcess {
  const [command = process.execPath, ...rest] = [...under, process.execPath, LAUNCHER, ...args]
  return spawn(command, rest, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function endOf(child: ChildProcess): Promise<Ended> {
  let out = ''
  let err = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    out += chunk
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    err += chunk
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, out, err }))
  })
}

async function addressIn(file: string, child: ChildProcess): Promise<string> {
  while (child.exitCode === null && child.signalCode === null) {
    const text = await readFile(file, 'utf8').catch(() => '')
    if (text !== '') return (JSON.parse(text) as { url: string }).url
    await sleep(20)
  }
  throw new Error('the daemon ended before it listened')
}
