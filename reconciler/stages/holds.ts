import type { Facts } from '../model/facts.ts'
import type { Change } from '../model/plan.ts'
import type { HeldReason } from '../model/resource.ts'
import type { Fight } from '../model/store.ts'
import type { Decision } from '../model/verdict.ts'
import type { Judged } from './diff/judged.ts'
import { deciding } from './diff/owners.ts'
import { isBackedOff } from './remember.ts'

/** Beyond which a plan is held, as `limits` of stopgap.yaml says. */
export interface Limits {
  readonly maxRemovals: number
  readonly maxStops: number
  readonly maxUnprotected: number
}

/** A change that may yet be held, with what it comes from. */
export interface Candidate {
  readonly judged: Judged
  readonly change: Change
}

/** Why a change is not made. */
export interface Hold {
  readonly reason: HeldReason
  readonly detail: string
}

export interface HoldContext {
  /** As configured. */
  readonly server: string
  readonly facts: Facts
  readonly decisions: readonly Decision[]
  /** The instance that the record on the server names, if it is not ours. */
  readonly otherOwner: string | null
  readonly limits: Limits
  /** Ids of changes that an operator released. */
  readonly released: ReadonlySet<string>
  readonly fights: { readonly [key: string]: Fight }
  /** Milliseconds since 1970. */
  readonly now: number
  /** Servers that this revision takes a protection from; only counted where there are several. */
  readonly unprotected: number
  /** Why what this revision asks for has to wait for other servers, if so. */
  readonly rollout: string | null
}

/** Why nothing at all may be written on this server, if so. */
export function serverHold({ server, facts, otherOwner }: HoldContext): Hold | null {
  if (facts.name.toLowerCase() !== server.toLowerCase()) {
    return {
      reason: 'wrong-host',
      detail: `the server calls itself ${facts.name}, it is configured as ${server}`,
    }
  }
  if (otherOwner !== null) {
    return {
      reason: 'other-owner',
      detail: `its record belongs to another Stopgap instance (${otherOwner}); to take it over: stopgap apply --take-over ${server}`,
    }
  }
  if (facts.setup === undefined) {
    return { reason: 'setup', detail: 'it cannot be told whether Exchange Setup is running' }
  }
  if (facts.setup !== 'idle') {
    return {
      reason: 'setup',
      detail: `Exchange Setup ${facts.setup === 'running' ? 'is running' : 'was left incomplete'}`,
    }
  }
  return null
}

/** Holds that can be told from the candidates alone, before anything is laid out. By `Change.id`. */
export function holdsOf(candidates: readonly Candidate[], context: HoldContext): ReadonlyMap<string, Hold> {
  const holds = new Map<string, Hold>()
  const whole = serverHold(context)
  for (const candidate of candidates) {
    const hold = whole ?? ownHold(candidate, context)
    if (hold !== null) holds.set(candidate.change.id, hold)
  }
  const open = (candidate: Candidate) =>
    !holds.has(candidate.change.id) && !context.released.has(candidate.change.id)
  for (const [id, hold] of [...unprotecting(candidates.filter(open), context)]) holds.set(id, hold)
  for (const [id, hold] of [...overLimit(candidates.filter(open), context)]) holds.set(id, hold)
  return holds
}

function ownHold(candidate: Candidate, context: HoldContext): Hold | null {
  const { judged, change } = candidate
  if (isAudit(judged)) return { reason: 'audit', detail: 'only audited: nothing is written' }
  if (judged.held !== undefined) return judged.held
  if (context.released.has(change.id)) return null
  // What was good under this revision may be put back: it takes no server further than it was.
  if (context.rollout !== null && change.cause !== 'drift') {
    return { reason: 'rollout', detail: context.rollout }
  }
  const concerned = change.verb === 'put' ? judged.wantedBy : deciding(judged)
  const expired = concerned.find((decision) => decision.expired?.hold === true)?.expired
  if (change.cause === 'expired' && expired !== undefined) {
    return {
      reason: 'expired',
      detail: `block ${expired.block} ran out; a commit after that, or allow, lets it happen`,
    }
  }
  const fight = context.fights[change.key]
  if (change.cause === 'drift' && fight !== undefined && isBackedOff(fight, context.now)) {
    const until = new Date(fight.until).toISOString()
    return {
      reason: 'fight',
      detail: `something keeps changing it back (corrected ${fight.times.length} times lately); not again before ${until}`,
    }
  }
  return null
}

/** Whether all who decide about it only audit. */
export function isAudit(judged: Judged): boolean {
  return judged.wantedBy.length > 0
    ? judged.wantedBy.every((decision) => decision.mode === 'audit')
    : deciding(judged).some((decision) => decision.mode === 'audit')
}

/** Taken back because the repository says so, not because a build has the fix. */
function isForsaken({ judged, change }: Candidate): boolean {
  return (
    change.verb === 'undo' &&
    deciding(judged).some((decision) => decision.verdict === 'not-selected' && !decision.harmless)
  )
}

function unprotecting(open: readonly Candidate[], context: HoldContext): ReadonlyMap<string, Hold> {
  const forsaken = open.filter(isForsaken)
  if (forsaken.length === 0) return new Map()
  const left = context.decisions.filter(
    (decision) => decision.verdict === 'enforced' && decision.fixed !== true && !decision.harmless,
  )
  const { maxUnprotected } = context.limits
  const detail =
    left.length === 0
      ? 'it is the last protection of this server that is in force'
      : context.unprotected > maxUnprotected
        ? `this revision takes protection from ${context.unprotected} servers (limits.maxUnprotected is ${maxUnprotected})`
        : null
  if (detail === null) return new Map()
  return new Map(forsaken.map(({ change }) => [change.id, { reason: 'unprotects', detail }]))
}

function overLimit(open: readonly Candidate[], { limits }: HoldContext): ReadonlyMap<string, Hold> {
  const removals = open.filter(
    ({ judged, change }) =>
      change.verb === 'undo' &&
      !deciding(judged).every((decision) => ['fixed', 'not-applicable'].includes(decision.verdict)),
  )
  const stops = open.filter(({ judged, change }) => change.verb === 'put' && judged.resource.stops)
  const held = (all: readonly Candidate[], limit: number, name: string) =>
    all.length > limit
      ? all.map(
          ({ change }) =>
            [
              change.id,
              { reason: 'limit', detail: `${all.length} at once, limits.${name} is ${limit}` },
            ] as const,
        )
      : []
  return new Map<string, Hold>([
    ...held(removals, limits.maxRemovals, 'maxRemovals'),
    ...held(stops, limits.maxStops, 'maxStops'),
  ])
}
