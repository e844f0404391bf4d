import { adviceOf } from '../../model/advice.ts'
import type { Change, Held } from '../../model/plan.ts'
import { mask } from '../../util/mask.ts'
import { printable } from '../../util/words.ts'
import type { Paint } from './paint.ts'
import { causeText, movesText, signOf } from './words.ts'

/** One change of a plan: verb, resource, cause, for which mitigations, what becomes of it and what it interrupts. */
export function changeText(change: Change, paint: Paint): string {
  const { sign, style } = signOf(change)
  const first = `  ${paint(style, `${sign} ${change.verb}`)} ${paint('bold', printable(change.key))}`
  return [`${first}  ${aboutText(change, paint)}`, ...detailLines(change, paint)].join('\n')
}

/** A change that will not be made: the same, with the reason and what to do about it. */
export function heldText(held: Held, id: string, paint: Paint): string {
  const first = `  ${paint('yellow', `! held ${held.reason}`)} ${held.verb} ${paint('bold', printable(held.key))}`
  return [
    `${first}  ${aboutText(held, paint)}`,
    `      ${paint('yellow', printable(mask(held.detail)))}`,
    ...detailLines(held, paint),
    `      ${printable(adviceOf(held.reason, id))}`,
  ].join('\n')
}

function aboutText(change: Change, paint: Paint): string {
  return paint(
    'dim',
    `(${change.mitigations.map(printable).join(', ')}; ${change.cause}: ${causeText(change.cause)})`,
  )
}

function detailLines(change: Change, paint: Paint): readonly string[] {
  const { stops, restarts } = change.impact
  const lines = movesText(change.before, change.after).map((move) => `      ${move}`)
  if (stops.length > 0) lines.push(`      ${paint('red', 'stops')} ${stops.map(printable).join(', ')}`)
  if (restarts.length > 0)
    lines.push(`      ${paint('yellow', 'restarts')} ${restarts.map(printable).join(', ')}`)
  return lines
}
