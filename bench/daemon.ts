import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { ended, memoryOf } from './measure.ts'

const LAUNCHER = new URL('../bin/stopgap.js', import.meta.url).pathname
const PATIENCE = 600_000

/** A daemon in a process of its own, started as everybody starts it. */
export class Daemon {
  readonly url: string
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  /** Starts it, and waits until it listens. */
  static async start(config: string): Promise<Daemon> {
    const args = [LAUNCHER, 'run', '--config', config, '--listen', '127.0.0.1:0']
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    const url = await new Promise<string>((resolve, reject) => {
      let words = ''
      // Read to the end of its life: a pipe that nobody empties would stop it.
      child.stderr.on('data', (chunk) => {
        if (words.length > 10_000) return
        words += chunk
        const found = /http:\/\/127\.0\.0\.1:\d+/.exec(words)
        if (found !== null) resolve(found[0])
      })
      child.once('exit', (code) => reject(new Error(`the daemon exited ${code}: ${words}`)))
    })
    return new Daemon(child, url)
  }

  /** Waits until a pass was tried on each server. */
  async ready(): Promise<void> {
    await this.#until(async () => (await this.#get('/readyz')).ok, 100)
  }

  /** Everything that `/metrics` says, and how long that took in milliseconds. */
  async scrape(): Promise<{ readonly text: string; readonly wall: number }> {
    const start = performance.now()
    const text = await (await this.#get('/metrics')).text()
    return { text, wall: performance.now() - start }
  }

  /**
   * Waits until this many servers have converged with this revision. A scrape of many servers costs the daemon time that
   * it should have for its work, so the pauses are ten times as long as the scrapes, and at least 20 ms.
   */
  async converged(servers: number, revision: string): Promise<void> {
    await this.#until(async () => {
      const { text, wall } = await this.scrape()
      await sleep(10 * wall)
      const applied = text.includes(`stopgap_revision_info{state="applied",revision="${revision}"} 1`)
      return applied && (text.match(/^stopgap_server_current\{.*\} 1$/gm) ?? []).length === servers
    }, 20)
  }

  memory(): { readonly now: number; readonly highest: number } | null {
    return memoryOf(this.#child.pid ?? 0)
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const gone = ended(this.#child)
    this.#child.kill('SIGTERM')
    await gone
  }

  // A connection that is kept can be closed from over there in the moment in which it is used again.
  #get(path: string): Promise<Response> {
    return fetch(`${this.url}${path}`, { headers: { connection: 'close' } })
  }

  async #until(holds: () => Promise<boolean>, pause: number): Promise<void> {
    const end = performance.now() + PATIENCE
    while (!(await holds())) {
      if (this.#child.exitCode !== null) throw new Error('the daemon has ended')
      if (performance.now() > end) throw new Error('it does not come to an end')
      await sleep(pause)
    }
  }
}
