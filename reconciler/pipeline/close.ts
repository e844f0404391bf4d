import type { Change } from '../model/plan.ts'
import type { ServerReport } from '../model/report.ts'
import type { Memory } from '../model/store.ts'
import type { Assessment, ServerWorld, World } from '../stages/assess.ts'
import { type Stops, secondLooks, stopsAfter } from '../stages/flapping.ts'
import type { Inspection } from '../stages/inspect.ts'
import { knownOf } from '../stages/look.ts'
import { remember } from '../stages/remember.ts'
import type { Passed, PassOptions } from './pass.ts'
import { type Carried, inShort, reportFor } from './report.ts'
import { FREE, type Turn } from './rollout.ts'

/** Names are not kept without end: with more than any server has, the next process looks twice. */
const MANY = 1_000

/** The end of every pass that reached the server: what is told of it, and what is remembered. */
export async function close(
  seen: Inspection,
  carried: Carried,
  own: ServerWorld,
  options: PassOptions,
): Promise<Passed> {
  const { found, view } = seen
  const { world, stores, turn = FREE } = options
  const stops = stopsSeen(own, carried, world)
  const report = inShort(reportFor(found, carried, stops, world))
  const made = carried.plan.changes.filter(
    ({ id, key }) => own.released.has(id) && carried.outcomes.some((one) => isApplied(one, key)),
  )
  if (own.released.size > 0) {
    const waiting = new Set([...found.plan.changes, ...found.plan.held].map((change) => change.id))
    await stores.spend(own.server, waiting, new Set(made.map((change) => change.id)))
  }
  goOn(turn, found, carried)
  const memory = remember(own.memory, {
    report,
    outcomes: carried.outcomes,
    open: found.open,
    fixedSince: found.fixedSince,
    allowed: made.map((change) => change.key),
    stops,
    failedUnder: turn.failedUnder(),
  })
  await stores.remember(view.queries.length > MANY ? memory : { ...memory, queries: view.queries })
  const conclusion = isQuiet(report, carried, found)
    ? { queries: view.queries, known: knownOf(view), until: untilOf(found, memory, world) }
    : null
  const { outcomes } = carried
  // What could not be done is left to the next run: to try it again at once would only fail again.
  const done = outcomes.length > 0 && outcomes.every(({ result }) => result === 'applied')
  const more = done && found.plan.changes.length > 0
  return { report, plan: carried.plan, conclusion, ...(more ? { more } : {}) }
}

/** What we stopped lately, as of this pass. */
export function stopsSeen(own: ServerWorld, { plan, outcomes }: Carried, { now }: World): Stops {
  const changes = [...plan.changes, ...plan.held]
  return stopsAfter(own.memory.stops ?? {}, { changes, outcomes, at: now.time })
}

/** Part of bringing a revision to the servers, not of keeping them there. */
export function isAhead({ cause }: Pick<Change, 'cause'>): boolean {
  return cause !== 'drift'
}

function isApplied({ key, result }: Carried['outcomes'][number], wanted: string): boolean {
  return key === wanted && result === 'applied'
}

/** Whether other servers may follow: not after a write that failed, until nothing of it is left to do. */
function goOn(turn: Turn, { plan, open, judged }: Assessment, { outcomes, conflict }: Carried): void {
  if (conflict) return
  if (outcomes.some((one) => isAhead(one) && one.result !== 'applied')) turn.settle(false)
  else if (open && !plan.changes.some(isAhead) && !judged.some(({ state }) => state === 'unknown'))
    turn.settle(true)
}

function isQuiet({ result }: ServerReport, { outcomes, mended }: Carried, { plan }: Assessment): boolean {
  if (result === 'failed' || result === 'conflict' || mended.length > 0) return false
  return outcomes.length === 0 || plan.changes.length === 0
}

/** Only moments to come: one that has passed would make every further pass due at once. */
function untilOf(
  { desired }: Assessment,
  { corrections, stops = {} }: Memory,
  { now }: World,
): number | null {
  const fights = Object.values(corrections).map((fight) => fight.until)
  const moments = [desired.until, ...fights, ...secondLooks(stops)].filter(
    (moment) => moment !== null && moment > now.time,
  ) as number[]
  return moments.length === 0 ? null : Math.min(...moments)
}
