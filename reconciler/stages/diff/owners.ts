import type { Decision } from '../../model/verdict.ts'
import type { Observed } from '../observe.ts'

/** A field that we set and that is not asked for any more is to go back. */
export function gaveUp(owned: NonNullable<Observed['owned']>, { resource }: Observed): boolean {
  return Object.keys(owned.want).some((field) => !(field in resource.want))
}

/** A field that is asked for only now: what is there, be it as wanted, is to be remembered before it counts as ours. */
export function asksMore(owned: NonNullable<Observed['owned']>, { resource }: Observed): boolean {
  return Object.keys(resource.want).some((field) => !(field in owned.want))
}

/** Whether somebody who is blocked, say, made more of it than is wanted now: that stays, and so does what we remember. */
export function staysFor(one: Observed): boolean {
  if (one.owned === null || one.wantedBy.length === 0 || !gaveUp(one.owned, one)) return false
  return keeping(one).length > 0
}

/** Those for whom it is: who enforces it, not who only audits it; and whose part in it is kept, by a block say. */
export function ownersOf(one: Observed): readonly string[] {
  const enforcing = one.wantedBy.filter(({ mode }) => mode === 'enforce')
  return [...enforcing, ...keeping(one)].map(({ mitigation }) => mitigation)
}

/** Those we made it for, where nothing is to change for them although they do not ask for it now. */
function keeping({ unwantedBy, owned }: Observed): readonly Decision[] {
  const before = new Set(owned?.mitigations.map((name) => name.toLowerCase()))
  return unwantedBy.filter(
    ({ mitigation, effect }) => effect === 'keep' && before.has(mitigation.toLowerCase()),
  )
}

/** Whose word counts for a resource of ours that nobody wants: that of the mitigations we made it for. */
export function deciding(one: Observed): readonly Decision[] {
  const owners = new Set(
    (one.owned?.mitigations ?? [one.resource.mitigation]).map((name) => name.toLowerCase()),
  )
  const decisions = one.unwantedBy.filter((decision) => owners.has(decision.mitigation.toLowerCase()))
  return decisions.length > 0 ? decisions : one.unwantedBy
}
