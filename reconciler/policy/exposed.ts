import type { Decision } from '../model/verdict.ts'

/**
 * Whether the server is open to what the mitigation guards against: it applies, is not fixed and is not in effect (by
 * us or elsewhere), whatever the reason: blocked, switched off and not selected count. What is opt-in only counts
 * where it is selected, a ping never. With a fact missing nothing is claimed.
 */
export function exposed(decision: Decision, inEffect: boolean): boolean {
  if (inEffect || decision.harmless || (decision.optIn === true && !decision.selected)) return false
  return decision.applies === true && decision.fixed !== true
}
