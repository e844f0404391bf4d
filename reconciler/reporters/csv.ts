import type { MitigationReport, ServerReport } from '../model/report.ts'
import type { Status } from '../model/status.ts'
import { mask } from '../util/mask.ts'
import { printable } from '../util/words.ts'

/** The columns of Get-Mitigations.ps1, in its order. */
const COLUMNS = ['Server', 'ID', 'Type', 'Description', 'Status']

/**
 * One row per server and mitigation as Get-Mitigations.ps1 exports them (RFC 4180, CRLF). Its statuses are kept where
 * they mean the same; where it has no word, ours stands.
 */
export function statusCsv(status: Status): string {
  const rows = status.servers.flatMap((report) => report.mitigations.map((one) => rowOf(report, one)))
  return [COLUMNS, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('')
}

function rowOf(report: ServerReport, mitigation: MitigationReport): readonly string[] {
  const kinds = [...new Set(mitigation.resources.map((resource) => resource.kind))]
  const description = mitigation.title ?? mask(mitigation.reason)
  return [report.server, mitigation.name, kinds.join(' '), description, statusWord(mitigation)]
}

function statusWord(mitigation: MitigationReport): string {
  const { state, verdict } = mitigation
  if (verdict === 'blocked') return 'Blocked'
  if (state === 'failed' || state === 'unknown' || verdict === 'unsupported' || verdict === 'unknown')
    return 'Failed'
  if (state === 'in-sync' || state === 'elsewhere' || state === 'kept') return 'Applied'
  if (verdict === 'enforced') return capitalized(state)
  return capitalized(verdict)
}

function capitalized(word: string): string {
  return word.replaceAll('-', ' ').replace(/^./, (first) => first.toUpperCase())
}

/**
 * A spreadsheet runs a field that starts with one of these as a formula (CWE-1236); an apostrophe makes it text.
 * Quotes come after, so that the apostrophe stands inside them.
 */
function field(text: string): string {
  const safe = printable(text).replace(/^\s*[=+\-@|%]/, (start) => `'${start}`)
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
