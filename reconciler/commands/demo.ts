import { join, resolve } from 'node:path'
import { processSystem } from '../compose.ts'
import { StopgapError } from '../errors/error.ts'
import { ALLOWABLE } from '../model/advice.ts'
import type { Event } from '../model/event.ts'
import type { ServerReport } from '../model/report.ts'
import { Board } from '../reporters/board.ts'
import { statusText } from '../reporters/text/status.ts'
import { openState } from '../state/folder.ts'
import { takeLock } from '../state/lock.ts'
import { now } from '../util/clock.ts'
import type { Console } from './context.ts'
import { ATTACK, attack, told } from './demo/attack.ts'
import { clear, fill, hasState, whatIsThere } from './demo/folder.ts'
import { type Addresses, openFronts } from './demo/fronts.ts'
import { type Hint, Hints } from './demo/hints.ts'
import { type Place, placeOf, SERVERS, shortPath } from './demo/place.ts'
import { makeRepository } from './demo/repository.ts'
import { plan } from './plan.ts'
import { run } from './run.ts'

export interface DemoFlags {
  readonly dir: string
  readonly listen?: string
}

const DEFAULT_LISTEN = '127.0.0.1:9464'
const ANY_PORT = '127.0.0.1:0'

/** All of it at once on this machine: a repository, three servers, the first plan, the daemon, and what to try. */
export async function demo(flags: DemoFlags, console: Console): Promise<number> {
  const place = placeOf(resolve(flags.dir))
  const cwd = resolve('.')
  try {
    await make(place, cwd, console)
    const fronts = await openFronts(place)
    try {
      await showAttack(fronts.addresses, console)
      await showPlan(place, console)
      const shell = { cwd, windows: processSystem().platform === 'win32' }
      const hints = new Hints(place, shell, fronts.addresses)
      await stayUp(flags, place, new Guide(hints, fronts.addresses, console))
    } finally {
      await fronts.close()
    }
    return 0
  } catch (error) {
    // Ctrl-C is how a demo ends, also while it is being made.
    if (console.signal.aborted) return 0
    throw error
  }
}

async function make(place: Place, cwd: string, console: Console): Promise<void> {
  const { signal } = console
  const before = await whatIsThere(place)
  if (before === 'demo') await requireIdle(place)
  const dir = shortPath(place.dir, cwd)
  const says =
    before === 'demo' ? `${dir} is from an earlier demo and is made anew.` : `Everything is in ${dir}.`
  console.out(`${console.paint('bold', 'Stopgap, a demo')}\n\n${says}`)
  await clear(place)
  await fill(place)
  signal.throwIfAborted()
  await makeRepository(place.repository, processSystem(), signal)
  const short = (path: string) => shortPath(path, cwd)
  console.out(
    [
      `  ${short(place.repository)}  a git repository with the policies and mitigations that are shipped`,
      ...SERVERS.map(
        ({ name, exchange }) => `  ${short(join(place.servers, name))}  a server with Exchange ${exchange}`,
      ),
      `  ${short(place.config)}  the configuration that names them`,
    ].join('\n'),
  )
}

/** Two daemons on the same servers would fight, and one would lose its folder. */
async function requireIdle(place: Place): Promise<void> {
  if (!(await hasState(place))) return
  const holder = { pid: processSystem().pid, command: 'demo', since: new Date(now()).toISOString() }
  const lock = await takeLock(await openState(place.state), holder)
  lock.release()
}

/** Each server answers HTTP, so that everybody can see for themselves what a rule does. */
async function showAttack(addresses: Addresses, console: Console): Promise<void> {
  console.out(`\n${console.paint('bold', 'The attack that M1 stops, before there is anything against it')}\n`)
  console.out(`  GET ${ATTACK}`)
  console.out((await attackLines(addresses)).join('\n'))
}

async function attackLines(addresses: Addresses): Promise<readonly string[]> {
  return Promise.all(
    SERVERS.map(
      async ({ name }) => `  ${name} on ${addresses[name]}: ${told(await attack(addresses[name]))}`,
    ),
  )
}

