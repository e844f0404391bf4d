import { asStopgapError, StopgapError } from './errors/error.ts'
import type { Catalogue, Diagnostic } from './model/catalogue.ts'
import type { Emit, InForce } from './model/event.ts'
import type { Kind } from './model/resource.ts'
import type { Refusal, Rejection, Snapshot, Source, SourceMemory } from './model/source.ts'
import { admit, type Fetching, type FetchOutcome, fetch, refusalOf, refuse } from './stages/fetch.ts'
import { load } from './stages/load.ts'
import { verify } from './stages/verify.ts'
import { monotonic } from './util/clock.ts'
import type { Moment } from './util/clock-watch.ts'
import type { RetryOptions } from './util/retry.ts'

/** What is in force after a look at the source, and what was wrong with that look. */
export interface Renewed {
  /** Null until there was a good revision. */
  readonly catalogue: Catalogue | null
  readonly inForce: InForce | null
  /** The source failed or its newest revision is refused; what was in force stays so. */
  readonly error: StopgapError | Refusal | null
}

/** Where a revision comes from, and who hears of it. */
export interface RenewalParts {
  readonly source: Source
  readonly memory: SourceMemory
  readonly kinds: readonly Kind[]
  readonly emit: Emit
  readonly retry: RetryOptions
  /** False for those who only look: they write down neither what is in force nor what is refused. */
  readonly decides: boolean
}

/** The first half of the line: fetch, verify, load. Keeps the catalogue in force. */
export class Renewal {
  readonly #parts: RenewalParts
  #catalogue: Catalogue | null = null
  #inForce: InForce | null = null
  #judged: string | null = null
  /** The newest revision and its commit time: of one that is refused nothing is loaded that could say it. */
  #seen: { readonly revision: string; readonly time: number | null } | null = null

  constructor(parts: RenewalParts) {
    this.#parts = parts
  }

  /** Throws only bugs and what makes the state folder unusable; every other failure is in the answer. */
  async renew(moment: Moment, signal: AbortSignal): Promise<Renewed> {
    const started = monotonic()
    const { source, memory, retry } = this.#parts
    const loaded = this.#catalogue?.revision ?? null
    const fetching: Fetching = { source, memory, loaded, judged: this.#judged, retry }
    const outcome = await fetch(fetching, signal)
    await this.#tell(outcome, moment, { seconds: (monotonic() - started) / 1000, signal })
    const error = await this.#take(outcome, moment, signal)
    return { catalogue: this.#catalogue, inForce: this.#inForce, error }
  }

  async #tell(
    outcome: FetchOutcome,
    { time: at }: Moment,
    { seconds, signal }: { readonly seconds: number; readonly signal: AbortSignal },
  ): Promise<void> {
    const { emit } = this.#parts
    if (outcome.is === 'failed') {
      const { code, message, hint } = outcome.error
      emit({ is: 'fetch-failed', at, reason: outcome.reason, seconds, trouble: { code, message, hint } })
      return
    }
    const revision = revisionOf(outcome)
    if (this.#seen?.revision !== revision)
      this.#seen = { revision, time: await this.#timeOf(outcome, signal) }
    const { time } = this.#seen
    emit({ is: 'fetched', at, revision, time, seconds, moved: outcome.is === 'moved' })
  }

  async #timeOf(
    outcome: Exclude<FetchOutcome, { is: 'failed' }>,
    signal: AbortSignal,
  ): Promise<number | null> {
    if (outcome.is === 'moved') return outcome.snapshot.time
    if (outcome.is === 'same') return outcome.snapshot?.time ?? this.#catalogue?.time ?? null
    try {
      return (await this.#parts.source.read(outcome.refusal.revision, signal)).time
    } catch (error) {
      signal.throwIfAborted()
      // Too large to be read, say; that is told by itself.
      if (error instanceof StopgapError) return null
      throw error
    }
  }

  async #take(outcome: FetchOutcome, moment: Moment, signal: AbortSignal): Promise<Renewed['error']> {
    switch (outcome.is) {
      case 'same':
        return outcome.snapshot === null ? null : this.#bringInForce(outcome.snapshot, moment)
      case 'failed':
        if (outcome.kept !== null) this.#bringInForce(outcome.kept, moment)
        return outcome.error
      case 'refused':
        if (outcome.kept !== null) this.#bringInForce(outcome.kept, moment)
        await this.#refuse(outcome.refusal, moment)
        return outcome.refusal
      case 'moved':
        return this.#judge(outcome, moment, signal)
    }
  }

  async #judge(
    { snapshot, from }: Extract<FetchOutcome, { is: 'moved' }>,
    moment: Moment,
    signal: AbortSignal,
  ): Promise<Refusal | null> {
    const { source, memory, decides } = this.#parts
    const refusal = this.#bringInForce(snapshot, moment)
    if (refusal === null) {
      if (decides) await admit({ source, memory }, snapshot.revision, signal)
      return null
    }
    await this.#refuse(refusal, moment)
    if (this.#catalogue === null && from !== null) this.#bringInForce(await source.read(from, signal), moment)
    return refusal
  }

  async #refuse(refusal: Refusal, { time: at }: Moment): Promise<void> {
    const { memory, emit, decides } = this.#parts
    this.#judged = refusal.revision
    const first = decides ? await refuse(memory, refusal) : false
    const { revision, reason, code, message, hint, faults } = refusal
    emit({ is: 'revision-refused', at, revision, reason, first, trouble: { code, message, hint }, faults })
  }

  /** Loads it and puts it in force, unless it has to be refused; why is what comes back. */
  #bringInForce(snapshot: Snapshot, moment: Moment): Refusal | null {
    const verified = verify(snapshot)
    let loaded: ReturnType<typeof load>
    try {
      loaded = load(verified, this.#parts.kinds, { now: moment.time })
    } catch (thrown) {
      const refusal = refusalFor(snapshot.revision, asStopgapError(thrown))
      if (refusal === null) throw thrown
      return refusal
    }
    const { catalogue, warnings } = loaded
    const { revision, time, mitigations, blocks } = catalogue
    this.#catalogue = catalogue
    this.#judged = null
    this.#inForce = {
      revision,
      time,
      signature: verified.signature,
      mitigations: mitigations.map(({ name, severity }) => ({ name, severity })),
      blocks: blocks.map(({ name, expires }) => (expires === undefined ? { name } : { name, expires })),
      warnings,
    }
    this.#parts.emit({ is: 'revision-in-force', at: moment.time, inForce: this.#inForce })
    return null
  }
}

function revisionOf(outcome: Exclude<FetchOutcome, { is: 'failed' }>): string {
  if (outcome.is === 'same') return outcome.revision
  return outcome.is === 'moved' ? outcome.snapshot.revision : outcome.refusal.revision
}

const REASONS: { readonly [code: string]: Rejection } = {
  POLICY_INVALID: 'invalid',
  POLICY_EMPTY: 'empty',
  POLICY_OVERSIZED: 'oversized',
}

function refusalFor(revision: string, error: StopgapError): Refusal | null {
  const reason = REASONS[error.code]
  if (reason === undefined) return null
  const faults = 'faults' in error.facts ? (error.facts.faults as readonly Diagnostic[]) : []
  return refusalOf(revision, reason, error, faults)
}
