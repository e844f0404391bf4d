import type { Cause, State, Verb } from '../model/plan.ts'
import type { Fields, HeldReason } from '../model/resource.ts'
import type { Decision } from '../model/verdict.ts'
import { equalFields, equalJson } from './fields.ts'
import type { Observed } from './observe.ts'

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

/** What was the case at the last good pass. */
export interface Past {
  /** The build moved since then. */
  readonly upgraded: boolean
  /** The revision moved since then. */
  readonly moved: boolean
  readonly states: ReadonlyMap<string, State>
  /** Nobody knows what this server had before us: the record is gone, and so is its copy. */
  readonly lost: boolean
}

/** Compares what was read with what is wanted. */
export function diff(observed: readonly Observed[], past: Past): readonly Judged[] {
  return observed.map((one) =>
    one.wantedBy.length > 0 ? { ...wanted(one, past), ...remarkOn(one) } : unwanted(one, past),
  )
}

/** What others have that is like it: for people, who may want to clear it away. */
function remarkOn({ reading, resource }: Observed): { readonly warning?: string } {
  const { key } = resource
  if (reading.is === 'present' && reading.duplicate !== undefined) {
    return { warning: `${key}: an equal one stands in ${reading.duplicate} (duplicate); ours stays` }
  }
  const beside = reading.is === 'present' || reading.is === 'absent' ? reading.beside : undefined
  return beside === undefined ? {} : { warning: `${key}: ${beside} is like it, but not enough` }
}

function wanted(one: Observed, past: Past): Judged {
  const { reading, resource } = one
  switch (reading.is) {
    case 'unknown':
      return unreadable(one, { ...putOf(one, past), before: null })
    case 'missing':
      return {
        ...one,
        state: 'absent',
        reason: reading.why,
        claim: one.owned ? 'drop' : 'keep',
        inEffect: true,
      }
    case 'elsewhere':
      return {
        ...one,
        state: 'elsewhere',
        reason: reading.where,
        claim: one.owned ? 'drop' : 'keep',
        inEffect: true,
      }
    case 'absent':
      return due(one, putOf(one, past))
    case 'present':
      if (!equalFields(reading.fields, resource.want))
        return due(one, { ...putOf(one, past), before: reading.fields })
      return asWanted(one, reading, past)
  }
}

function asWanted(
  one: Observed,
  reading: Extract<Observed['reading'], { is: 'present' }>,
  past: Past,
): Judged {
  if (asksNothing(one)) return { ...one, state: 'in-sync', claim: 'keep', inEffect: true }
  if (one.owned === null && !reading.ours && !mayBeOurs(one, past)) {
    return { ...one, state: 'elsewhere', reason: 'it was so before us', claim: 'keep', inEffect: true }
  }
  if (one.owned !== null && gaveUp(one.owned, one) && !staysFor(one)) {
    return due(one, { ...putOf(one, past), before: reading.fields })
  }
  const claim = remembered(one) ? 'keep' : 'adopt'
  if (reading.flaw !== undefined) {
    const detail = `${reading.flaw.file}: ${reading.flaw.detail}`
    const difference = { ...putOf(one, past), before: reading.fields }
    return {
      ...one,
      state: 'held',
      reason: detail,
      difference,
      held: { reason: 'ineffective', detail },
      claim,
      inEffect: false,
    }
  }
  return { ...one, state: 'in-sync', claim, inEffect: true }
}

/** With all memory lost nobody can say that it was so before us; else it would never go back. */
function mayBeOurs(one: Observed, { lost }: Past): boolean {
  return lost && !asksNothing(one)
}

/** A field that we set and that is not asked for any more is to go back. */
function gaveUp(owned: NonNullable<Observed['owned']>, { resource }: Observed): boolean {
  return Object.keys(owned.want).some((field) => !(field in resource.want))
}