async function showPlan({ config }: Place, console: Console): Promise<void> {
  console.out(`\n${console.paint('bold', 'The first plan: what would change, and why')}\n`)
  await plan({ config }, console)
}

/** The daemon. Where the usual port is taken, any free one does, unless somebody asked for that very one. */
async function stayUp(flags: DemoFlags, { config }: Place, guide: Guide): Promise<void> {
  const { console } = guide
  const extras = {
    hints: () => guide.hints(),
    heard: (event: Event) => guide.hear(event),
    format: 'words',
  } as const
  console.out(`\n${console.paint('bold', 'The daemon carries it out')}\n`)
  try {
    await run({ config, listen: flags.listen ?? DEFAULT_LISTEN }, console, extras)
  } catch (error) {
    const taken = error instanceof StopgapError && error.code === 'LISTEN_FAILED'
    if (!taken || flags.listen !== undefined) throw error
    console.out(`${DEFAULT_LISTEN} is taken, so the page gets a free port.`)
    await run({ config, listen: ANY_PORT }, console, extras)
  }
}

/** Hears what the daemon does, shows the table once every server was seen, and says what to try. */
class Guide {
  readonly console: Console
  readonly #hints: Hints
  readonly #addresses: Addresses
  readonly #board = new Board('')
  readonly #waiting = new Set<string>(SERVERS.map(({ name }) => name))
  /** Per server the plan that holds what a person may release. */
  readonly #held = new Map<string, string>()
  #url = ''

  constructor(hints: Hints, addresses: Addresses, console: Console) {
    this.#hints = hints
    this.#addresses = addresses
    this.console = console
  }

  hints(): readonly Hint[] {
    const releases = [...this.#held].map(([server, id]) => ({
      text: `${server} holds removals. If they are meant, release them:`,
      command: this.#hints.allow(id),
    }))
    return [this.#hints.here(), ...releases, ...this.#hints.steps()]
  }

  hear(event: Event): void {
    this.#board.handle(event)
    if (event.is === 'listening') this.#url = event.url
    if (event.is !== 'pass-ended') return
    this.#hearHeld(event.report)
    if (!this.#waiting.delete(event.report.server) || this.#waiting.size > 0) return
    void this.#welcome()
  }

  #hearHeld({ server, plan }: ServerReport): void {
    const holds = plan?.held.some(({ reason }) => ALLOWABLE.has(reason)) === true
    const id = holds ? plan?.id : undefined
    if (id === undefined) this.#held.delete(server)
    else if (this.#held.get(server) !== id) {
      this.#held.set(server, id)
      this.console.tell(`  to release it on ${server}:  ${this.#hints.allow(id)}`)
    }
  }

  async #welcome(): Promise<void> {
    const { out, paint } = this.console
    const lines = await attackLines(this.#addresses).catch(() => [])
    if (this.console.signal.aborted) return
    const base = this.#url.replace(/\/$/, '')
    out(`\n${paint('bold', 'The state now')}\n\n${statusText(this.#board.status(now()), paint)}`)
    out(`\n${paint('bold', 'The attack now')}; ex03 has the fix and needs no rule\n`)
    out(lines.join('\n'))
    out(`\n${paint('bold', 'Open')}\n`)
    out([`  ${base}/         the same as a page`, `  ${base}/status   as JSON`].join('\n'))
    out(`  ${base}/metrics  for Prometheus`)
    out(`\n${paint('bold', 'Try next')}, in a second terminal in ${this.#hints.cwd}:`)
    for (const [index, { text, command }] of this.#hints.steps().entries()) {
      const lines = command.split('\n').map((line) => `     ${paint('cyan', line)}`)
      out(`\n  ${index + 1}. ${text}\n${lines.join('\n')}`)
    }
    out(`\nWhat happens is told here. Ctrl-C ends it.\n`)
  }
}
