import { createContext, Script } from 'node:vm'
import { processorTime } from './clock.ts'

/** What a piece of work came to; `timeout`: it was stopped at its limit. */
export type Limited<T> = { readonly is: 'done'; readonly value: T } | { readonly is: 'timeout' }

// A regular expression that backtracks cannot be stopped from within; the engine itself stops at the limit of a script.
const context = createContext({ work: undefined })
const script = new Script('work()')

/** Does something for at most so many milliseconds by the clock. What it throws is thrown on. */
export function within<T>(milliseconds: number, work: () => T): Limited<T> {
  const before = context['work']
  context['work'] = work
  try {
    return { is: 'done', value: script.runInContext(context, { timeout: milliseconds }) as T }
  } catch (thrown) {
    if (isTimeout(thrown)) return { is: 'timeout' }
    throw thrown
  } finally {
    context['work'] = before
  }
}

/**
 * Does something that must not take longer than `milliseconds` of processor time: a machine that is busy with others, or
 * stands still, is no fault of the work, which is then done again with more patience. What it throws is thrown on.
 */
export function limited<T>(milliseconds: number, work: () => T): Limited<T> {
  for (let patience = milliseconds; ; patience *= 2) {
    const before = processorTime()
    const result = within(patience, work)
    if (result.is === 'done' || processorTime() - before >= milliseconds * WHOLE) return result
    if (patience > LONGEST) return result
  }
}

/** The engine stops by the clock, and then some of the time was never this process's. */
const WHOLE = 0.8
/** However little of the processor it gets. */
const LONGEST = 30_000

/** Below this many, a piece that takes long is found by doing them one by one. */
const CHUNK = 64

/**
 * The same for each of many items. Setting a limit costs more than most evaluations, so one is set for many at once; only
 * when that one strikes does each item get its own.
 */
export function limitedEach<T, R>(
  milliseconds: number,
  items: readonly T[],
  work: (item: T) => R,
): readonly Limited<R>[] {
  const results: Limited<R>[] = []
  for (let start = 0; start < items.length; start += CHUNK) {
    const chunk = items.slice(start, start + CHUNK)
    const together = limited(milliseconds, () => chunk.map(work))
    if (together.is === 'done')
      results.push(...together.value.map((value) => ({ is: 'done', value }) as const))
    else results.push(...chunk.map((item) => limited(milliseconds, () => work(item))))
  }
  return results
}

// It may be an error of the other context, which is no instance of our class.
function isTimeout(thrown: unknown): boolean {
  return (thrown as { readonly code?: unknown } | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
}
