import { StopgapError } from '../errors/error.ts'
import type { ServerReport } from '../model/report.ts'
import type { Target } from '../model/target.ts'
import type { Passed } from '../pipeline/pass.ts'
import { converge } from '../pipeline.ts'
import { applyJson, runId } from '../reporters/json.ts'
import { applyText } from '../reporters/text/apply.ts'
import { planText } from '../reporters/text/plan.ts'
import type { World } from '../stages/assess.ts'
import { offerRun, plansOfRun } from '../state/plans.ts'
import { now } from '../util/clock.ts'
import type { Limiter } from '../util/limit.ts'
import { type CommonFlags, type Console, printJson } from './context.ts'
import {
  type Estate,
  narrowed,
  openEstate,
  policyWarnings,
  requireMitigations,
  unprotectedBy,
} from './estate.ts'
import { applyCode, sourceCode, worstOf } from './exit.ts'
import { checklistsOf, isNamed, prepareAll } from './plan.ts'
import { overServers, runOf } from './run-of.ts'

const PASSES = 3

export interface ApplyFlags extends CommonFlags {
  readonly yes?: boolean | undefined
  /** Exactly the plan with this id, of a server or of a whole run, or nothing. */
  readonly plan?: string | undefined
  /** Servers whose records may be taken over from another instance. */
  readonly takeOver?: readonly string[] | undefined
}

/** Converges once. */
export async function apply(flags: ApplyFlags, console: Console): Promise<number> {
  const estate = await openEstate(flags, console, 'apply')
  try {
    const takeOver = flags.takeOver ?? []
    requireKnown(takeOver, estate.parts.targets)
    const prepared = await prepareAll(estate, estate.parts.targets, { takeOver }, console.signal)
    requireMitigations(flags, prepared, estate.catalogue)
    const chosen = await choose(prepared, estate, flags.plan)
    if (!(await agreed(chosen.reports, estate, flags, console))) {
      console.tell('Nothing was written.')
      return sourceCode(estate.renewed)
    }
    const unprotected = unprotectedBy(prepared)
    const reports = await carryOut(
      chosen,
      { estate, unprotected, takeOver, exact: flags.plan !== undefined },
      console,
    )
    const run = runOf(
      estate.catalogue.revision,
      reports.map((report) => narrowed(report, flags)),
    )
    // Its id is printed too, so `allow` has to know it.
    await offerRun(estate.parts.state, run)
    if (flags.json) printJson(console, applyJson(run))
    else console.out(applyText(run, console.paint))
    return worstOf([sourceCode(estate.renewed), applyCode(reports)])
  } finally {
    await estate.parts.close()
  }
}

interface Chosen {
  readonly targets: readonly Target[]
  readonly reports: readonly ServerReport[]
}

/** With the id of one server's plan only that server is touched; an id that nobody has is refused. */
async function choose(
  reports: readonly ServerReport[],
  { parts }: Estate,
  id: string | undefined,
): Promise<Chosen> {
  const all = { targets: parts.targets, reports }
  if (id === undefined || runId(reports) === id) return all
  const named = reports.filter(({ plan }) => plan?.id === id)
  const mine = named.length > 0 ? named : await ofRun(reports, parts, id)
  return {
    targets: parts.targets.filter(({ name }) => mine.some(({ server }) => server === name)),
    reports: mine,
  }
}

/** The id of a plan over some servers stands for those, if each of them still has the plan that it had then. */
async function ofRun(
  reports: readonly ServerReport[],
  { state }: Estate['parts'],
  id: string,
): Promise<readonly ServerReport[]> {
  const plans = (await plansOfRun(state, id)) ?? []
  const mine = reports.filter((report) =>
    plans.some((plan) => plan.server === report.server && plan.id === report.plan?.id),
  )
  if (mine.length === 0 || mine.length < plans.length) throw new StopgapError('PLAN_UNKNOWN', { id })
  return mine
}

async function agreed(
  reports: readonly ServerReport[],
  estate: Estate,
  flags: ApplyFlags,
  console: Console,
): Promise<boolean> {
  if (flags.yes || flags.json || flags.plan !== undefined || console.ask === null) return true
  if (reports.every(({ plan }) => (plan?.changes.length ?? 0) === 0)) return true
  const run = runOf(estate.catalogue.revision, reports)
  for (const warning of policyWarnings(estate)) console.tell(`warning ${warning}`)
  console.out(planText(run, console.paint, checklistsOf(estate.catalogue)))
  return console.ask('Write these changes?')
}

interface Terms {
  readonly estate: Estate
  readonly unprotected: number
  readonly takeOver: readonly string[]
  /** Only what was planned: who moved in between gets nothing written. */
  readonly exact: boolean
}

async function carryOut(
  { targets, reports }: Chosen,
  { estate, unprotected, takeOver, exact }: Terms,
  console: Console,
): Promise<readonly ServerReport[]> {
  const { parts, world: then, catalogue } = estate
  const planned = new Map(reports.map((report) => [report.server, report.plan?.id]))
  // A person agreed to what was shown, so that is what is carried out.
  const bound = exact || console.ask !== null
  const pass = async (target: Target, place: Limiter) => {
    const world: World = { ...then, unprotected, now: { time: now(), trusted: true } }
    const turn = parts.rollout.turn(target, catalogue.revision, place)
    const options = { world, stores: parts.stores, takeOver: isNamed(takeOver, target), turn }
    let passed = await converge(
      target,
      { ...options, exactly: bound ? planned.get(target.name) : undefined },
      console.signal,
    )
    const unfinished = ({ report, more }: Passed) => report.result === 'conflict' || more === true
    for (let pass = 1; pass < PASSES && unfinished(passed) && !exact; pass++) {
      passed = together(passed, await converge(target, options, console.signal))
    }
    return passed
  }
  // Those that others wait for come first, so that one run is enough.
  const failed = targets.filter((target) => parts.rollout.hasFailed(target, catalogue.revision))
  const others = targets.filter((target) => !failed.includes(target))
  const done = [...(await overServers(failed, then, pass)), ...(await overServers(others, then, pass))]
  return targets.flatMap(({ name }) => done.find(({ server }) => server === name) ?? [])
}

/** What several passes did, as one. */
function together(first: Passed, second: Passed): Passed {
  const kept = (first.report.outcome ?? []).filter((one) => one.result === 'applied')
  const outcome = [...kept, ...(second.report.outcome ?? [])]
  return { ...second, report: { ...second.report, ...(outcome.length > 0 ? { outcome } : {}) } }
}

function requireKnown(names: readonly string[], targets: readonly Target[]): void {
  const missing = names.find((name) => !targets.some((target) => isNamed([name], target)))
  if (missing === undefined) return
  const remedy = `Configured: ${targets.map(({ name }) => name).join(', ')}.`
  throw new StopgapError('ARGUMENT_INVALID', { what: `no server is called ${missing}`, remedy })
}
