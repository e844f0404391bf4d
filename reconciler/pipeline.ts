import { asStopgapError, StopgapError } from './errors/error.ts'
import { RECORD_PATH, type ServerRecord } from './model/record.ts'
import { noMemory, type Stores } from './model/store.ts'
import type { Eye, FileStep, Step, StepResult, Target } from './model/target.ts'
import { type Query, seeing, thingKey } from './model/thing.ts'
import { actPatiently } from './pipeline/act.ts'
import { close, isAhead, stopsSeen } from './pipeline/close.ts'
import type { Passed, PassOptions } from './pipeline/pass.ts'
import { reportFor, unreached, untouched } from './pipeline/report.ts'
import { FREE } from './pipeline/rollout.ts'
import { type Assessment, assess, type ServerWorld, type World } from './stages/assess.ts'
import { foreseen } from './stages/foreseen.ts'
import { type Inspection, inspect } from './stages/inspect.ts'
import { intend, recordStep } from './stages/intend.ts'
import { changeEntries, planEntry } from './stages/journal.ts'
import { again, joined, type View } from './stages/look.ts'
import { remembered } from './stages/next-record.ts'
import { type Done, settle } from './stages/settle.ts'
import { madeAsDone } from './stages/unsettled.ts'
import { digestOf } from './util/digest.ts'

const RECORD = thingKey('file', RECORD_PATH)

/** The line up to the plan: it is only given an eye, so that it cannot write. */
export async function prepare(eye: Eye, options: PassOptions, signal: AbortSignal): Promise<Passed> {
  const own = await ownWorld(eye.name, options)
  const { found } = await inspect(eye, { world: options.world, own }, {}, signal)
  const carried = untouched(found.plan)
  const report = reportFor(found, carried, stopsSeen(own, carried, options.world), options.world)
  return { report, plan: found.plan, conclusion: null }
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
  const first = await survey(target, options, signal)
  const { turn = FREE } = options
  if (first.steps.length === 0) return rest(first, options)
  return turn.write(async (waited) => {
    signal.throwIfAborted()
    // Another server was written meanwhile, and what came of that may hold this one.
    const old = waited || first.own.rollout !== turn.held()
    const now = old ? await survey(target, options, signal, first.seen.view.queries) : first
    return now.steps.length === 0 ? rest(now, options) : carryOut(target, now, options, signal)
  })
}

/** What one pass is about to do, and all that it goes by. */
interface Survey {
  readonly own: ServerWorld
  readonly seen: Inspection
  readonly steps: readonly Step[]
}

async function survey(
  target: Target,
  options: PassOptions,
  signal: AbortSignal,
  queries?: readonly Query[],
): Promise<Survey> {
  const own = await ownWorld(target.name, options)
  const seen = await inspect(target, { world: options.world, own }, { queries }, signal)
  const { plan, see, open } = seen.found
  if (options.exactly !== undefined && plan.id !== options.exactly) {
    throw new StopgapError('PLAN_MOVED', { server: plan.server, asked: options.exactly, found: plan.id })
  }
  return { own, seen, steps: open ? intend(plan, see) : [] }
}

/** Nothing can be done now. */
async function rest({ own, seen }: Survey, options: PassOptions): Promise<Passed> {
  const { plan } = seen.found
  const news = plan.held.length > 0 && (await options.stores.offer(plan))
  if (news) await options.stores.journal(options.world.catalogue.revision, [planEntry(plan)])
  return close(seen, untouched(plan), own, options)
}

async function carryOut(
  target: Target,
  { own, seen: start, steps }: Survey,
  options: PassOptions,
  signal: AbortSignal,
): Promise<Passed> {
  const { world, stores } = options
  const { plan } = start.found
  if (plan.held.length > 0) await stores.offer(plan)
  await noteTakeOver(start.found, own, options)
  await secure(start.found, steps, stores)
  const { results, after, now } = await written(target, { own, seen: start, steps }, options, signal)
  const { outcomes, conflict } = settle(plan, { steps, results }, after.found.judged)
  await stores.journal(world.catalogue.revision, changeEntries(plan, outcomes, start.found.desired.decisions))
  const record = recordAfter(start.found, after.found, { steps, results, conflict })
  const view = record === null ? now : await writeRecord(target, { now, record }, stores, signal)
  const mended = start.found.warnings.filter((warning) => !after.found.warnings.includes(warning))
  return close({ found: after.found, view }, { plan, outcomes, conflict, mended }, own, options)
}

