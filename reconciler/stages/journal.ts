import type { Change, Plan } from '../model/plan.ts'
import type { Outcome } from '../model/report.ts'
import type { JournalChange, JournalEntry } from '../model/store.ts'
import type { Decision } from '../model/verdict.ts'

/** A plan for the journal: what changes, and what is held and why. */
export function planEntry(plan: Plan): JournalEntry {
  const { server, id } = plan
  const held = plan.held.map((change) => ({ ...inShort(change), held: `${change.reason}: ${change.detail}` }))
  return { is: 'plan', server, id, changes: plan.changes.map(inShort), held }
}

/** One line a change, with the reason of the mitigation that wanted it. */
export function changeEntries(
  plan: Plan,
  outcomes: readonly Outcome[],
  decisions: readonly Decision[],
): readonly JournalEntry[] {
  const reasons = new Map(decisions.map((decision) => [decision.mitigation, decision.reason]))
  return outcomes.map((outcome) => {
    const mitigations = plan.changes.find((change) => change.key === outcome.key)?.mitigations ?? []
    return {
      is: 'change',
      server: plan.server,
      plan: plan.id,
      mitigations,
      reason: reasons.get(mitigations[0] ?? '') ?? 'no longer in the repository',
      ...outcome,
    }
  })
}

function inShort({ verb, key, cause }: Change): JournalChange {
  return { verb, key, cause }
}
