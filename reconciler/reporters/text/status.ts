import type { MitigationReport, ServerReport } from '../../model/report.ts'
import type { SourceStatus, Status } from '../../model/status.ts'
import { mask } from '../../util/mask.ts'
import { age, count, moment, printable } from '../../util/words.ts'
import { heldText } from './change.ts'
import type { Paint } from './paint.ts'
import { type Cell, table } from './table.ts'
import { diagnosticsText, troubleText } from './trouble.ts'
import { cut } from './width.ts'
import { resultStyle, stateStyle } from './words.ts'

/** The source, then servers by mitigations as one row each, then what is wrong. `status.at` is now. */
export function statusText(status: Status, paint: Paint): string {
  const parts = [sourceText(status, paint), serversText(status, paint)]
  const rows = status.servers.flatMap((report) => report.mitigations.map((one) => mitigationRow(report, one)))
  if (rows.length > 0) {
    parts.push(
      table(['SERVER', 'MITIGATION', 'SEVERITY', 'VERDICT', 'STATE', 'EXPOSED', 'REASON'], rows, paint),
    )
  }
  parts.push(...status.servers.map((report) => heldPart(report, paint)))
  return parts.filter((part) => part !== '').join('\n\n')
}

function sourceText(status: Status, paint: Paint): string {
  const { source } = status
  const time = source.committed === null ? '' : ` of ${moment(source.committed)}`
  const lines = [
    `source    ${printable(mask(source.name))}`,
    `revision  ${status.revision === null ? paint('yellow', 'none yet') : paint('bold', printable(status.revision)) + time}${signatureText(source, paint)}`,
    `fetched   ${source.lastFetch === null ? 'none on record' : age(source.lastFetch, status.at)}`,
  ]
  if (source.failing !== null) {
    const { reason, since, times, trouble } = source.failing
    lines.push(
      paint('red', `fetch fails (${reason}) since ${age(since, status.at)}, ${count(times, 'time')}`),
    )
    lines.push(troubleText(trouble, paint))
  }
  if (source.rejected !== null) {
    lines.push(paint('red', `refused (${source.rejected.reason}): ${printable(source.rejected.revision)}`))
    lines.push(troubleText(source.rejected.trouble, paint))
    if (source.rejected.faults.length > 0) lines.push(diagnosticsText(source.rejected.faults, paint))
  }
  return lines.join('\n')
}

/** Loud on purpose: whoever can write to the source decides what is applied. */
function signatureText(source: SourceStatus, paint: Paint): string {
  return source.signature === null ? '' : `  ${paint('yellow', source.signature.toUpperCase())}`
}

/** Errors and warnings stand below the table: in a cell they would break every line. */
function serversText(status: Status, paint: Paint): string {
  const rows = status.servers.map((report) => serverRow(report, status))
  for (const name of status.waiting)
    rows.push([{ text: name }, { text: 'not looked at yet', style: 'yellow' }])
  if (rows.length === 0) return ''
  const lines = [table(['SERVER', 'RESULT', 'SEEN', 'BUILD', 'NOTES'], rows, paint)]
  for (const report of status.servers) {
    if (report.error !== undefined)
      lines.push(`${printable(report.server)}: ${troubleText(report.error, paint)}`)
    for (const warning of report.warnings) {
      lines.push(`${printable(report.server)}: ${paint('yellow', 'warning')} ${printable(mask(warning))}`)
    }
  }
  return lines.join('\n')
}

function serverRow(report: ServerReport, status: Status): readonly Cell[] {
  const notes = [
    ...(report.enabled ? [] : ['switched off']),
    ...(report.revision === status.revision ? [] : [`at ${report.revision}`]),
    ...(report.facts?.setup === 'running' || report.facts?.setup === 'incomplete' ? ['setup'] : []),
    ...(report.facts?.maintenance === true ? ['maintenance'] : []),
  ]
  return [
    { text: report.server },
    { text: report.result, style: resultStyle(report.result) },
    { text: age(report.at, status.at) },
    { text: report.facts?.exchange ?? 'unknown' },
    { text: notes.join(', '), style: 'yellow' },
  ]
}

function heldPart(report: ServerReport, paint: Paint): string {
  const held = report.plan?.held ?? []
  // Audit is what was asked for: it stands in the table, and there is nothing to do about it.
  const wanting = held.filter((one) => one.reason !== 'audit').map((one) => heldText(one, report, paint))
  return wanting.length === 0 ? '' : [paint('bold', printable(report.server)), ...wanting].join('\n')
}

/** Why it was decided, and, where one resource makes the state what it is, why that one does. */
function mitigationRow(report: ServerReport, mitigation: MitigationReport): readonly Cell[] {
  const own = mitigation.resources.find((one) => one.state === mitigation.state)?.reason
  const reason = own === undefined ? mitigation.reason : `${mitigation.reason}; ${own}`
  return [
    { text: report.server },
    { text: mitigation.name },
    { text: mitigation.severity },
    { text: mitigation.verdict },
    { text: mitigation.state, style: stateStyle(mitigation.state) },
    mitigation.exposed ? { text: 'EXPOSED', style: 'red' } : { text: '-', style: 'dim' },
    { text: cut(printable(mask(reason)), 120) },
  ]
}
