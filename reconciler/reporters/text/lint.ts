import type { Finding, LintSeverity } from '../../proof/lint/finding.ts'
import { mask } from '../../util/mask.ts'
import { count, printable } from '../../util/words.ts'
import type { Paint, Style } from './paint.ts'
import { wrapped } from './width.ts'

const COLOURS: { readonly [severity in LintSeverity]: Style } = {
  error: 'red',
  warning: 'yellow',
  note: 'cyan',
}

/** Findings as a compiler tells them, each with its why and the proposed change indented, and a line of counts. Only the sentences are broken at `width`. */
export function lintText(findings: readonly Finding[], paint: Paint, width: number): string {
  const of = (severity: LintSeverity): number => findings.filter((one) => one.severity === severity).length
  const [errors, warnings, notes] = [of('error'), of('warning'), of('note')]
  const sum = [count(errors, 'error'), count(warnings, 'warning'), count(notes, 'note')].join(', ')
  const last = paint(errors > 0 ? 'red' : warnings > 0 ? 'yellow' : 'green', sum)
  return [...findings.map((finding) => findingText(finding, paint, width)), last].join('\n')
}

function findingText(
  { code, severity, origin, message, why, remedy }: Finding,
  paint: Paint,
  width: number,
): string {
  const place = paint('bold', `${printable(origin.file)}:${origin.line}:${origin.column}`)
  const head = `${place}: ${paint(COLOURS[severity], severity)} ${code}: ${safe(message)}`
  const change = remedy === undefined ? [] : remedy.split('\n').map((line) => `    ${safe(line)}`)
  return [head, ...wrapped(safe(why), width - 2).map((line) => `  ${line}`), ...change].join('\n')
}

function safe(text: string): string {
  return printable(mask(text))
}
