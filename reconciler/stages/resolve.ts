import type { Catalogue } from '../model/catalogue.ts'
import type { Facts } from '../model/facts.ts'
import type { Kind } from '../model/resource.ts'
import type { Decision, DesiredState } from '../model/verdict.ts'
import { type Context, type ServerView, viewOf } from '../policy/context.ts'
import { decide, earliest } from '../policy/decide.ts'
import { caseOf } from '../policy/questions.ts'
import { desiredResources } from './desired.ts'

/**
 * Decides every mitigation of the catalogue for one server, and says which resources follow. Pure: the same values
 * give the same state; `until` is when time alone could change it.
 */
export function resolve(
  catalogue: Catalogue,
  facts: Facts,
  kinds: readonly Kind[],
  context: Context,
): DesiredState {
  const server = viewOf(catalogue, context.server)
  const decided = catalogue.mitigations.map((mitigation) =>
    decide(caseOf(mitigation, server, { catalogue, facts, context })),
  )
  const decisions = decided.map(({ decision }) => decision)
  return {
    decisions,
    resources: desiredResources(catalogue.mitigations, decisions, kinds),
    until: earliest(decided.map(({ until }) => until)),
    warnings: warningsOf(catalogue, server, decisions, context),
  }
}

function warningsOf(
  catalogue: Catalogue,
  server: ServerView,
  decisions: readonly Decision[],
  { now }: Context,
): readonly string[] {
  // Being selected for something opt-in elsewhere does not help this server, so decisions are asked, not policies.
  const warnings: string[] = []
  if (!decisions.some(({ selected }) => selected)) {
    warnings.push(
      server.policies.length === 0
        ? `no policy selects the server ${server.name}`
        : `the policies for the server ${server.name} select no mitigation`,
    )
  }
  if (now.time < catalogue.time) {
    warnings.push(
      'the clock is earlier than the commit in force: no block runs out and no mitigation retires by time',
    )
  } else if (!now.trusted) {
    warnings.push(
      'the clock jumped by more than an hour: no block runs out and no mitigation retires by time',
    )
  }
  return warnings
}
