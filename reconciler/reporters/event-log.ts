import type { Event } from '../model/event.ts'
import type { EventLine } from '../model/target.ts'
import { mask } from '../util/mask.ts'
import { printable } from '../util/words.ts'
import { type Entry, entriesOf, type Level } from './log-words.ts'

/** Ids of lines, for whoever filters by them: they never change their meaning. docs/event-log.md has a row for each. */
export const EVENT_IDS = {
  started: 1001,
  stopping: 1002,
  'revision-in-force': 1003,
  'revision-refused': 1004,
  applied: 1005,
  'not-applied': 1006,
  'fetch-failed': 1007,
  held: 1008,
  'pass-failed': 1009,
  'pass-good': 1010,
  trouble: 1011,
  warning: 1012,
} as const

type Sort = keyof typeof EVENT_IDS

const LEVELS: { readonly [level in Level]: EventLine['level'] } = {
  info: 'Information',
  warn: 'Warning',
  error: 'Error',
}
/** Lines that wait for a server that takes none; beyond them the newest are left out. */
const WAITING = 100

/**
 * The log of events of a Windows server, for those who look there and nowhere else. Only news: what lasts is told when it
 * begins, and again when it was over in between.
 */
export class EventLog {
  readonly #write: (line: EventLine, signal: AbortSignal) => Promise<void>
  readonly #end = new AbortController()
  /** By subject: what was told of it last. */
  readonly #told = new Map<string, string>()
  #waiting = 0
  #last: Promise<void> = Promise.resolve()

  /** `write` may reject; what comes after is tried all the same. */
  constructor(write: (line: EventLine, signal: AbortSignal) => Promise<void>) {
    this.#write = write
  }

  handle(event: Event): void {
    const entries = entriesOf(event)
    this.#forget(event, entries)
    for (const entry of entries) {
      const sort = sortOf(event, entry)
      if (sort !== null && this.#isNews(entry, sort)) this.#send(lineOf(entry, sort))
    }
  }

  /** Waits until all that was handled is written or failed; what takes longer than this (milliseconds) is given up. */
  async settled(within: number): Promise<void> {
    const timer = setTimeout(() => this.#end.abort(), within)
    await this.#last
    clearTimeout(timer)
  }

  #send(line: EventLine): void {
    if (this.#waiting >= WAITING) return
    this.#waiting += 1
    this.#last = this.#last
      .then(() => this.#write(line, this.#end.signal))
      .catch(() => undefined)
      .finally(() => {
        this.#waiting -= 1
      })
  }

  #isNews({ subject, message }: Entry, sort: Sort): boolean {
    if (subject === undefined) return true
    const before = this.#told.get(subject)
    // That a pass went well is worth a line only after one that did not.
    if (sort === 'pass-good') {
      this.#told.delete(subject)
      return before !== undefined
    }
    this.#told.set(subject, message)
    return before !== message
  }

  /** What is over may be told again when it comes back. */
  #forget(event: Event, entries: readonly Entry[]): void {
    if (event.is === 'fetched') this.#told.delete('fetch')
    if (event.is !== 'pass-ended') return
    const lasting = new Set(entries.map(({ subject }) => subject))
    const { server } = event.report
    for (const subject of this.#told.keys()) {
      const ours = subject.startsWith(`held ${server} `) || subject.startsWith(`warning ${server} `)
      if (ours && !lasting.has(subject)) this.#told.delete(subject)
    }
  }
}

/** Null: nothing for people of the server. */
function sortOf(event: Event, { level, subject = '' }: Entry): Sort | null {
  switch (event.is) {
    case 'started':
    case 'stopping':
    case 'revision-refused':
    case 'fetch-failed':
    case 'trouble':
      return event.is
    case 'revision-in-force':
      return level === 'info' ? 'revision-in-force' : 'warning'
    case 'change-settled':
      return event.outcome.result === 'applied' ? 'applied' : 'not-applied'
    case 'pass-ended':
      if (subject.startsWith('held ')) return 'held'
      if (subject.startsWith('warning ')) return 'warning'
      return level === 'error' ? 'pass-failed' : level === 'info' ? 'pass-good' : null
    default:
      return null
  }
}

function lineOf({ level, message, server, code }: Entry, sort: Sort): EventLine {
  const where = server === undefined ? '' : `${server}: `
  const what = code === undefined ? '' : ` (${code})`
  return {
    eventId: EVENT_IDS[sort],
    level: LEVELS[level],
    message: mask(printable(`${where}${message}${what}`)),
  }
}
