import { adviceOf } from '../../model/advice.ts'
import type { Change, Held } from '../../model/plan.ts'
import type { ServerReport } from '../../model/report.ts'
import { mask } from '../../util/mask.ts'
import { count, printable } from '../../util/words.ts'
import type { Paint } from './paint.ts'
import { causeText, movesText, signOf } from './words.ts'

/** One change of a plan: verb, resource, cause, what becomes of it, what it interrupts, and who wants it so. */
export function changeText(change: Change, report: ServerReport, paint: Paint): string {
  const { sign, style } = signOf(change)
  const first = `  ${paint(style, `${sign} ${change.verb}`)} ${paint('bold', printable(change.key))}`
  return [`${first}  ${causedText(change, paint)}`, ...detailLines(change, report, paint)].join('\n')
}

/** A change that will not be made: the same, with the reason and what to do about it. */
export function heldText(held: Held, report: ServerReport, paint: Paint): string {
  const first = `  ${paint('yellow', `! held ${held.reason}`)} ${held.verb} ${paint('bold', printable(held.key))}`
  return [
    `${first}  ${causedText(held, paint)}`,
    `      ${paint('yellow', printable(mask(held.detail)))}`,
    ...detailLines(held, report, paint),
    `      ${printable(adviceOf(held.reason, report.plan?.id ?? ''))}`,
  ].join('\n')
}

function causedText(change: Change, paint: Paint): string {
  return paint('dim', `(${change.cause}: ${causeText(change.cause)})`)
}

function detailLines(change: Change, report: ServerReport, paint: Paint): readonly string[] {
  const { stops, restarts } = change.impact
  // Null is also what nobody knows, and then the reason says so.
  const isKnown = !('reason' in change) || change.reason !== 'unowned'
  const lines = isKnown ? movesText(change.before, change.after).map((move) => `      ${move}`) : []
  if (stops.length > 0) lines.push(`      ${paint('red', 'stops')} ${applicationsText(stops)}`)
  if (restarts.length > 0) lines.push(`      ${paint('yellow', 'restarts')} ${applicationsText(restarts)}`)
  return [...lines, ...change.mitigations.map((name) => `      ${paint('dim', whyText(name, report))}`)]
}

/** As many as somebody takes in at a glance; JSON has them all. */
const NAMED_BELOW_A_SITE = 3

/** Sites and applications by their paths; many below a site that is itself among them are only counted. */
function applicationsText(paths: readonly string[]): string {
  const bySite = Map.groupBy(paths, (path) => path.split('/')[0] ?? path)
  const parts = [...bySite].flatMap(([site, found]) => {
    const below = found.filter((path) => path !== site)
    if (below.length === found.length || below.length <= NAMED_BELOW_A_SITE) return found.map(printable)
    return [`${printable(site)} and ${count(below.length, 'application')} below it`]
  })
  return parts.join(', ')
}

/** What decided it, with its place. A mitigation that the repository no longer has is known by its name alone. */
function whyText(name: string, report: ServerReport): string {
  const found = report.mitigations.find((one) => one.name === name)
  if (found === undefined) return printable(`for ${name}`)
  const { file, line } = found.origin
  return printable(mask(`for ${name}, ${found.verdict}: ${found.reason} (${file}:${line})`))
}
