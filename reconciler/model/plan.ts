import type { Owned } from './record.ts'
import type { Fields, HeldReason, Impact, MadeByFile } from './resource.ts'
import type { Step } from './target.ts'
import type { Query } from './thing.ts'

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

export const CAUSES = ['pending', 'drift', 'upgrade', 'expired'] as const
export type Cause = (typeof CAUSES)[number]

export type Verb = 'put' | 'undo'

/** The lines of one file that come and go. */
export interface FileDiff {
  readonly file: string
  readonly patch: string
}

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

export interface Held extends Change {
  readonly reason: HeldReason
  readonly detail: string
}

/** What will be done on one server, as a value. */
export interface Plan {
  readonly server: string
  /** Digest of server, verbs, keys, fields and causes of changes and held ones; not of the revision. */
  readonly id: string
  readonly changes: readonly Change[]
  readonly held: readonly Held[]
  readonly steps: readonly Step[]
  readonly diffs: readonly FileDiff[]
  /** The record's contents once the steps are done, unsettled where a change touches them. */
  readonly owned: { readonly [key: string]: Owned }
  readonly made: MadeByFile
  /** What to look at after the steps. */
  readonly then: readonly Query[]
}
