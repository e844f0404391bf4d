import { asStopgapError, StopgapError } from './errors/error.ts'
import type { Plan } from './model/plan.ts'
import type { ServerRecord } from './model/record.ts'
import type { Outcome, PassResult, ServerReport } from './model/report.ts'
import { type Memory, noMemory, type Stores } from './model/store.ts'
import type { Eye, Known, Step, Target } from './model/target.ts'
import { type AnySighting, type Query, thingKey } from './model/thing.ts'
import type { Assessment, ServerWorld, World } from './stages/assess.ts'
import { type Inspection, inspect } from './stages/inspect.ts'
import { intend, recordStep } from './stages/intend.ts'
import { changeEntries, planEntry } from './stages/journal.ts'
import { joined, knownOf } from './stages/look.ts'
import { remembered } from './stages/plan.ts'
import { remember } from './stages/remember.ts'
import { laneOfServer, reportOf } from './stages/report.ts'
import { type Done, settle } from './stages/settle.ts'
import { madeAsDone } from './stages/unsettled.ts'
import { digestOf } from './util/digest.ts'

/** What a pass leaves behind for the next one: enough to tell that nothing has moved. */
export interface Conclusion {
  readonly queries: readonly Query[]
  readonly known: Known
  /** When time alone could change something (milliseconds since 1970); null: never. */
  readonly until: number | null
}

export interface Passed {
  readonly report: ServerReport
  readonly plan: Plan
  /** Null where the next pass has to look at everything anew. */
  readonly conclusion: Conclusion | null
}

export interface PassOptions {
  readonly world: World
  readonly stores: Stores
  readonly takeOver?: boolean
  /** What the last pass looked at: saves round trips. */
  readonly queries?: readonly Query[]
  /** Exactly the plan with this id, or nothing. */
  readonly exactly?: string | undefined
}

/** What became of a plan; nothing yet, before anything is carried out. */
interface Carried {
  readonly plan: Plan
  readonly outcomes: readonly Outcome[]
  readonly conflict: boolean
  /** What was wrong before it and is no more, such as a damaged record: it is told once. */
  readonly mended: readonly string[]
}

/** The line up to the plan: it is only given an eye, so that it cannot write. */
export async function prepare(eye: Eye, options: PassOptions, signal: AbortSignal): Promise<Passed> {
  const own = await ownWorld(eye.name, options)
  const seen = await inspect(eye, { world: options.world, own }, options, signal)
  const carried = { plan: seen.found.plan, outcomes: [], conflict: false, mended: [] }
  return { report: reportFor(seen.found, carried, options.world), plan: carried.plan, conclusion: null }
}

/** One pass of the whole line over one server. One that cannot be made is remembered as such, for `status`. */
export async function converge(target: Target, options: PassOptions, signal: AbortSignal): Promise<Passed> {
  try {
    return await pass(target, options, signal)
  } catch (thrown) {
    const error = asStopgapError(thrown)
    if (!signal.aborted && error.code !== 'PLAN_MOVED') await rememberFailure(target.name, error, options)
    throw thrown
  }
}

async function pass(target: Target, options: PassOptions, signal: AbortSignal): Promise<Passed> {
  const { world, stores } = options
  const own = await ownWorld(target.name, options)
  const start = await inspect(target, { world, own }, options, signal)
  const { plan, see, open } = start.found
  if (options.exactly !== undefined && plan.id !== options.exactly) {
    throw new StopgapError('PLAN_MOVED', { server: plan.server, asked: options.exactly, found: plan.id })
  }
  const news = plan.held.length > 0 && (await stores.offer(plan))
  const steps = open ? intend(plan, ownRecord(start.found), see) : []
  if (news && steps.length === 0) await stores.journal(world.catalogue.revision, [planEntry(plan)])
  if (steps.length === 0)
    return close(start, { plan, outcomes: [], conflict: false, mended: [] }, own, options)
  await noteTakeOver(start.found, own, options)
  await secure(start.found, steps, stores)
  const acted = await target.act(steps, start.view.queries, signal)
  const view = joined(start.view, start.view.queries, acted.sightings)
  const after = await inspect(target, { world, own }, { view }, signal)
  const { outcomes, conflict } = settle(plan, { steps, results: acted.results }, after.found.judged)
  await stores.journal(world.catalogue.revision, changeEntries(plan, outcomes, start.found.desired.decisions))
  const record = recordAfter(start.found, after.found, { steps, results: acted.results, conflict })
  const settled = record === null ? after : await writeRecord(target, { after, record }, stores, signal)
  const mended = start.found.warnings.filter((warning) => !after.found.warnings.includes(warning))
  return close(settled, { plan, outcomes, conflict, mended }, own, options)
}

/** What the record is to say after the steps; null: as it stands. After a conflict the intent stays, for the next pass. */
function recordAfter(
  before: Assessment,
  after: Assessment,
  done: Done & { readonly conflict: boolean },
): ServerRecord | null {
  const record = done.conflict ? ownRecord(after) : remembered(after.judged, after.planContext)
  if (record === null || !after.open) return done.conflict ? null : record
  return { ...record, made: madeAsDone(record.made, ownRecord(before)?.made ?? {}, done) }
}

