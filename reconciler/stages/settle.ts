import { equalFields } from '../model/equal.ts'
import type { Change, Plan } from '../model/plan.ts'
import { RECORD_PATH } from '../model/record.ts'
import type { Outcome, Result } from '../model/report.ts'
import type { Step, StepResult } from '../model/target.ts'
import { thingKey } from '../model/thing.ts'
import type { Observed } from './observe.ts'

export interface Settled {
  readonly outcomes: readonly Outcome[]
  readonly conflict: boolean
}

/** What became of the steps, the one that writes the record included. */
export interface Done {
  readonly steps: readonly Step[]
  readonly results: readonly StepResult[]
}

/**
 * One result per change. Only an observation makes `applied`; a change that was not observed stays unsettled in the
 * record, and the next pass finds out what came of it.
 */
export function settle(plan: Plan, done: Done, after: readonly Observed[]): Settled {
  const seen = new Map(after.map((one) => [one.resource.key, one]))
  const broken = firstFailure(done)
  const outcomes = plan.changes.map((change): Outcome => {
    const { key, verb, cause } = change
    const result = resultOf(change, seen.get(key), done, plan)
    const error = errorOf(change, seen.get(key), { result, broken })
    return { key, verb, cause, result, ...(error === undefined ? {} : { error }) }
  })
  return { outcomes, conflict: broken?.result.is === 'conflict' }
}

const RECORD = thingKey('file', RECORD_PATH)

interface Failure {
  readonly step: Step
  readonly result: Extract<StepResult, { is: 'conflict' | 'failed' }>
}

function firstFailure({ steps, results }: Done): Failure | null {
  for (const [index, step] of steps.entries()) {
    const result = results[index]
    if (result?.is === 'failed' || result?.is === 'conflict') return { step, result }
  }
  return null
}

/** What somebody else did meanwhile, be it the very same, was not applied by us. */
function resultOf(change: Change, seen: Observed | undefined, done: Done, plan: Plan): Result {
  // The record is part of every change: what could not be written down failed, it was not merely left out.
  const touched = [...(plan.touches[change.key] ?? []), RECORD]
  const results = done.steps.flatMap((step, index) =>
    touched.includes(thingKey(step.thing, step.name)) ? [done.results[index]?.is ?? 'not-attempted'] : [],
  )
  if (results.some((result) => result === 'failed' || result === 'conflict')) return 'failed'
  if (results.includes('not-attempted')) return 'not-attempted'
  return isAsPlanned(change, seen) ? 'applied' : 'unverified'
}

function isAsPlanned(change: Change, seen: Observed | undefined): boolean {
  // What was known by its mark alone is not found any more once it is gone.
  if (seen === undefined) return change.verb === 'undo'
  const { reading, resource, owned } = seen
  if (change.verb === 'put') return reading.is === 'present' && equalFields(reading.fields, resource.want)
  if (reading.is === 'unknown') return false
  if (reading.is !== 'present') return true
  const set = owned?.want ?? resource.want
  return !reading.ours && (reading.inherited !== undefined || !equalFields(reading.fields, set))
}

function errorOf(
  change: Change,
  seen: Observed | undefined,
  { result, broken }: { readonly result: Result; readonly broken: Failure | null },
): string | undefined {
  if (result === 'failed')
    return broken === null ? undefined : `${broken.step.thing} ${broken.step.name}: ${broken.result.detail}`
  if (result !== 'unverified') return undefined
  const reading = seen?.reading
  if (reading?.is === 'unknown') return `written, but it could not be read afterwards: ${reading.why}`
  return `written, but afterwards it did not look ${change.verb === 'put' ? 'as wanted' : 'as it did before us'}`
}
