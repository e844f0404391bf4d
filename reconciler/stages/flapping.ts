import type { Change } from '../model/plan.ts'
import type { Outcome } from '../model/report.ts'
import type { Memory, Stop } from '../model/store.ts'

export type Stops = NonNullable<Memory['stops']>

const MINUTE = 60_000
/** Managed Availability starts again what was stopped, after its next probe or the one after that. */
const SECOND_LOOKS = [MINUTE, 5 * MINUTE]
const WINDOW = 15 * MINUTE

/** What one pass saw and did. `changes`: those it made, and those it held. */
export interface Seen {
  readonly changes: readonly Change[]
  readonly outcomes: readonly Outcome[]
  /** Milliseconds since 1970. */
  readonly at: number
}

/** What we stopped lately, and which of it was found running again. */
export function stopsAfter(before: Stops, { changes, outcomes, at }: Seen): Stops {
  const after = new Map<string, Stop>(Object.entries(before).filter(([, stop]) => isRecent(stop, at)))
  for (const change of changes) {
    const known = after.get(change.key)
    const applied = outcomes.some(({ key, result }) => key === change.key && result === 'applied')
    if (change.verb === 'undo' && applied) after.delete(change.key)
    if (!isStop(change)) continue
    const back = change.cause === 'drift' && known !== undefined ? at : known?.back
    const when = applied ? at : known?.at
    if (when !== undefined) after.set(change.key, { at: when, ...(back === undefined ? {} : { back }) })
  }
  return Object.fromEntries(after)
}

/** Keys of resources that do not stay stopped. */
export function flapping(stops: Stops): readonly string[] {
  return Object.entries(stops).flatMap(([key, { back }]) => (back === undefined ? [] : [key]))
}

/** What a person is told of it. */
export function flappingWarning(key: string): string {
  return `${key} was stopped and runs again: something starts it, as Managed Availability does (MSExchangeHM and MSExchangeHMRecovery)`
}

/** When to look again at what was stopped, and when it counts as quiet. */
export function secondLooks(stops: Stops): readonly number[] {
  return Object.values(stops).flatMap(({ at, back }) => [
    ...SECOND_LOOKS.map((later) => at + later),
    ...(back === undefined ? [] : [back + WINDOW]),
  ])
}

/** A time that is still to come was written by another clock. */
function isRecent({ at, back = at }: Stop, now: number): boolean {
  return now - Math.max(at, back) < WINDOW && at <= now
}

function isStop({ verb, before, after }: Change): boolean {
  if (verb !== 'put') return false
  return ['status', 'state'].some((field) => after?.[field] === 'Stopped' && before?.[field] !== 'Stopped')
}
