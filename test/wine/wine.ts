import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** How a program under Wine ended, and what it said. */
export interface Said {
  readonly code: number | null
  readonly text: string
}

/** A Windows of its own in a folder, which ends with `close`. */
export class Wine {
  readonly drive: string
  readonly #folder: string
  readonly #env: NodeJS.ProcessEnv
  #keeper: ChildProcess | null = null
  #files = 0

  constructor(folder: string) {
    this.#folder = folder
    const prefix = join(folder, 'prefix')
    mkdirSync(prefix, { recursive: true })
    this.drive = join(prefix, 'drive_c')
    // Nothing of Mono and Gecko, which Wine would ask for in a window.
    this.#env = { ...process.env, WINEPREFIX: prefix, WINEDEBUG: '-all', WINEDLLOVERRIDES: 'mscoree,mshtml=' }
    delete this.#env['DISPLAY']
  }

  /** Makes it a Windows 10: as anything older Node refuses it. */
  open(): void {
    this.run('wineboot', ['-i'])
    this.run('wine', ['winecfg', '-v', 'win10'])
    // In the session that made it every second call of sc finds no service control manager (Wine 8).
    this.run('wineserver', ['-k'])
    this.run('wineserver', ['-w'], 20)
    // With its last program Wine ends its services too, and starts them again with the next.
    // One that waits for its input stays until we end it.
    this.#keeper = spawn('wine', ['cmd'], { env: this.#env, stdio: ['pipe', 'ignore', 'ignore'] })
  }

  /** Runs a program of Windows to its end. */
  windows(file: string, ...args: readonly string[]): Said {
    return this.run('wine', [file, ...args])
  }

  /** Into a file: what starts with the first program keeps its output, so a pipe would never end; and Node there takes none. */
  run(file: string, args: readonly string[], seconds = 300): Said {
    const path = join(this.#folder, `said-${++this.#files}`)
    const out = openSync(path, 'w')
    const stdio = ['ignore', out, out] as const
    const { status } = spawnSync(file, args, { env: this.#env, stdio: [...stdio], timeout: seconds * 1000 })
    closeSync(out)
    return { code: status, text: readFileSync(path, 'utf8').replaceAll('\r', '') }
  }

  /** Ends every program of this Windows, and no other's. */
  async close(): Promise<void> {
    this.run('wineserver', ['-k'])
    const keeper = this.#keeper
    if (keeper !== null && keeper.exitCode === null && keeper.signalCode === null) {
      await new Promise((over) => {
        keeper.once('exit', over)
        keeper.kill('SIGKILL')
      })
    }
    this.run('wineserver', ['-w'], 20)
  }
}

/** A path of this machine as Windows has it. */
export function toWindows(path: string): string {
  return `Z:${path.replaceAll('/', '\\')}`
}
