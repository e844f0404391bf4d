import { equalFields } from '../../model/equal.ts'
import type { Cause, State, Verb } from '../../model/plan.ts'
import type { Fields, HeldReason } from '../../model/resource.ts'
import type { Observed } from '../observe.ts'

/** One resource that is not as wanted. */
export interface Difference {
  readonly verb: Verb
  readonly cause: Cause
  readonly before: Fields | null
  readonly after: Fields | null
}

/** What is thought of one resource before anything is planned. */
export interface Judged extends Observed {
  readonly state: State
  readonly reason?: string
  readonly difference?: Difference
  /** Known here already to be a change that will not be made. */
  readonly held?: { readonly reason: HeldReason; readonly detail: string }
  /** What the record is to say of it from now on, as far as no change is needed for that. */
  readonly claim: 'keep' | 'adopt' | 'drop'
  /** In effect on the server, by us or by somebody else. */
  readonly inEffect: boolean
  readonly warning?: string
}

/** A ping: it is in order when the server could be read, and there is nothing of it that could be ours. */
export function asksNothing({ resource }: Observed): boolean {
  return Object.keys(resource.want).length === 0
}

/** It is to be changed. */
export function due(one: Observed, difference: Difference): Judged {
  const state: State = difference.verb === 'put' && difference.cause === 'drift' ? 'drifted' : 'pending'
  return { ...one, state, difference, claim: 'keep', inEffect: acts(one) }
}

/** What is to go, or waits to, guards until it is gone; so does what stands as wanted and is only to be written down anew. */
export function acts({ reading, owned, resource, wantedBy }: Observed): boolean {
  if (reading.is !== 'present') return reading.is === 'elsewhere'
  const meant = wantedBy.length > 0 ? resource.want : (owned?.want ?? resource.want)
  return reading.flaw === undefined && equalFields(reading.fields, meant)
}

/** It could not be read; where that also forbids to write, the change is held with its reason. */
export function unreadable(one: Observed, difference: Difference): Judged {
  const { reading } = one
  if (reading.is !== 'unknown') throw new Error('only for what is unknown')
  const base = { ...one, reason: reading.why, claim: 'keep' as const, inEffect: false }
  if (reading.held === undefined) return { ...base, state: 'unknown' }
  return { ...base, state: 'held', difference, held: { reason: reading.held, detail: reading.why } }
}