async function ownWorld(server: string, { stores, takeOver }: PassOptions): Promise<ServerWorld> {
  const [memory, recordCopy, released] = await Promise.all([
    stores.memory(server),
    stores.recordCopy(server),
    stores.released(server),
  ])
  return { server, memory: memory ?? noMemory(server), recordCopy, released, takeOver: takeOver ?? false }
}

/** Before the first write: backups of what will be replaced, the copy of the record, the journal. */
async function secure(
  { plan, planContext, see }: Assessment,
  steps: readonly Step[],
  stores: Stores,
): Promise<void> {
  for (const step of steps) {
    if (step.thing !== 'file') continue
    const seen = see('file', step.name)
    if (seen.is === 'here') await stores.backUp(plan.server, step.name, seen.value)
  }
  await stores.copyRecord(plan.record)
  if (plan.changes.length > 0) await stores.journal(planContext.revision, [planEntry(plan)])
}

async function noteTakeOver(
  { record }: Assessment,
  { server, takeOver }: ServerWorld,
  { world, stores }: PassOptions,
): Promise<void> {
  if (!takeOver || record === null || record.instance === world.instance) return
  await stores.journal(world.catalogue.revision, [{ is: 'take-over', server, from: record.instance }])
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

async function rememberFailure(
  server: string,
  error: StopgapError,
  { world, stores }: PassOptions,
): Promise<void> {
  try {
    const memory = (await stores.memory(server)) ?? noMemory(server)
    await stores.remember({ ...memory, report: unreached(memory.report, server, error, world) })
  } catch {
    // Where the state folder cannot be written to, that is what is told already.
  }
}

/** What the server's own record says, whatever our copy of it does: a damaged one is to be written anew. */
function ownRecord({ recordRead }: Assessment): ServerRecord | null {
  return recordRead.is === 'record' ? recordRead.record : null
}

/** What was seen to be ours after the writes. If this fails the next pass finds it out again. */
async function writeRecord(
  target: Target,
  { after, record }: { readonly after: Inspection; readonly record: ServerRecord },
  stores: Stores,
  signal: AbortSignal,
): Promise<Inspection> {
  const step = recordStep(record, ownRecord(after.found), after.found.see)
  if (step === null) return after
  await stores.copyRecord(record)
  const { results } = await target.act([step], [], signal)
  const written: AnySighting =
    results[0]?.is === 'done' && step.become !== 'absent'
      ? { is: 'here', digest: digestOf(step.become), value: step.become }
      : { is: 'unknown', why: 'it could not be written' }
  const sightings = new Map([[thingKey('file', step.name), written]])
  return { ...after, view: joined(after.view, [], sightings) }
}

async function close(
  seen: Inspection,
  carried: Carried,
  own: ServerWorld,
  options: PassOptions,
): Promise<Passed> {
  const { found, view } = seen
  const report = inShort(reportFor(found, carried, options.world))
  const made = carried.plan.changes.filter(
    (change) =>
      own.released.has(change.id) &&
      carried.outcomes.some((one) => one.key === change.key && one.result === 'applied'),
  )
  if (own.released.size > 0) {
    const waiting = new Set([...found.plan.changes, ...found.plan.held].map((change) => change.id))
    await options.stores.spend(own.server, waiting, new Set(made.map((change) => change.id)))
  }
  const memory = remember(own.memory, {
    report,
    outcomes: carried.outcomes,
    open: found.open,
    fixedSince: found.fixedSince,
    allowed: made.map((change) => change.key),
  })
  await options.stores.remember(memory)
  const done = report.result !== 'failed' && report.result !== 'conflict'
  const quiet =
    done && carried.mended.length === 0 && (carried.outcomes.length === 0 || found.plan.changes.length === 0)
  const conclusion = quiet
    ? { queries: view.queries, known: knownOf(view), until: untilOf(found, memory, options.world) }
    : null
  return { report, plan: carried.plan, conclusion }
}

/** Only moments to come: one that has passed would make every further pass due at once. */
function untilOf({ desired }: Assessment, { corrections }: Memory, { now }: World): number | null {
  const fights = Object.values(corrections).map((fight) => fight.until)
  const moments = [desired.until, ...fights].filter(
    (moment) => moment !== null && moment > now.time,
  ) as number[]
  return moments.length === 0 ? null : Math.min(...moments)
}

/** Reports of passes are kept for every server; the questions are asked again where somebody wants them explained. */
function inShort(report: ServerReport): ServerReport {
  return { ...report, mitigations: report.mitigations.map((one) => ({ ...one, questions: [] })) }
}

function reportFor(found: Assessment, carried: Carried, world: World): ServerReport {
  const { plan, outcomes, mended } = carried
  const { facts, desired, judged } = found
  const { catalogue, now } = world
  const held = found.plan.held
  const mitigations = reportOf({
    decisions: desired.decisions,
    judged,
    held,
    outcomes,
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
    warnings: [...mended, ...found.warnings],
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
