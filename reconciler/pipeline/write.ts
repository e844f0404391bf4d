import { RECORD_PATH, type ServerRecord } from '../model/record.ts'
import type { Stores } from '../model/store.ts'
import type { FileStep, Step, StepResult, Target } from '../model/target.ts'
import { seeing, thingKey } from '../model/thing.ts'
import { type Assessment, assess, type ServerWorld, type World } from '../stages/assess.ts'
import { foreseen } from '../stages/foreseen.ts'
import { type Inspection, inspect } from '../stages/inspect.ts'
import { recordStep } from '../stages/intend.ts'
import { again, isAlike, joined, type View } from '../stages/look.ts'
import { remembered } from '../stages/next-record.ts'
import type { Done } from '../stages/settle.ts'
import { madeAsDone } from '../stages/unsettled.ts'
import { digestOf } from '../util/digest.ts'
import { actPatiently } from './act.ts'
import { isAhead } from './close.ts'
import type { PassOptions } from './pass.ts'

const RECORD = thingKey('file', RECORD_PATH)

/** What one pass is about to do, and all that it goes by. */
export interface Survey {
  readonly own: ServerWorld
  readonly seen: Inspection
  readonly steps: readonly Step[]
}

/** What came of the steps. */
export interface Written {
  /** One per step, without the one that confirms them. */
  readonly results: readonly StepResult[]
  /** As the look shows it, but with the record as it was meanwhile: what it is to say is told by what was seen alone. */
  readonly after: Inspection
  /** With the record as it is. */
  readonly now: View
}

/** The steps and the look after them. A server that is lost over that is one on which the write failed. */
export async function write(
  target: Target,
  survey: Survey,
  { world, turn }: PassOptions,
  signal: AbortSignal,
): Promise<Written> {
  const { own, seen, steps } = survey
  const expected = foreseenBy(survey, world)
  const last = confirmation(survey, expected.found)
  try {
    const acted = await actPatiently(target, last ? [...steps, last] : steps, again(seen.view), signal)
    const results = acted.results.slice(0, steps.length)
    const view = joined(seen.view, seen.view.queries, acted.sightings)
    const meanwhile = isLeftBy(last, view) ? withRecordOf(view, expected.view) : view
    // What was worked out of the very same things already is not worked out again.
    const isForeseen = expected.found.asked.length === 0 && isAlike(meanwhile, expected.view)
    const after = isForeseen ? expected : await inspect(target, { world, own }, { view: meanwhile }, signal)
    return { results, after, now: meanwhile === view ? after.view : withRecordOf(after.view, view) }
  } catch (thrown) {
    if (!signal.aborted && seen.found.plan.changes.some(isAhead)) turn?.settle(false)
    throw thrown
  }
}

/** What the look will show if all goes well. */
function foreseenBy({ own, seen, steps }: Survey, world: World): Inspection {
  const view = foreseen(seen.view, steps)
  return { view, found: assess(view, world, own) }
}

/**
 * The settled record, where it can be told what that will be: as the last step it saves the round trip that would write it.
 * It is written only once the server itself has seen that all steps hold.
 */
function confirmation({ seen, steps }: Survey, found: Assessment): FileStep | null {
  if (found.asked.length > 0) return null
  const results = steps.map(() => ({ is: 'done' }) as const)
  const record = recordAfter(seen.found, found, { steps, results, conflict: false })
  const step = record && recordStep(record, found.see)
  return step && { ...step, confirms: true }
}

/** Whether the record is as the last step was to leave it. */
function isLeftBy(last: FileStep | null, { sightings }: View): boolean {
  const seen = seeing(sightings)('file', RECORD_PATH)
  return last !== null && seen.is === 'here' && seen.digest === digestOf(last.become)
}

/** A view with the record as another one shows it. */
function withRecordOf(view: View, { sightings }: View): View {
  const record = sightings.get(RECORD)
  return record === undefined ? view : joined(view, [], new Map([[RECORD, record]]))
}

/** What the record is to say after the steps; null: as it stands. After a conflict the intent stays, for the next pass. */
export function recordAfter(
  before: Assessment,
  after: Assessment,
  done: Done & { readonly conflict: boolean },
): ServerRecord | null {
  const record = done.conflict ? ownRecord(after) : remembered(after.judged, after.planContext)
  if (record === null || !after.open) return done.conflict ? null : record
  return { ...record, made: madeAsDone(record.made, before.record?.made ?? {}, done) }
}

/** What the server's own record says, whatever our copy of it does: a damaged one is to be written anew. */
function ownRecord({ recordRead }: Assessment): ServerRecord | null {
  return recordRead.is === 'record' ? recordRead.record : null
}

/** What was seen to be ours after the writes, unless it says so already. If this fails the next pass finds it out again. */
export async function writeRecord(
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
