import type { Examination, Finding } from '../../model/finding.ts'
import { mask } from '../../util/mask.ts'
import { count, printable } from '../../util/words.ts'
import type { Paint, Style } from './paint.ts'
import { padEnd } from './width.ts'

const STYLES: { readonly [is in Finding['is']]: Style } = { ok: 'green', warning: 'yellow', failure: 'red' }

/** A paragraph for each thing that was examined: a line for each finding, with what to do below it, and a line of counts. */
export function doctorText(examinations: readonly Examination[], paint: Paint): string {
  const findings = examinations.flatMap((one) => one.findings)
  const of = (is: Finding['is']): number => findings.filter((one) => one.is === is).length
  const [failures, warnings] = [of('failure'), of('warning')]
  const sum = `${count(failures, 'failure')}, ${count(warnings, 'warning')}, ${of('ok')} ok`
  const style = failures > 0 ? 'red' : warnings > 0 ? 'yellow' : 'green'
  return [...examinations.map((one) => paragraph(one, paint)), paint(style, sum)].join('\n\n')
}

function paragraph({ of, name, findings }: Examination, paint: Paint): string {
  const width = Math.max(...findings.map(({ check }) => check.length))
  const lines = findings.map((finding) => lineOf(finding, width, paint))
  return [paint('bold', `${of} ${safe(name)}`), ...lines].join('\n')
}

function lineOf(finding: Finding, width: number, paint: Paint): string {
  const head = `  ${paint(STYLES[finding.is], padEnd(finding.is, 'failure'.length))}  ${padEnd(finding.check, width)}  ${safe(finding.what)}`
  if (finding.is === 'ok') return head
  return `${head}\n${' '.repeat('failure'.length + width + 6)}${safe(finding.remedy)}`
}

function safe(text: string): string {
  return printable(mask(text))
}
