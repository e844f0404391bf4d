import type { Catalogue } from '../model/catalogue.ts'
import type { ServerReport } from '../model/report.ts'
import type { Target } from '../model/target.ts'
import { prepare } from '../pipeline.ts'
import { planJson } from '../reporters/json.ts'
import { type Checklists, planText } from '../reporters/text/plan.ts'
import { offerRun } from '../state/plans.ts'
import { type CommonFlags, type Console, printJson } from './context.ts'
import {
  type Estate,
  narrowed,
  openEstate,
  policyWarnings,
  requireMitigations,
  unprotectedBy,
} from './estate.ts'
import { planCode, sourceCode, worstOf } from './exit.ts'
import { overServers, runOf } from './run-of.ts'

/** What would change on each server and why. Writes nothing on servers, in records or in the journal. */
export async function plan(flags: CommonFlags, console: Console): Promise<number> {
  const estate = await openEstate(flags, console, null)
  try {
    const reports = await prepareAll(estate, estate.parts.targets, { takeOver: [] }, console.signal)
    requireMitigations(flags, reports, estate.catalogue)
    const run = runOf(
      estate.catalogue.revision,
      reports.map((report) => narrowed(report, flags)),
    )
    await offerRun(estate.parts.state, run)
    if (flags.json) printJson(console, planJson(run))
    else {
      for (const warning of policyWarnings(estate)) console.tell(`warning ${warning}`)
      console.out(planText(run, console.paint, checklistsOf(estate.catalogue)))
    }
    return worstOf([sourceCode(estate.renewed), planCode(reports)])
  } finally {
    await estate.parts.close()
  }
}

export interface PrepareOptions {
  readonly takeOver: readonly string[]
}

/** The plan of every server. What one revision takes from several servers is only known once all were looked at. */
export async function prepareAll(
  { parts, world }: Estate,
  targets: readonly Target[],
  { takeOver }: PrepareOptions,
  signal: AbortSignal,
): Promise<readonly ServerReport[]> {
  const { stores, rollout } = parts
  const { revision } = world.catalogue
  const pass = (unprotected: number) => (target: Target) =>
    prepare(
      target,
      {
        world: { ...world, unprotected },
        stores,
        takeOver: isNamed(takeOver, target),
        turn: rollout.turn(target, revision),
      },
      signal,
    )
  const reports = await overServers(targets, world, pass(0))
  const unprotected = unprotectedBy(reports)
  return unprotected > world.limits.maxUnprotected ? overServers(targets, world, pass(unprotected)) : reports
}

/** Whether a server is among the names on the command line; without case, as everywhere. */
export function isNamed(names: readonly string[], { name }: Target): boolean {
  return names.some((one) => one.toLowerCase() === name.toLowerCase())
}

/** What a person must have checked, by mitigation. */
export function checklistsOf(catalogue: Catalogue): Checklists {
  return new Map(catalogue.mitigations.map(({ name, checklist }) => [name, checklist]))
}
