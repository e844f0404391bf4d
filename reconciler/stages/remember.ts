import type { State } from '../model/plan.ts'
import type { Outcome, ResourceReport, ServerReport } from '../model/report.ts'
import type { Fight, Memory } from '../model/store.ts'
import type { Past } from './diff/cause.ts'

const MINUTE = 60_000
const FIGHT_WINDOW = 15 * MINUTE
const FIGHT_CORRECTIONS = 3
const LONGEST_BACK_OFF = 60 * MINUTE
const QUIET = 6 * 60 * MINUTE

/** What the comparison needs to know of the last good pass. */
export function pastOf(
  memory: Memory,
  now: { readonly revision: string; readonly build: string | null; readonly lost: boolean },
): Past {
  const { lastGood, report } = memory
  const resources = report?.mitigations.flatMap((mitigation) => mitigation.resources) ?? []
  return {
    upgraded: lastGood !== null && lastGood.build !== null && lastGood.build !== now.build,
    moved: lastGood?.revision !== now.revision,
    states: statesOf(resources),
    lost: now.lost,
  }
}

/** A resource that several ask for is told of by each; who does not want it has no say. */
function statesOf(resources: readonly ResourceReport[]): ReadonlyMap<string, State> {
  const states = new Map<string, State>()
  for (const { key, state } of resources) {
    const known = key.toLowerCase()
    if (state !== 'absent' || !states.has(known)) states.set(known, state)
  }
  return states
}

export interface Pass {
  readonly report: ServerReport
  readonly outcomes: readonly Outcome[]
  /** The server as a whole could be written to: it was not in Setup, nor somebody else's. */
  readonly open: boolean
  /** Keys whose fight an operator ended by `allow`. */
  readonly allowed: readonly string[]
  readonly fixedSince: Memory['fixedSince']
  readonly stops: NonNullable<Memory['stops']>
  /** The revision under which a write failed here and was not made good. */
  readonly failedUnder: string | null
}

/** What is known after a pass. */
export function remember(
  { failedUnder: _, ...memory }: Memory,
  { report, outcomes, open, allowed, fixedSince, stops, failedUnder }: Pass,
): Memory {
  const { at, revision } = report
  const good = open && ['converged', 'changed', 'held'].includes(report.result)
  const build = report.facts?.exchange ?? null
  return {
    ...memory,
    report,
    lastGood: good ? { at, revision, build } : memory.lastGood,
    fixedSince,
    corrections: corrected(memory.corrections, outcomes, at, allowed),
    stops,
    ...(failedUnder === null ? {} : { failedUnder }),
  }
}

function corrected(
  before: Memory['corrections'],
  outcomes: readonly Outcome[],
  at: number,
  allowed: readonly string[],
): Memory['corrections'] {
  const kept = Object.entries(before).filter(
    ([key, fight]) => !allowed.includes(key) && at - lastOf(fight) < QUIET && !isAhead(fight, at),
  )
  const after = new Map(kept)
  for (const { key, verb, cause, result } of outcomes) {
    if (verb !== 'put' || cause !== 'drift' || result === 'not-attempted') continue
    after.set(key, fought(after.get(key), at))
  }
  return Object.fromEntries(after)
}

/** Three corrections within a quarter of an hour go straight through; each further one waits longer. */
function fought(before: Fight | undefined, at: number): Fight {
  const times = [...(before?.times ?? []).filter((time) => at - time < QUIET), at]
  const recent = times.filter((time) => at - time < FIGHT_WINDOW).length
  const rounds = recent >= FIGHT_CORRECTIONS || (before?.rounds ?? 0) > 0 ? (before?.rounds ?? 0) + 1 : 0
  const wait = rounds === 0 ? 0 : Math.min(2 ** (rounds - 1) * MINUTE, LONGEST_BACK_OFF)
  return { times: times.slice(-10), rounds, until: at + wait }
}

/** Whether corrections of this resource wait. */
export function isBackedOff(fight: Fight, now: number): boolean {
  return now < fight.until && !isAhead(fight, now)
}

/** Written down by a clock that ran ahead: to wait for what it said could be to wait for years. */
function isAhead({ until }: Fight, now: number): boolean {
  return until - now > LONGEST_BACK_OFF
}

function lastOf(fight: Fight): number {
  return fight.times.at(-1) ?? 0
}
