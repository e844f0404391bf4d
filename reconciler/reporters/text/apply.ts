import type { Outcome, ServerReport } from '../../model/report.ts'
import type { Run } from '../../model/status.ts'
import { mask } from '../../util/mask.ts'
import { count, printable } from '../../util/words.ts'
import { heldText } from './change.ts'
import type { Paint } from './paint.ts'
import { troubleText } from './trouble.ts'
import { unreadableLines } from './unreadable.ts'
import { causeText, resultStyle } from './words.ts'

/** What became of each change on each server; what is held stays listed with what to do. */
export function applyText(run: Run, paint: Paint): string {
  return [...run.servers.map((report) => serverText(report, paint)), sumText(run, paint)].join('\n\n')
}

function serverText(report: ServerReport, paint: Paint): string {
  const head = `${paint('bold', printable(report.server))}  ${paint(resultStyle(report.result), report.result)}`
  const warnings = report.warnings.map((text) => `  ${paint('yellow', 'warning')} ${printable(mask(text))}`)
  const lines = [head, ...warnings, ...(report.outcome ?? []).map((outcome) => outcomeText(outcome, paint))]
  lines.push(...(report.plan?.held ?? []).map((held) => heldText(held, report, paint)))
  lines.push(...unreadableLines(report, paint))
  if (report.error !== undefined) lines.push(`  ${troubleText(report.error, paint).replace('\n', '\n  ')}`)
  return lines.join('\n')
}

function outcomeText(outcome: Outcome, paint: Paint): string {
  const first = `  ${paint(resultStyle(outcome.result), outcome.result)} ${outcome.verb} ${printable(outcome.key)}`
  const why = paint('dim', `(${outcome.cause}: ${causeText(outcome.cause)})`)
  const error = outcome.error === undefined ? '' : `\n      ${paint('red', printable(mask(outcome.error)))}`
  return `${first}  ${why}${error}`
}

/** Counts results, not plans: what was planned and not made is `not`. */
function sumText(run: Run, paint: Paint): string {
  const outcomes = run.servers.flatMap((report) => report.outcome ?? [])
  const applied = outcomes.filter((outcome) => outcome.result === 'applied').length
  const held = run.servers.reduce((sum, report) => sum + (report.plan?.held.length ?? 0), 0)
  const bad = run.servers.filter((report) => report.error !== undefined || report.result === 'failed').length
  const parts = [`${count(applied, 'change')} applied`]
  if (outcomes.length > applied) parts.push(`${outcomes.length - applied} not`)
  if (held > 0) parts.push(`${held} held`)
  if (bad > 0) parts.push(`${count(bad, 'server')} failed`)
  return `${paint('bold', `${parts.join(', ')}.`)}  ${paint('dim', `revision ${printable(run.revision)}`)}`
}
