import type { Catalogue } from '../model/catalogue.ts'
import type { Facts } from '../model/facts.ts'
import type { Memory } from '../model/store.ts'
import type { Context } from './context.ts'
import { fixOf } from './fix.ts'
import { clockHolds, lookAgainAt } from './time.ts'

/** Until when a fixed mitigation stays because its fix was not yet seen for `retireAfter`; null: it may go now. */
export function retiresAt(
  mitigation: string,
  version: string,
  context: Context,
  commitTime: number,
): { readonly at: number; readonly lookAgain: number } | null {
  const { now, retireAfter, fixedSince } = context
  if (retireAfter <= 0) return null
  const remembered = Object.hasOwn(fixedSince, mitigation) ? fixedSince[mitigation] : undefined
  // A moment in the future was remembered by a clock that ran ahead.
  const since = remembered?.build === version ? Math.min(remembered.at, now.time) : now.time
  const at = since + retireAfter
  if (clockHolds(now, commitTime) && now.time >= at) return null
  return { at, lookAgain: lookAgainAt(at, now, commitTime) }
}

/**
 * What to remember after this pass: per mitigation since when its fix has been seen in this version, without a break. What is unknown now
 * breaks nothing. While the clock does not hold, nothing begins: its time could let a wait end at once later.
 */
export function seenFixes(catalogue: Catalogue, facts: Facts, context: Context): Memory['fixedSince'] {
  const { now, fixedSince } = context
  const steady = clockHolds(now, catalogue.time)
  const entries = catalogue.mitigations.flatMap((mitigation) => {
    const { fixed, version } = fixOf(mitigation, facts, context.versions)
    const known = Object.hasOwn(fixedSince, mitigation.name) ? fixedSince[mitigation.name] : undefined
    if (fixed.is === 'unknown') return known === undefined ? [] : [[mitigation.name, known] as const]
    if (version === null) return []
    if (known?.build === version) {
      return [[mitigation.name, steady && known.at > now.time ? { ...known, at: now.time } : known] as const]
    }
    return steady ? [[mitigation.name, { build: version, at: now.time }] as const] : []
  })
  return Object.fromEntries(entries)
}
