import { equalFields, equalJson } from '../../model/equal.ts'
import type { Observed } from '../observe.ts'
import { type Past, putOf } from './cause.ts'
import { asksNothing, due, type Judged, unreadable } from './judged.ts'
import { asksMore, gaveUp, ownersOf, staysFor } from './owners.ts'

/** What is thought of a resource that somebody wants. */
export function wanted(one: Observed, past: Past): Judged {
  const { reading, resource } = one
  switch (reading.is) {
    case 'unknown':
      return unreadable(one, putOf(one, past))
    case 'missing':
      return needless(one, 'absent', reading.why)
    case 'elsewhere':
      return needless(one, 'elsewhere', reading.where)
    case 'absent':
      return due(one, putOf(one, past))
    case 'present':
      if (!equalFields(reading.fields, resource.want))
        return due(one, { ...putOf(one, past), before: reading.fields })
      return asWanted(one, reading, past)
  }
}

/** Nothing is exposed although we do nothing, and what we had made of it is no longer ours. */
function needless(one: Observed, state: 'absent' | 'elsewhere', reason: string): Judged {
  return { ...one, state, reason, claim: one.owned ? 'drop' : 'keep', inEffect: true }
}

function asWanted(
  one: Observed,
  reading: Extract<Observed['reading'], { is: 'present' }>,
  past: Past,
): Judged {
  if (asksNothing(one)) return { ...one, state: 'in-sync', claim: 'keep', inEffect: true }
  // By a level above, which may be another resource of ours: the day that goes back, this one is due.
  if (reading.inherited !== undefined) return needless(one, 'elsewhere', reading.inherited)
  // With all memory lost nobody can say that it was so before us; else it would never go back.
  if (one.owned === null && !reading.ours && !past.lost) {
    return { ...one, state: 'elsewhere', reason: 'it was so before us', claim: 'keep', inEffect: true }
  }
  if (one.owned !== null && (gaveUp(one.owned, one) || asksMore(one.owned, one)) && !staysFor(one)) {
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

/** Whether the record already says of it exactly what is the case. */
function remembered(one: Observed): boolean {
  return staysFor(one) || isRecorded(one)
}

/** It is ours, nothing of it is under way, and the record says of it what it would say once it is as wanted. */
export function isRecorded(one: Observed): boolean {
  const { owned, resource } = one
  return (
    owned?.settled === true &&
    equalFields(owned.want, resource.want) &&
    equalJson(owned.spec, resource.spec) &&
    equalJson(owned.mitigations, ownersOf(one))
  )
}
