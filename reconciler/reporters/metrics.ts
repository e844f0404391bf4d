import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Event, InForce } from '../model/event.ts'
import { FETCH_FAILURES, REJECTIONS } from '../model/source.ts'
import { serverSeries } from './series.ts'
import { Tally } from './tally.ts'

// Gauges of prom-client whose names end like counters, which `promtool check metrics` refuses.
const MISNAMED = [
  'nodejs_active_resources_total',
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
]

const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]

/** The metrics that charts/ and others rely on, fed by events. Each instance has a registry of its own. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #servers = new Map<string, Tally>()
  readonly #source = sourceMetrics(this.#registry)
  readonly #estate = estateMetrics(this.#registry)
  #inForce: InForce | null = null
  #rejected: string | null = null

  /** `version` is that of Stopgap. */
  constructor(version: string) {
    collectDefaultMetrics({ register: this.#registry })
    for (const name of MISNAMED) this.#registry.removeSingleMetric(name)
    // Closed sets exist at zero: rate() and increase() miss the first failure of a series that comes with it.
    this.#estate.build.set({ version, node: process.version }, 1)
    for (const reason of FETCH_FAILURES) this.#source.failures.inc({ reason }, 0)
    for (const reason of REJECTIONS) {
      this.#source.rejectedTotal.inc({ reason }, 0)
      this.#source.rejected.set({ reason }, 0)
    }
  }

  /** Everything in Prometheus text format, in pieces: at 1 000 servers the whole is 13 MB. */
  async *pieces(): AsyncGenerator<string> {
    yield `${await this.#registry.metrics()}
`
    yield* serverSeries(this.#servers, this.#inForce?.revision ?? null)
  }

  /** Everything in Prometheus text format, in one. */
  async text(): Promise<string> {
    let text = ''
    for await (const piece of this.pieces()) text += piece
    return text
  }

  /** Takes note of an event. */
  handle(event: Event): void {
    switch (event.is) {
      case 'started':
        for (const server of event.servers) this.#tally(server)
        break
      case 'ticked':
        this.#estate.tick.set(event.at / 1000)
        break
      case 'pass-ended':
        this.#estate.passSeconds.observe(event.seconds)
        this.#tally(event.report.server).pass(event.report, event.at)
        break
      case 'change-settled':
        this.#tally(event.server).change(event.outcome.cause, event.outcome.result)
        break
      case 'server-gone':
        this.#servers.delete(event.server)
        break
      default:
        this.#handleSource(event)
    }
  }

  /** A server that was not announced is one that came with a new configuration. */
  #tally(server: string): Tally {
    const found = this.#servers.get(server) ?? new Tally()
    this.#servers.set(server, found)
    return found
  }

  #handleSource(event: Event): void {
    if (event.is === 'fetched') {
      this.#source.fetches.inc()
      this.#source.seconds.observe(event.seconds)
      this.#source.last.set(event.at / 1000)
      this.#show('seen', event.revision, event.time)
      if (event.revision !== this.#rejected) this.#accepted()
    }
    if (event.is === 'fetch-failed') {
      this.#source.fetches.inc()
      this.#source.failures.inc({ reason: event.reason })
      // Failed attempts count too: a remote that hangs shows here first.
      this.#source.seconds.observe(event.seconds)
    }
    if (event.is === 'revision-refused') {
      // The same revision is refused at each look; `_total` counts revisions, not looks.
      if (event.first) this.#source.rejectedTotal.inc({ reason: event.reason })
      this.#accepted()
      this.#rejected = event.revision
      this.#source.rejected.set({ reason: event.reason }, 1)
    }
    if (event.is === 'revision-in-force') this.#inForceNow(event.inForce)
  }

  /** The newest seen revision is not a refused one, as far as we know. */
  #accepted(): void {
    this.#rejected = null
    for (const reason of REJECTIONS) this.#source.rejected.set({ reason }, 0)
  }

  #show(state: 'seen' | 'applied', revision: string, time: number | null): void {
    // Only one revision per state at a time: labels of the one before would stay for ever.
    this.#source.revision.remove({ state, revision: this.#shown[state] ?? revision })
    this.#shown[state] = revision
    this.#source.revision.set({ state, revision }, 1)
    if (time === null) this.#source.revisionTime.remove({ state })
    else this.#source.revisionTime.set({ state }, time / 1000)
  }

  readonly #shown: { seen?: string; applied?: string } = {}

  #inForceNow(inForce: InForce): void {
    if (this.#rejected === inForce.revision) this.#accepted()
    this.#inForce = inForce
    this.#show('applied', inForce.revision, inForce.time)
    const { catalogue, blocks } = this.#estate
    // All anew: what the revision before had and this one has not must not stay.
    catalogue.reset()
    for (const { name, severity } of inForce.mitigations) catalogue.set({ mitigation: name, severity }, 1)
    blocks.reset()
    for (const { name, expires } of inForce.blocks) {
      if (expires !== undefined) blocks.set({ block: name }, expires / 1000)
    }
  }
}

/** Of the source and what it gives. */
function sourceMetrics(registry: Registry) {
  const registers = [registry]
  const reason = ['reason'] as const
  return {
    fetches: new Counter({
      name: 'stopgap_source_fetches_total',
      help: 'Attempts to fetch the source.',
      registers,
    }),
    failures: new Counter({
      name: 'stopgap_source_fetch_failures_total',
      help: 'Attempts to fetch the source that failed.',
      labelNames: reason,
      registers,
    }),
    seconds: new Histogram({
      name: 'stopgap_source_fetch_duration_seconds',
      help: 'How long attempts to fetch the source took.',
      buckets: SECONDS,
      registers,
    }),
    last: new Gauge({
      name: 'stopgap_source_last_fetch_timestamp_seconds',
      help: 'When the source was last fetched with success.',
      registers,
    }),
    rejectedTotal: new Counter({
      name: 'stopgap_source_rejected_total',
      help: 'Distinct revisions that were refused.',
      labelNames: reason,
      registers,
    }),
    rejected: new Gauge({
      name: 'stopgap_source_rejected',
      help: 'Whether the newest seen revision is refused.',
      labelNames: reason,
      registers,
    }),
    revision: new Gauge({
      name: 'stopgap_revision_info',
      help: 'The newest seen revision and the one in force.',
      labelNames: ['state', 'revision'] as const,
      registers,
    }),
    revisionTime: new Gauge({
      name: 'stopgap_revision_timestamp_seconds',
      help: 'Commit time of the newest seen revision and of the one in force.',
      labelNames: ['state'] as const,
      registers,
    }),
  }
}

/** Of the process and of what all servers share. */
function estateMetrics(registry: Registry) {
  const registers = [registry]
  return {
    build: new Gauge({
      name: 'stopgap_build_info',
      help: 'Versions of Stopgap and of Node.',
      labelNames: ['version', 'node'] as const,
      registers,
    }),
    tick: new Gauge({
      name: 'stopgap_loop_last_tick_timestamp_seconds',
      help: 'When the loop last went round.',
      registers,
    }),
    passSeconds: new Histogram({
      name: 'stopgap_reconcile_duration_seconds',
      help: 'How long passes took, over all servers.',
      buckets: SECONDS,
      registers,
    }),
    catalogue: new Gauge({
      name: 'stopgap_catalogue_info',
      help: 'Mitigations of the revision in force.',
      labelNames: ['mitigation', 'severity'] as const,
      registers,
    }),
    blocks: new Gauge({
      name: 'stopgap_block_expires_timestamp_seconds',
      help: 'When a block runs out; without a series it never does.',
      labelNames: ['block'] as const,
      registers,
    }),
  }
}
