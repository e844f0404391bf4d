import type { Mode, Origin } from './catalogue.ts'
import type { Resource } from './resource.ts'

/** What can be decided for a mitigation on a server, in the order in which it is asked. */
export const VERDICTS = [
  'unknown',
  'disabled',
  'not-applicable',
  'fixed',
  'blocked',
  'not-selected',
  'unsupported',
  'audit',
  'enforced',
] as const
export type Verdict = (typeof VERDICTS)[number]

/** One question on the way to a verdict, for `explain`. */
export interface Question {
  readonly verdict: Verdict
  readonly asked: string
  readonly answer: string
  readonly holds: boolean
  readonly origin?: Origin
}

/** What was decided for one mitigation on one server. */
export interface Decision {
  readonly mitigation: string
  readonly verdict: Verdict
  readonly mode: Mode
  /** In words. */
  readonly reason: string
  readonly origin: Origin
  /** Every question up to the one that held. */
  readonly questions: readonly Question[]
  /** converge: make it as wanted. remove: what we own goes. keep: nothing changes, what is there stays. */
  readonly effect: 'converge' | 'remove' | 'keep'
  /** Role and build are in its range and no build fixes it (yet); null: a needed fact is unknown. */
  readonly applies: boolean | null
  readonly fixed: boolean | null
  /** Below `keepUntil`, so it stays although the fix is installed. */
  readonly keeps: boolean
  readonly selected: boolean
  /** Only policies that name it select it. */
  readonly optIn?: boolean
  /** All that it does is ping. */
  readonly harmless: boolean
  /** It is wanted (again) because this block ran out; `hold`: only `allow` or a later commit lets it happen. */
  readonly expired?: { readonly block: string; readonly hold: boolean }
}

/** One resource that should, or should no longer, be on the server, with everyone who asks for it. */
export interface DesiredResource {
  readonly resource: Resource
  /** Mitigations with effect `converge` that ask for it; empty: nobody does. */
  readonly wantedBy: readonly Decision[]
  /** Mitigations that ask for it in principle, but not now. */
  readonly unwantedBy: readonly Decision[]
  /** Mitigation by mitigation in order of the catalogue, then as listed there. */
  readonly order: number
}

/** What one server should be. */
export interface DesiredState {
  readonly decisions: readonly Decision[]
  readonly resources: readonly DesiredResource[]
  /** The first moment (milliseconds since 1970) at which time alone could change a decision. */
  readonly until: number | null
  readonly warnings: readonly string[]
}
