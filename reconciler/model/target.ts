import type { Examined } from './examined.ts'
import type { Digest, Query, Service, Sightings } from './thing.ts'

/** What a service should be set to; what is left out stays. */
export type ServiceSettings = Partial<Pick<Service, 'startType'>> & {
  readonly status?: 'Running' | 'Stopped'
}

/** Make this thing so, if its digest is still `expect` (compare and swap). */
export type Step = FileStep | ServiceStep | PoolStep

/** Replaces a file, makes it or takes it away. */
export interface FileStep {
  readonly thing: 'file'
  readonly name: string
  readonly expect: Digest | 'absent'
  readonly become: Uint8Array | 'absent'
  /** Written only if a look, taken when its turn comes, finds all that the steps before it made; else a conflict. */
  readonly confirms?: true
}

/** Sets a service, and waits for its state so long. */
export interface ServiceStep {
  readonly thing: 'service'
  readonly name: string
  readonly expect: Digest
  readonly become: ServiceSettings
  readonly timeoutSeconds: number
}

/** Starts or stops an application pool, and waits so long. */
export interface PoolStep {
  readonly thing: 'pool'
  readonly name: string
  readonly expect: Digest
  readonly become: { readonly state: 'Started' | 'Stopped' }
  readonly timeoutSeconds: number
}

/** `conflict`: the thing was no longer as expected, nothing was written. */
export type StepResult =
  | { readonly is: 'done' }
  | { readonly is: 'conflict'; readonly detail: string }
  | { readonly is: 'failed'; readonly detail: string }
  | { readonly is: 'not-attempted' }

/**
 * The end of the detail of a conflict that is over by itself: whoever writes a file in several goes is not done yet, and
 * readers of IIS have met files that were half written. What was put into place whole needs no such pause.
 */
export const FRESH = 'changed less than two seconds ago'
export const FRESH_MS = 2_000

/** Digests of things as they were last time, by `thingKey`; `absent` for what was not there. */
export type Known = ReadonlyMap<string, Digest | 'absent'>

/** A thing to look at again; what is still as `known` has no sighting. */
export type KnownQuery = Query & { readonly known?: Digest | 'absent' | null }

/** What was seen. */
export interface Look {
  readonly sightings: Sightings
  /** Keys of things that are as `known` says; they have no entry in `sightings`. */
  readonly same: ReadonlySet<string>
}

/** The half of a target that can only look. Throws a `StopgapError` when the server cannot be reached. */
export interface Eye {
  /** The configured name of the server. */
  readonly name: string
  look(queries: readonly Query[], known: Known, signal: AbortSignal): Promise<Look>
  /** What is to be known of our way there, for `doctor`; changes nothing. Throws as `look` does. */
  examine?(signal: AbortSignal): Promise<Examined>
  close(): Promise<void>
}

/** What came of the steps, and what was seen after them. */
export interface Acted {
  /** One result per step, in order. After the first step that is not done, the rest is `not-attempted`. */
  readonly results: readonly StepResult[]
  /** The look at `then`, taken after the last step, in the same round trip, without what is as known. */
  readonly sightings: Sightings
}

/** A line of the server's own log of events. */
export interface EventLine {
  readonly eventId: number
  readonly level: 'Information' | 'Warning' | 'Error'
  readonly message: string
}

/** How we reach one server. It knows nothing of mitigations. */
export interface Target extends Eye {
  /** People notice when it goes down: unless the limits say otherwise, such servers are written one at a time. */
  readonly careful?: true
  act(steps: readonly Step[], then: readonly KnownQuery[], signal: AbortSignal): Promise<Acted>
  /** Calls back when something on the server may have changed; absent where that cannot be known. */
  watch?(changed: () => void): { close(): Promise<void> }
  /** Writes a line where the people of the server look; absent: it is not ours to write there. Throws EVENT_LOG_REFUSED too. */
  note?(line: EventLine, signal: AbortSignal): Promise<void>
}
