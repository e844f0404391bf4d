import type { ServerRecord } from './record.ts'
import type { Fields, HeldReason, Impact } from './resource.ts'
import type { Step } from './target.ts'

export const STATES = [
  'failed',
  'unknown',
  'drifted',
  'held',
  'pending',
  'leftover',
  'kept',
  'elsewhere',
  'in-sync',
  'absent',
] as const
/** State of a resource or mitigation, worst first. */
export type State = (typeof STATES)[number]

/** What made a change due: the repository moved, the server did, its build did, or a date came. */
export const CAUSES = ['pending', 'drift', 'upgrade', 'expired'] as const
export type Cause = (typeof CAUSES)[number]

/** put: make it as wanted; undo: bring back what was there before us. */
export type Verb = 'put' | 'undo'

/** The lines of one file that come and go. */
export interface FileDiff {
  readonly file: string
  readonly patch: string
}

/** One verb on one resource, with its fields before and after. */
export interface Change {
  readonly verb: Verb
  readonly key: string
  readonly kind: string
  readonly mitigations: readonly string[]
  readonly cause: Cause
  readonly before: Fields | null
  readonly after: Fields | null
  readonly impact: Impact
  /** Digest of server, verb, key, fields and cause: what an approval names. */
  readonly id: string
}

/** A change that is not made, and why. */
export interface Held extends Change {
  readonly reason: HeldReason
  readonly detail: string
}

/** A file that the steps change; null: not there. */
export interface FileChange {
  readonly file: string
  readonly before: Uint8Array | null
  readonly after: Uint8Array | null
}

/** What will be done on one server, as a value. */
export interface Plan {
  readonly server: string
  /** Digest of server, verbs, keys, fields and causes of changes and held ones; not of the revision. */
  readonly id: string
  readonly changes: readonly Change[]
  readonly held: readonly Held[]
  /** In the order in which they are carried out; without the one that writes the record. */
  readonly steps: readonly Step[]
  readonly files: readonly FileChange[]
  /** Per resource key of a change: the things (by `thingKey`) that it is made of. */
  readonly touches: { readonly [key: string]: readonly string[] }
  /** What the record is to say before the first step; entries that a change touches are unsettled. */
  readonly record: ServerRecord
}
