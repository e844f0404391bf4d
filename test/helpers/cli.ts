import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { devNull } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'

/** The launcher, as a user starts it. */
export const LAUNCHER = fileURLToPath(new URL('../../bin/stopgap.js', import.meta.url))

/** Nothing of whoever runs the tests: no git identity, no colours, and `node` is the one that runs this. */
const environment = {
  ...process.env,
  PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
  GIT_CONFIG_GLOBAL: devNull,
  GIT_CONFIG_NOSYSTEM: '1',
  NO_COLOR: '1',
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A process that is under way, with what it has printed so far. */
export class Running {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<Ended>
  stdout = ''
  stderr = ''

  constructor(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(command, [...args], { cwd, env: { ...environment, ...env } })
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
    })
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr }))
    })
  }

  /** Sends Ctrl-C, and says how it ended and after how many milliseconds. */
  async interrupt(): Promise<Ended & { readonly milliseconds: number }> {
    const started = performance.now()
    this.child.kill('SIGINT')
    const ended = await this.ended
    return { ...ended, milliseconds: performance.now() - started }
  }
}

/** Starts the CLI; it is gone when the test ends, whatever happened. */
export function startCli(
  t: Pick<ExecutionContext, 'teardown'> | null,
  cwd: string,
  ...args: string[]
): Running {
  const running = new Running(process.execPath, [LAUNCHER, ...args], cwd)
  t?.teardown(async () => {
    running.child.kill('SIGKILL')
    await running.ended
  })
  return running
}

/** Runs the CLI to its end. */
export function cli(cwd: string, ...args: string[]): Promise<Ended> {
  return new Running(process.execPath, [LAUNCHER, ...args], cwd).ended
}

/** What somebody pastes into a shell; stops at the first command that fails. */
export function paste(cwd: string, commands: string): Promise<Ended> {
  return new Running('sh', ['-ec', commands], cwd).ended
}

/** Asks again and again until the answer is neither undefined, null nor false. Fails with what it last saw. */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  { within = 60_000, seen = () => '' }: { readonly within?: number; readonly seen?: () => string } = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + within
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== null && answer !== false) return answer
    if (performance.now() > deadline) throw new Error(`not within ${within} ms: ${what}\n${seen()}`)
    await wait(40)
  }
}

/** The address of the daemon that works with this state folder. */
export async function addressIn(state: string, seen: () => string): Promise<string> {
  const read = async () => {
    const text = await readFile(join(state, 'http.json'), 'utf8').catch(() => null)
    return text === null ? null : (JSON.parse(text) as { url: string }).url.replace(/\/$/, '')
  }
  return until('the daemon listens', read, { seen })
}