/** Whether somebody who is blocked, say, made more of it than is wanted now: that stays, and so does what we remember. */
export function staysFor(one: Observed): boolean {
  if (one.owned === null || one.wantedBy.length === 0 || !gaveUp(one.owned, one)) return false
  const owners = new Set(one.owned.mitigations.map((name) => name.toLowerCase()))
  return one.unwantedBy.some(
    ({ mitigation, effect }) => effect === 'keep' && owners.has(mitigation.toLowerCase()),
  )
}

/** Those for whom it is: who enforces it, not who only audits it; and whose part in it is kept, by a block say. */
export function ownersOf({ wantedBy, unwantedBy, owned }: Observed): readonly string[] {
  const before = new Set(owned?.mitigations.map((name) => name.toLowerCase()))
  const keeping = unwantedBy.filter(
    ({ mitigation, effect }) => effect === 'keep' && before.has(mitigation.toLowerCase()),
  )
  return [...wantedBy.filter(({ mode }) => mode === 'enforce'), ...keeping].map(
    ({ mitigation }) => mitigation,
  )
}

/** Whether the record already says of it exactly what is the case. */
function remembered(one: Observed): boolean {
  const { owned, resource } = one
  if (staysFor(one)) return true
  return (
    owned?.settled === true &&
    equalFields(owned.want, resource.want) &&
    equalJson(owned.spec, resource.spec) &&
    equalJson(owned.mitigations, ownersOf(one))
  )
}

function unwanted(one: Observed, past: Past): Judged {
  const { reading } = one
  const ours = one.owned !== null || (reading.is === 'present' && reading.ours)
  if (!ours) return foreign(one, past)
  const owners = deciding(one)
  if (owners.some((decision) => decision.effect !== 'remove')) return kept(one)
  if (reading.is === 'unknown') return unreadable(one, undoOf(one, past))
  if (reading.is !== 'present') return { ...one, state: 'absent', claim: 'drop', inEffect: false }
  if (one.owned === null || reading.ours) return due(one, { ...undoOf(one, past), before: reading.fields })
  return value(one, reading.fields, one.owned, past)
}

/** A value goes back field by field, and only where it still is what we set. */
function value(one: Observed, fields: Fields, owned: NonNullable<Observed['owned']>, past: Past): Judged {
  const before = owned.before.fields
  // More may be remembered than is asked for now: what could not go back yet.
  if (before !== null && Object.keys(fields).every((name) => equalJson(fields[name], before[name])))
    return { ...one, state: 'absent', claim: 'drop', inEffect: false }
  const goesBack = Object.keys(fields).some(
    (name) =>
      equalJson(fields[name], owned.want[name]) &&
      !(before !== null && equalJson(before[name], owned.want[name])),
  )
  if (goesBack) return due(one, { ...undoOf(one, past), before: fields })
  return {
    ...one,
    state: 'leftover',
    reason: 'changed since we set it; it stays as it is',
    claim: 'keep',
    inEffect: false,
  }
}

function kept(one: Observed): Judged {
  const there = one.reading.is === 'present'
  const reason = deciding(one).find((decision) => decision.effect !== 'remove')?.reason
  const inEffect = acts(one)
  if (one.reading.is === 'unknown')
    return { ...one, state: 'unknown', reason: one.reading.why, claim: 'keep', inEffect: false }
  return {
    ...one,
    state: there ? 'kept' : 'absent',
    claim: 'keep',
    inEffect,
    ...(reason === undefined ? {} : { reason }),
  }
}

/** With everything forgotten, a value may be ours only if its mitigation is for a server like this one. */
function mayHaveBeenOurs({ effect, verdict, optIn, selected }: Decision): boolean {
  const forOthers = verdict === 'not-applicable' || (optIn === true && !selected)
  return effect === 'remove' && !forOthers
}

/** A ping: it is in order when the server could be read, and there is nothing of it that could be ours. */
function asksNothing({ resource }: Observed): boolean {
  return Object.keys(resource.want).length === 0
}

