import type { Facts } from '../model/facts.ts'
import type { ServerRecord } from '../model/record.ts'
import type { Decision } from '../model/verdict.ts'
import type { Context } from '../policy/context.ts'
import { orphanDecision } from '../policy/orphan.ts'
import type { World } from './assess.ts'
import { resolve } from './resolve.ts'

/** What was last known of one server. */
export interface LastKnown {
  readonly server: string
  readonly facts: Facts
  readonly record: ServerRecord
}

/** Whether this revision takes from the server something that protects it: ours, and no longer selected. */
export function losesProtection(world: World, last: LastKnown): boolean {
  const context: Context = {
    now: world.now,
    retireAfter: world.retireAfter,
    fixedSince: {},
    server: last.server,
    versions: () => ({ is: 'unknown', why: 'not looked at' }),
  }
  const { decisions } = resolve(world.catalogue, last.facts, world.kinds, context)
  const byName = new Map(decisions.map((decision) => [decision.mitigation.toLowerCase(), decision]))
  const owners = new Set(Object.values(last.record.owned).flatMap((entry) => entry.mitigations))
  return [...owners].some((name) => {
    const decision: Decision =
      byName.get(name.toLowerCase()) ?? orphanDecision({ name, harmless: false }, world.catalogue, context)
    return decision.verdict === 'not-selected' && !decision.harmless
  })
}