/**
 * The settled record, where it can be told what that will be: as the last step it saves the round trip that would write it.
 * It is written only once the server itself has seen that all steps hold.
 */
function confirmation({ own, seen, steps }: Survey, world: World): FileStep | null {
  const found = assess(foreseen(seen.view, steps), world, own)
  if (found.asked.length > 0) return null
  const results = steps.map(() => ({ is: 'done' }) as const)
  const record = recordAfter(seen.found, found, { steps, results, conflict: false })
  const step = record && recordStep(record, found.see)
  return step && { ...step, confirms: true }
}

interface Written {
  /** One per step, without the one that confirms them. */
  readonly results: readonly StepResult[]
  /** As the look shows it, but with the record as it was meanwhile: what it is to say is told by what was seen alone. */
  readonly after: Inspection
  /** With the record as it is. */
  readonly now: View
}

/** The steps and the look after them. A server that is lost over that is one on which the write failed. */
async function written(
  target: Target,
  survey: Survey,
  { world, turn }: PassOptions,
  signal: AbortSignal,
): Promise<Written> {
  const { own, seen, steps } = survey
  const last = confirmation(survey, world)
  try {
    const acted = await actPatiently(target, last ? [...steps, last] : steps, again(seen.view), signal)
    const results = acted.results.slice(0, steps.length)
    const view = joined(seen.view, seen.view.queries, acted.sightings)
    const meanwhile = isLeftBy(last, view) ? withRecordOf(view, foreseen(seen.view, steps)) : view
    const after = await inspect(target, { world, own }, { view: meanwhile }, signal)
    return { results, after, now: meanwhile === view ? after.view : withRecordOf(after.view, view) }
  } catch (thrown) {
    if (!signal.aborted && seen.found.plan.changes.some(isAhead)) turn?.settle(false)
    throw thrown
  }
}

function isLeftBy(last: FileStep | null, { sightings }: View): boolean {
  const seen = seeing(sightings)('file', RECORD_PATH)
  return last !== null && seen.is === 'here' && seen.digest === digestOf(last.become)
}

function withRecordOf(view: View, { sightings }: View): View {
  const record = sightings.get(RECORD)
  return record === undefined ? view : joined(view, [], new Map([[RECORD, record]]))
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

async function ownWorld(
  server: string,
  { stores, takeOver, turn = FREE }: PassOptions,
): Promise<ServerWorld> {
  const [memory, recordCopy, released] = await Promise.all([
    stores.memory(server),
    stores.recordCopy(server),
    stores.released(server),
  ])
  return {
    server,
    memory: memory ?? noMemory(server),
    recordCopy,
    released,
    takeOver: takeOver ?? false,
    rollout: turn.held(),
  }
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

async function rememberFailure(
  server: string,
  error: StopgapError,
  { world, stores, turn = FREE }: PassOptions,
): Promise<void> {
  try {
    const { failedUnder: _, ...memory } = (await stores.memory(server)) ?? noMemory(server)
    const failedUnder = turn.failedUnder()
    const report = unreached(memory.report, server, error, world)
    await stores.remember({ ...memory, report, ...(failedUnder === null ? {} : { failedUnder }) })
  } catch {
    // Where the state folder cannot be written to, that is what is told already.
  }
}

/** What the server's own record says, whatever our copy of it does: a damaged one is to be written anew. */
function ownRecord({ recordRead }: Assessment): ServerRecord | null {
  return recordRead.is === 'record' ? recordRead.record : null
}

/** What was seen to be ours after the writes, unless it says so already. If this fails the next pass finds it out again. */
async function writeRecord(
  target: Target,
  { now, record }: { readonly now: View; readonly record: ServerRecord },
  stores: Stores,
  signal: AbortSignal,
): Promise<View> {
  await stores.copyRecord(record)
  const step = recordStep(record, seeing(now.sightings))
  if (step === null) return now
  const { results } = await target.act([step], [], signal)
  if (results[0]?.is === 'done') return foreseen(now, [step])
  // What is unknown is looked at again next time.
  return joined(now, [], new Map([[RECORD, { is: 'unknown', why: 'it could not be written' }]]))
}
