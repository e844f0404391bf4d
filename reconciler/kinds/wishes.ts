import type { Unknown } from '../iis/known.ts'
import type { Before, HeldReason, Wish } from '../model/resource.ts'

/** A wish that cannot be worked out; a reason that forbids to write is passed on as held. */
export function unknownWish(unknown: Unknown): Wish {
  if (unknown.held !== undefined) return { is: 'held', reason: unknown.held, detail: unknown.why }
  return { is: 'unknown', why: unknown.why }
}

/** Nothing needs to be done. */
export function nothing(before: Before | null): Extract<Wish, { is: 'wish' }> {
  return { is: 'wish', parts: [], before: before ?? { fields: null } }
}

/** A change that is not to be made, with its reason in words for people. */
export function held(reason: HeldReason, detail: string): Wish {
  return { is: 'held', reason, detail }
}

/** Held because what was there before us is neither remembered nor specified. */
export function unowned(what: string): Wish {
  const detail = `nobody remembers what ${what} was before, and the mitigation does not say what to use otherwise`
  return held('unowned', detail)
}
