import type { Event } from '../model/event.ts'
import { now as wallClock } from '../util/clock.ts'
import { mask } from '../util/mask.ts'
import { age, printable } from '../util/words.ts'
import { type Entry, entriesOf, type Level } from './log-words.ts'
import { type Paint, plain, type Style } from './text/paint.ts'

export interface LogOptions {
  /** `json` prints one object a line; `words` is for people. */
  readonly format: 'words' | 'json'
  readonly paint?: Paint
  /** Takes a line with its end; the error stream of the process by default. */
  readonly write?: (line: string) => void
  readonly now?: () => number
  /** What must not stand in any line, see `util/mask`. */
  readonly secrets?: readonly string[]
}

interface Said {
  readonly message: string
  readonly since: number
  spoken: number
  times: number
}

/** What goes on is said again this often, so that a log that was rotated still tells. */
const REMIND_MS = 60 * 60_000
const LEVEL_STYLE: { readonly [level in Level]: Style } = { info: 'cyan', warn: 'yellow', error: 'red' }

/** One line per thing that happened. The same trouble is said once, then hourly, and once more when it is over. */
export class Log {
  readonly #options: Required<LogOptions>
  /** What was said last, by subject. */
  readonly #said = new Map<string, Said>()

  constructor(options: LogOptions) {
    this.#options = {
      paint: plain,
      write: (line) => process.stderr.write(line),
      now: wallClock,
      secrets: [],
      ...options,
    }
  }

  /** Writes the event's lines, if it has any. */
  handle(event: Event): void {
    if (event.is === 'fetched') this.#over('fetch', 'the source answers again')
    if (event.is === 'server-gone') this.#forget(event.server)
    const entries = entriesOf(event)
    if (event.is === 'pass-ended') this.#passed(event.report.server, entries)
    for (const entry of entries) if (this.#isNews(entry)) this.#say(entry)
  }

  /** Held changes and warnings that a pass no longer shows are forgotten: when they come back they are news. */
  #passed(server: string, entries: readonly Entry[]): void {
    const still = new Set(entries.map((entry) => entry.subject))
    for (const subject of this.#said.keys()) {
      const ours = subject.startsWith(`held ${server} `) || subject.startsWith(`warning ${server} `)
      if (ours && !still.has(subject)) this.#said.delete(subject)
    }
  }

  /** Of a server that is gone; if it comes back, everything about it is news. */
  #forget(server: string): void {
    for (const subject of this.#said.keys()) if (subject.split(' ')[1] === server) this.#said.delete(subject)
  }

  /** Ends a subject; says so if it had been spoken of. */
  #over(subject: string, message: string): void {
    const said = this.#said.get(subject)
    if (said === undefined) return
    this.#said.delete(subject)
    this.#say({
      level: 'info',
      message: `${message}; it failed ${said.times} times, first ${age(said.since, this.#options.now())}`,
    })
  }

  /** Whether to say it: it is new, it has changed, or it was said long ago and still needs somebody. */
  #isNews(entry: Entry): boolean {
    if (entry.subject === undefined) return true
    const now = this.#options.now()
    const said = this.#said.get(entry.subject)
    if (said === undefined || said.message !== entry.message) {
      this.#said.set(entry.subject, {
        message: entry.message,
        since: said?.since ?? now,
        spoken: now,
        times: (said?.times ?? 0) + 1,
      })
      return true
    }
    said.times += 1
    // A server in its desired state is no news, however long it lasts.
    if (entry.level === 'info' || now - said.spoken < REMIND_MS) return false
    said.spoken = now
    return true
  }

  #say(entry: Entry): void {
    const { format, now, paint, secrets, write } = this.#options
    const time = new Date(now()).toISOString()
    const message = mask(entry.message, secrets)
    if (format === 'json') {
      const { level, server, code } = entry
      write(`${JSON.stringify({ time, level, message, server, code })}\n`)
      return
    }
    const server = entry.server === undefined ? '' : `${paint('bold', printable(entry.server))}: `
    const code = entry.code === undefined ? '' : ` ${paint('dim', `[${entry.code}]`)}`
    write(
      `${paint('dim', time)} ${paint(LEVEL_STYLE[entry.level], entry.level.padEnd(5))} ${server}${printable(message)}${code}\n`,
    )
  }
}
