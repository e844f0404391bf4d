import type { Cause, Change, State, Verb } from '../../model/plan.ts'
import type { PassResult, Result } from '../../model/report.ts'
import type { Fields, Json } from '../../model/resource.ts'
import { printable } from '../../util/words.ts'
import type { Style } from './paint.ts'
import { cut } from './width.ts'

const CAUSE: { readonly [cause in Cause]: string } = {
  pending: 'the repository moved',
  drift: 'the server moved away',
  upgrade: 'the build changed',
  expired: 'a block ran out',
}

/** Why a change is due. */
export function causeText(cause: Cause): string {
  return CAUSE[cause]
}

const STATE_STYLE: { readonly [state in State]: Style } = {
  failed: 'red',
  unknown: 'red',
  drifted: 'magenta',
  held: 'yellow',
  pending: 'yellow',
  leftover: 'yellow',
  kept: 'cyan',
  elsewhere: 'cyan',
  'in-sync': 'green',
  absent: 'dim',
}

/** How a state looks on a terminal. */
export function stateStyle(state: State): Style {
  return STATE_STYLE[state]
}

const RESULT_STYLE: { readonly [result in PassResult | Result]: Style } = {
  converged: 'green',
  changed: 'green',
  applied: 'green',
  held: 'yellow',
  unverified: 'yellow',
  'not-attempted': 'yellow',
  conflict: 'yellow',
  failed: 'red',
  unreachable: 'red',
}

/** How the result of a pass or of one change looks on a terminal. */
export function resultStyle(result: PassResult | Result): Style {
  return RESULT_STYLE[result]
}

const SIGN: { readonly [verb in Verb]: { readonly sign: string; readonly style: Style } } = {
  put: { sign: '+', style: 'green' },
  undo: { sign: '-', style: 'red' },
}

/** The sign in front of a change; `~` when something is there already and only its fields move. */
export function signOf(change: Pick<Change, 'verb' | 'before' | 'after'>): { sign: string; style: Style } {
  if (change.before !== null && change.after !== null) return { sign: '~', style: 'yellow' }
  return SIGN[change.verb]
}

/** What becomes of the fields: `absent → present`, or `name: before → after` for each field that moves. */
export function movesText(before: Fields | null, after: Fields | null): readonly string[] {
  if (before === null && after === null) return []
  if (before === null) return [`absent → ${fieldsText(after ?? {})}`]
  if (after === null) return [`${fieldsText(before)} → absent`]
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return names
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((name) => `${printable(name)}: ${valueText(before[name])} → ${valueText(after[name])}`)
}

/** All fields on one line; cut where it gets longer than a person reads. */
export function fieldsText(fields: Fields): string {
  const names = Object.keys(fields)
  if (names.length === 0) return 'present'
  return cut(names.map((name) => `${printable(name)} ${valueText(fields[name])}`).join(', '), 160)
}

/** Null is how kinds write a field that is not there. */
function valueText(value: Json | undefined): string {
  if (value === undefined || value === null) return 'not set'
  if (typeof value === 'string') return value === '' ? '""' : cut(printable(value), 80)
  return cut(printable(JSON.stringify(value)), 80)
}
