import type { Event, InForce } from '../model/event.ts'
import type { ServerReport } from '../model/report.ts'
import type { SourceStatus, Status } from '../model/status.ts'
import { count } from '../util/words.ts'

/** The newest of everything, put together from events: what `/status` and the page show. It keeps no history. */
export class Board {
  #source: SourceStatus
  #inForce: InForce | null = null
  readonly #servers = new Map<string, ServerReport | null>()
  #started = false

  /** `source`: its name for people, without secrets; `earlier`: what an earlier process knew of it. */
  constructor(source: string, earlier: SourceStatus | null = null) {
    const unknown = { seen: null, lastFetch: null, failing: null, rejected: null }
    this.#source = { signature: null, committed: null, ...(earlier ?? unknown), name: source }
  }

  /** Takes note of an event. */
  handle(event: Event): void {
    switch (event.is) {
      case 'started':
        this.#started = true
        this.#source = { ...this.#source, name: event.source }
        // A report that arrived earlier (from the last run) stays.
        for (const server of event.servers) this.#servers.set(server, this.#servers.get(server) ?? null)
        break
      case 'pass-ended':
        this.#servers.set(event.report.server, event.report)
        break
      case 'server-gone':
        this.#servers.delete(event.server)
        break
      case 'revision-in-force':
        this.#inForce = event.inForce
        this.#source = {
          ...this.#source,
          signature: event.inForce.signature,
          committed: event.inForce.time,
          // A refused revision can come into force after all: by `accept`, or because limits were raised.
          rejected: this.#source.rejected?.revision === event.inForce.revision ? null : this.#source.rejected,
        }
        break
      default:
        this.#handleSource(event)
    }
  }

  /** Fetches and refusals: what failed lasts until a success says otherwise. */
  #handleSource(event: Event): void {
    const source = this.#source
    if (event.is === 'fetched') {
      // The refusal belongs to the revision that was seen; another one starts clean.
      const rejected = source.rejected?.revision === event.revision ? source.rejected : null
      this.#source = { ...source, seen: event.revision, lastFetch: event.at, failing: null, rejected }
    }
    if (event.is === 'fetch-failed') {
      const { at, reason, trouble } = event
      const earlier = source.failing
      const failing = { since: earlier?.since ?? at, at, times: (earlier?.times ?? 0) + 1, reason, trouble }
      this.#source = { ...source, failing }
    }
    if (event.is === 'revision-refused') {
      const { revision, reason, trouble, faults } = event
      const at = source.rejected?.revision === revision ? source.rejected.at : event.at
      this.#source = { ...source, seen: revision, rejected: { revision, at, reason, trouble, faults } }
    }
  }

  /** `/readyz`: a pass was tried on each server, whatever came of it. */
  ready(): { readonly ok: boolean; readonly why: string } {
    if (!this.#started) return { ok: false, why: 'starting' }
    const waiting = [...this.#servers].filter(([, report]) => report === null).map(([server]) => server)
    if (waiting.length === 0) return { ok: true, why: 'a pass was tried on each server' }
    const reason = this.#inForce === null ? 'no revision is in force yet; ' : ''
    const more = waiting.length > 3 ? ', …' : ''
    const names = waiting.slice(0, 3).join(', ') + more
    return { ok: false, why: `${reason}${count(waiting.length, 'server')} not looked at yet: ${names}` }
  }

  /** All of it as one value. `now`: milliseconds since 1970. */
  status(now: number): Status {
    const entries = [...this.#servers]
    return {
      at: now,
      revision: this.#inForce?.revision ?? null,
      source: this.#source,
      waiting: entries.filter(([, report]) => report === null).map(([server]) => server),
      servers: entries.map(([, report]) => report).filter((report) => report !== null),
    }
  }
}
