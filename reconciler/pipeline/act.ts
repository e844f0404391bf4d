import {
  type Acted,
  FRESH,
  FRESH_MS,
  type KnownQuery,
  type Step,
  type StepResult,
  type Target,
} from '../model/target.ts'
import { sleep } from '../util/clock.ts'

const PAUSE = 250

/**
 * Carries the steps out. A file that somebody wrote just now is waited for: the step and those behind it are tried again
 * until it has rested. Each compares anew, so that whatever moved meanwhile is a conflict as ever.
 */
export async function actPatiently(
  target: Target,
  steps: readonly Step[],
  then: readonly KnownQuery[],
  signal: AbortSignal,
): Promise<Acted> {
  let acted = await target.act(steps, then, signal)
  for (let waited = 0; waited < 2 * FRESH_MS; waited += PAUSE) {
    const stopped = acted.results.findIndex(isFresh)
    if (stopped < 0) return acted
    await sleep(PAUSE, signal)
    // What was done already is to be settled, whoever wants to leave.
    if (signal.aborted) return acted
    const rest = await target.act(behind(steps, stopped), then, signal)
    acted = { ...rest, results: [...acted.results.slice(0, stopped), ...rest.results] }
  }
  return acted
}

/** Without a step that confirms: the server remembers nothing of what was done before, so it could not look at that. */
function behind(steps: readonly Step[], stopped: number): readonly Step[] {
  const rest = steps.slice(stopped)
  return stopped === 0 ? rest : rest.filter((step) => step.thing !== 'file' || step.confirms !== true)
}

function isFresh(result: StepResult): boolean {
  return result.is === 'conflict' && result.detail.endsWith(FRESH)
}
