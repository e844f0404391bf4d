import { equalFields, equalJson } from '../../model/equal.ts'
import type { Fields } from '../../model/resource.ts'
import type { Decision } from '../../model/verdict.ts'
import type { Observed } from '../observe.ts'
import { type Past, undoOf } from './cause.ts'
import { acts, asksNothing, due, type Judged, unreadable } from './judged.ts'
import { deciding } from './owners.ts'

/** What is thought of a resource that nobody wants, or not any more. */
export function unwanted(one: Observed, past: Past): Judged {
  const { reading } = one
  const ours = one.owned !== null || (reading.is === 'present' && reading.ours)
  if (!ours) return foreign(one, past)
  const owners = deciding(one)
  if (owners.some((decision) => decision.effect !== 'remove')) return kept(one)
  // Nothing is to be done, and nothing is forgotten: a site that was taken away may come back.
  if (reading.is === 'unknown' && reading.gone)
    return { ...one, state: 'absent', reason: reading.why, claim: 'keep', inEffect: false }
  if (reading.is === 'unknown') return unreadable(one, undoOf(one, past))
  if (reading.is !== 'present') return { ...one, state: 'absent', claim: 'drop', inEffect: false }
  // Ours is gone from the path, and whatever a level above says was never ours.
  if (reading.inherited !== undefined) return { ...one, state: 'absent', claim: 'drop', inEffect: acts(one) }
  if (one.owned === null || reading.ours) return due(one, { ...undoOf(one, past), before: reading.fields })
  return value(one, reading.fields, one.owned, past)
}

/** A value goes back field by field, and only where it still is what we set. */
function value(one: Observed, fields: Fields, owned: NonNullable<Observed['owned']>, past: Past): Judged {
  const forgotten = owned.before.forgotten === true
  const before = forgotten ? (one.resource.otherwise ?? null) : owned.before.fields
  // More may be remembered than is asked for now: what could not go back yet. What nothing is said of stays as it is.
  const names = Object.keys(fields).filter((name) => before === null || name in before)
  if (before !== null && names.every((name) => equalJson(fields[name], before[name])))
    return { ...one, state: 'absent', claim: 'drop', inEffect: false }
  const goesBack = names.some(
    (name) =>
      equalJson(fields[name], owned.want[name]) &&
      !(before !== null && equalJson(before[name], owned.want[name])),
  )
  if (goesBack) return due(one, { ...undoOf(one, past), before: fields })
  // Somebody put it back by hand, as was asked for; nobody can say more of it.
  if (forgotten && before === null) return { ...one, state: 'absent', claim: 'drop', inEffect: false }
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
  if (asWanted && past.lost && reading.inherited === undefined && one.unwantedBy.every(mayHaveBeenOurs)) {
    // Remembered even where it is held: the next pass has a record again, in which nothing is lost.
    return { ...due(one, { ...undoOf(one, past), before: reading.fields }), claim: 'adopt' }
  }
  const done = one.unwantedBy.some((decision) => decision.verdict === 'fixed')
  return asWanted && done
    ? { ...base, state: 'leftover', reason: 'it was not made by us, so it stays', inEffect: true }
    : { ...base, state: 'absent', inEffect: asWanted }
}
