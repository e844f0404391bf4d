import type { Block, Mitigation } from '../model/catalogue.ts'
import type { Decision } from '../model/verdict.ts'
import type { Now } from './context.ts'
import { matchesMitigation } from './selectors.ts'
import { clockHolds, lookAgainAt } from './time.ts'

/** The blocks that concern one mitigation. */
export interface Blocked {
  /** Those in force. */
  readonly by: readonly Block[]
  /** What we own goes, rather than stays. */
  readonly remove: boolean
  /** Set when none is in force and one that ran out would have matched. */
  readonly expired: Decision['expired'] | null
  /** When the first of those in force runs out; null: never. */
  readonly until: number | null
}

/**
 * Which of the server's blocks match, and which ran out. While the clock does not hold, a block with an end neither
 * runs out nor removes anything: what the clock says about it may be wrong either way.
 */
export function blockedBy(
  blocks: readonly Block[],
  mitigation: Pick<Mitigation, 'name' | 'severity' | 'labels'> | null,
  now: Now,
  commitTime: number,
): Blocked {
  const matching = blocks.filter(({ mitigations }) =>
    mitigation === null ? mitigations.is === 'all' : matchesMitigation(mitigations, mitigation),
  )
  const by = matching.filter((block) => !ranOut(block, now, commitTime))
  const steady = clockHolds(now, commitTime)
  const ends = by.flatMap(({ expires }) =>
    expires === undefined ? [] : [lookAgainAt(expires, now, commitTime)],
  )
  return {
    by,
    remove: by.some((block) => block.remove && (steady || block.expires === undefined)),
    expired: by.length === 0 ? expiredOf(matching, commitTime) : null,
    until: ends.length > 0 ? Math.min(...ends) : null,
  }
}

/** After a jump only what had run out by the time of the commit counts as run out: that was so before the jump. */
function ranOut({ expires }: Block, now: Now, commitTime: number): boolean {
  if (expires === undefined || now.time < commitTime) return false
  return (now.trusted ? now.time : commitTime) >= expires
}

/** A commit after the end has seen it, and releases what waits. One block that holds is enough to hold. */
function expiredOf(ranOut: readonly Block[], commitTime: number): Decision['expired'] | null {
  const all = ranOut.map((block) => ({
    block: block.name,
    hold: block.onExpiry === 'hold' && commitTime < (block.expires ?? Number.POSITIVE_INFINITY),
  }))
  return all.find(({ hold }) => hold) ?? all[0] ?? null
}
