import type { StopgapError } from '../errors/error.ts'
import type { Plan } from '../model/plan.ts'
import type { Outcome, PassResult, ServerReport } from '../model/report.ts'
import type { Assessment, World } from '../stages/assess.ts'
import { flapping, flappingWarning, type Stops } from '../stages/flapping.ts'
import { laneOfServer, reportOf } from '../stages/report.ts'

/** What became of a plan; nothing yet, before anything is carried out. */
export interface Carried {
  readonly plan: Plan
  readonly outcomes: readonly Outcome[]
  readonly conflict: boolean
  /** What was wrong before it and is no more, such as a damaged record: it is told once. */
  readonly mended: readonly string[]
}

/** A plan of which nothing was carried out. */
export function untouched(plan: Plan): Carried {
  return { plan, outcomes: [], conflict: false, mended: [] }
}

/** What there is to say of a server that no pass could be made on: what the last one found, and why this one failed. */
export function unreached(
  last: ServerReport | null,
  server: string,
  error: StopgapError,
  { catalogue, now }: World,
): ServerReport {
  const { code, message, hint } = error
  const known = last ?? { enabled: true, warnings: [], mitigations: [], revision: catalogue.revision }
  return { ...known, server, at: now.time, result: 'unreachable', error: { code, message, hint } }
}

/** Reports of passes are kept for every server; the questions are asked again where somebody wants them explained. */
export function inShort(report: ServerReport): ServerReport {
  return { ...report, mitigations: report.mitigations.map((one) => ({ ...one, questions: [] })) }
}

/** All that a pass found and did. */
export function reportFor(found: Assessment, carried: Carried, stops: Stops, world: World): ServerReport {
  const { plan, outcomes, mended } = carried
  const { facts, desired, judged } = found
  const { catalogue, now } = world
  const held = found.plan.held
  const restless = flapping(stops)
  const mitigations = reportOf({
    decisions: desired.decisions,
    judged,
    held,
    outcomes,
    restless,
    mitigations: catalogue.mitigations,
  })
  const lane = laneOfServer(facts)
  return {
    server: plan.server,
    revision: catalogue.revision,
    at: now.time,
    // What is only audited is as it should be.
    result: resultOf(mitigations, carried, held.filter(({ reason }) => reason !== 'audit').length),
    facts,
    ...(lane === undefined ? {} : { lane }),
    enabled: !desired.decisions.some((decision) => decision.verdict === 'disabled'),
    warnings: [...mended, ...found.warnings, ...restless.map(flappingWarning)],
    mitigations,
    plan: { id: plan.id, changes: plan.changes, held: outcomes.length === 0 ? plan.held : held, diffs: [] },
    ...(outcomes.length === 0 ? {} : { outcome: outcomes }),
  }
}

function resultOf(mitigations: ServerReport['mitigations'], carried: Carried, held: number): PassResult {
  if (carried.conflict) return 'conflict'
  if (carried.outcomes.some((one) => one.result !== 'applied')) return 'failed'
  if (mitigations.some((one) => one.state === 'failed' || one.state === 'unknown')) return 'failed'
  if (held > 0) return 'held'
  return carried.plan.changes.length > 0 ? 'changed' : 'converged'
}