/** Not wanted and not ours: never touched, but worth a word where the mitigation has done its duty. */
function foreign(one: Observed, past: Past): Judged {
  const { reading, resource } = one
  const base = { ...one, claim: 'keep' as const }
  if (reading.is === 'elsewhere') return { ...base, state: 'leftover', reason: reading.where, inEffect: true }
  if (reading.is === 'missing') return { ...base, state: 'absent', reason: reading.why, inEffect: true }
  if (reading.is === 'absent' || asksNothing(one)) return { ...base, state: 'absent', inEffect: false }
  if (reading.is === 'unknown') {
    const concerned = one.unwantedBy.some(
      (decision) => !['not-applicable', 'not-selected'].includes(decision.verdict),
    )
    return { ...base, state: concerned ? 'unknown' : 'absent', reason: reading.why, inEffect: false }
  }
  const asWanted = equalFields(reading.fields, resource.want)
  if (asWanted && past.lost && one.unwantedBy.every(mayHaveBeenOurs)) {
    return due(one, { ...undoOf(one, past), before: reading.fields })
  }
  const done = one.unwantedBy.some((decision) => decision.verdict === 'fixed')
  return asWanted && done
    ? { ...base, state: 'leftover', reason: 'it was not made by us, so it stays', inEffect: true }
    : { ...base, state: 'absent', inEffect: asWanted }
}

function due(one: Observed, difference: Difference): Judged {
  const state: State = difference.verb === 'put' && difference.cause === 'drift' ? 'drifted' : 'pending'
  return { ...one, state, difference, claim: 'keep', inEffect: acts(one) }
}

/** What is to go, or waits to, guards until it is gone; so does what stands as wanted and is only to be written down anew. */
function acts({ reading, owned, resource, wantedBy }: Observed): boolean {
  if (reading.is !== 'present') return reading.is === 'elsewhere'
  const meant = wantedBy.length > 0 ? resource.want : (owned?.want ?? resource.want)
  return reading.flaw === undefined && equalFields(reading.fields, meant)
}

function unreadable(one: Observed, difference: Difference): Judged {
  const { reading } = one
  if (reading.is !== 'unknown') throw new Error('only for what is unknown')
  const base = { ...one, reason: reading.why, claim: 'keep' as const, inEffect: false }
  if (reading.held === undefined) return { ...base, state: 'unknown' }
  return { ...base, state: 'held', difference, held: { reason: reading.held, detail: reading.why } }
}

function putOf(one: Observed, past: Past): Difference {
  return { verb: 'put', cause: putCause(one, past), before: null, after: one.resource.want }
}

function putCause(one: Observed, past: Past): Cause {
  if (one.owned === null && one.wantedBy.every((decision) => decision.expired !== undefined)) return 'expired'
  const before = past.states.get(one.resource.key.toLowerCase())
  const wasSo =
    one.owned === null
      ? !past.moved && (before === 'elsewhere' || before === 'in-sync')
      : one.owned.settled && equalFields(one.owned.want, one.resource.want)
  if (!wasSo) return 'pending'
  return past.upgraded ? 'upgrade' : 'drift'
}

function undoOf(one: Observed, past: Past): Difference {
  return { verb: 'undo', cause: undoCause(one, past), before: null, after: one.owned?.before.fields ?? null }
}

function undoCause(one: Observed, past: Past): Cause {
  const owners = deciding(one)
  // A block that kept it ran out: nobody decided this today.
  if (owners.some((decision) => decision.expired !== undefined)) return 'expired'
  const byBuild = owners.some((decision) => ['fixed', 'not-applicable'].includes(decision.verdict))
  return byBuild && (past.upgraded || !past.moved) ? 'upgrade' : 'pending'
}

/** Whose word counts for a resource of ours that nobody wants: that of the mitigations we made it for. */
export function deciding(one: Observed): readonly Decision[] {
  const owners = new Set(
    (one.owned?.mitigations ?? [one.resource.mitigation]).map((name) => name.toLowerCase()),
  )
  const decisions = one.unwantedBy.filter((decision) => owners.has(decision.mitigation.toLowerCase()))
  return decisions.length > 0 ? decisions : one.unwantedBy
}
