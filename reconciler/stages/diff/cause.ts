import { equalFields } from '../../model/equal.ts'
import type { Cause, State } from '../../model/plan.ts'
import type { Observed } from '../observe.ts'
import type { Difference } from './judged.ts'
import { deciding } from './owners.ts'

/** What was the case at the last good pass. */
export interface Past {
  /** The build moved since then. */
  readonly upgraded: boolean
  /** The revision moved since then. */
  readonly moved: boolean
  readonly states: ReadonlyMap<string, State>
  /** Nobody knows what this server had before us: the record is gone, and so is its copy. */
  readonly lost: boolean
}

/** The change that makes it as wanted, as if nothing were there yet. */
export function putOf(one: Observed, past: Past): Difference {
  return { verb: 'put', cause: putCause(one, past), before: null, after: one.resource.want }
}

function putCause(one: Observed, past: Past): Cause {
  if (one.owned === null && one.wantedBy.every((decision) => decision.expired !== undefined)) return 'expired'
  const before = past.states.get(one.resource.key.toLowerCase())
  const wasSo =
    one.owned === null
      ? !past.moved && (before === 'elsewhere' || before === 'in-sync')
      : one.owned.settled && equalFields(one.owned.want, one.resource.want)
  if (!wasSo) return 'pending'
  return past.upgraded ? 'upgrade' : 'drift'
}

/** The change that takes it back, as if nothing were there any more. */
export function undoOf(one: Observed, past: Past): Difference {
  const { owned, resource } = one
  const forgotten = owned === null || owned.before.forgotten === true
  const after = (forgotten ? resource.otherwise : owned.before.fields) ?? null
  return { verb: 'undo', cause: undoCause(one, past), before: null, after }
}

function undoCause(one: Observed, past: Past): Cause {
  const owners = deciding(one)
  // A block that kept it ran out: nobody decided this today.
  if (owners.some((decision) => decision.expired !== undefined)) return 'expired'
  const byBuild = owners.some((decision) => ['fixed', 'not-applicable'].includes(decision.verdict))
  return byBuild && (past.upgraded || !past.moved) ? 'upgrade' : 'pending'
}
