import { actorName, configOf } from '../compose.ts'
import { StopgapError } from '../errors/error.ts'
import { ALLOWABLE } from '../model/advice.ts'
import type { HeldReason } from '../model/resource.ts'
import { FileMemory } from '../sources/memory.ts'
import { approve } from '../state/approvals.ts'
import { openState, type StateFolder } from '../state/folder.ts'
import { readMemory } from '../state/memory.ts'
import { findPlans, type HeldNote, type PlanNote } from '../state/plans.ts'
import { storesIn } from '../state/stores.ts'
import { now } from '../util/clock.ts'
import { count } from '../util/words.ts'
import { type CommonFlags, type Console, printJson } from './context.ts'

/** Releases what a plan holds, where a person may decide that. The daemon, or the next apply, then does it. */
export async function allow(id: string, flags: CommonFlags, console: Console): Promise<number> {
  const config = await configOf(flags)
  const state = await openState(config.state)
  const found = await findPlans(state, id)
  const plans = await Promise.all(
    found.map(async (plan) => ({ plan, held: (await stillHeld(state, plan)).filter(isAllowable) })),
  )
  const released = plans.filter(({ held }) => held.length > 0)
  if (released.length === 0)
    throw nothingToAllow(
      id,
      plans.map(({ plan }) => plan),
    )
  const actor = actorName()
  const { inForce } = await new FileMemory(state.path, '').load()
  const { stores, close } = storesIn(state, { actor, now, exclusive: false })
  for (const { plan, held } of released) {
    const changes = held.map((one) => one.id)
    await approve(state, { plan: plan.id, server: plan.server, changes, at: now(), actor })
    await stores.journal(inForce ?? '', [
      { is: 'allow', plan: plan.id, server: plan.server, changes: held.map((one) => one.key) },
    ])
  }
  await close()
  if (flags.json)
    printJson(
      console,
      released.map(({ plan, held }) => ({ server: plan.server, plan: plan.id, allowed: held })),
    )
  else for (const { plan, held } of released) console.out(textOf(plan, held))
  return 0
}

/** What the plan held and, if there was a pass since, that pass held as well: the rest is done, or has become another. */
async function stillHeld(state: StateFolder, { server, at, held }: PlanNote): Promise<readonly HeldNote[]> {
  const { report } = (await readMemory(state, server)).memory
  if (report === null || report.at < at || report.plan === undefined) return held
  const waiting = new Set(report.plan.held.map((change) => change.id))
  return held.filter(({ id }) => waiting.has(id))
}

function isAllowable({ reason }: HeldNote): boolean {
  return ALLOWABLE.has(reason as HeldReason)
}

function textOf({ server }: PlanNote, held: readonly HeldNote[]): string {
  const lines = held.map(({ key, reason }) => `  ${key} (held ${reason})`)
  return [
    `${server}: ${count(held.length, 'change')} allowed; the daemon or the next apply makes it`,
    ...lines,
  ].join('\n')
}

function nothingToAllow(id: string, plans: readonly PlanNote[]): StopgapError {
  const held = plans.flatMap((plan) => plan.held)
  if (held.some(isAllowable)) {
    const what = `what plan ${id} held does not wait any more`
    return new StopgapError('ARGUMENT_INVALID', {
      what,
      remedy: 'Look at stopgap plan: what waits now has another id.',
    })
  }
  const reasons = [...new Set(held.map(({ reason }) => reason))]
  const what =
    reasons.length === 0
      ? `plan ${id} holds nothing`
      : `what plan ${id} holds cannot be allowed: ${reasons.join(', ')}`
  const remedy = `Only ${[...ALLOWABLE].join(', ')} can be allowed; stopgap plan says what the others need.`
  return new StopgapError('ARGUMENT_INVALID', { what, remedy })
}
