import { asStopgapError, StopgapError } from './errors/error.ts'
import { noMemory, type Stores } from './model/store.ts'
import type { Eye, Step, Target } from './model/target.ts'
import type { Query } from './model/thing.ts'
import { close, stopsSeen } from './pipeline/close.ts'
import type { Passed, PassOptions, Prepared } from './pipeline/pass.ts'
import { reportFor, unreached, untouched } from './pipeline/report.ts'
import { FREE } from './pipeline/rollout.ts'
import { recordAfter, type Survey, write, writeRecord } from './pipeline/write.ts'
import type { Assessment, ServerWorld } from './stages/assess.ts'
import { inspect } from './stages/inspect.ts'
import { intend } from './stages/intend.ts'
import { changeEntries, planEntry } from './stages/journal.ts'
import { settle } from './stages/settle.ts'

/** The line up to the plan: it is only given an eye, so that it cannot write. */
export async function prepare(eye: Eye, options: PassOptions, signal: AbortSignal): Promise<Prepared> {
  const own = await ownWorld(eye.name, options)
  const { found } = await inspect(eye, { world: options.world, own }, {}, signal)
  const carried = untouched(found.plan)
  const report = reportFor(found, carried, stopsSeen(own, carried, options.world), options.world)
  return { report, plan: found.plan, record: found.record, conclusion: null }
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
  const { results, after, now } = await write(target, { own, seen: start, steps }, options, signal)
  const { outcomes, conflict } = settle(plan, { steps, results }, after.found.judged)
  await stores.journal(world.catalogue.revision, changeEntries(plan, outcomes, start.found.desired.decisions))
  const record = recordAfter(start.found, after.found, { steps, results, conflict })
  const view = record === null ? now : await writeRecord(target, { now, record }, stores, signal)
  const mended = start.found.warnings.filter((warning) => !after.found.warnings.includes(warning))
  return close({ found: after.found, view }, { plan, outcomes, conflict, mended }, own, options)
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
