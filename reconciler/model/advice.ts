import type { HeldReason } from './resource.ts'

/** Reasons that an operator can release with `stopgap allow`. */
export const ALLOWABLE: ReadonlySet<HeldReason> = new Set<HeldReason>([
  'limit',
  'unprotects',
  'expired',
  'fight',
  'rollout',
])

const ADVICE: { readonly [reason in HeldReason]: string } = {
  audit: 'Nothing to do: it is in audit. Set mode: enforce in the policy to have it written.',
  limit: 'More than the limits allow at once. Check the list, then release it:',
  unprotects: 'It would take protection away that nothing replaces. If that is meant, release it:',
  unowned: 'Nobody remembers what was there before. Put it back by hand, or give the resource an otherwise.',
  'would-break': 'IIS could no longer read this path. Repair the named file first.',
  ineffective: 'Something foreign keeps it from acting. Correct the named file or rule.',
  dependents: 'Other services depend on it. Stop those first, or name them in a mitigation.',
  conflict: 'Two mitigations or two writers disagree. Make one of them give way.',
  fight: 'Somebody keeps changing it back. Find out who, then release it:',
  setup:
    'Nothing is written until Exchange Setup is done. Let it finish or complete it; the next pass goes on by itself.',
  maintenance: 'The server is in maintenance. It goes on by itself when that ends.',
  'other-owner': 'Another instance owns this server. Stop it, or take over: stopgap apply --take-over SERVER',
  'wrong-host': 'The server says it has another name. Correct the name in stopgap.yaml.',
  redirected: 'Its configuration lies elsewhere (a shared configuration). Mitigate it where it lies.',
  rollout:
    'A write of this revision failed on another server. Correct that one, commit something better, or release it:',
  expired: 'A block ran out. Extend it by a commit, or release it:',
}

/** What to do about a held change, in words; ends with the command where there is one. `id` is that of its plan. */
export function adviceOf(reason: HeldReason, id: string): string {
  return ALLOWABLE.has(reason) ? `${ADVICE[reason]} stopgap allow ${id}` : ADVICE[reason]
}
