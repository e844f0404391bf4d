import type { MitigationReport, ServerReport } from '../../model/report.ts'
import type { Status } from '../../model/status.ts'
import { age } from '../../util/words.ts'
import { cell } from './cell.ts'
import { type Html, html } from './html.ts'
import { resultTone, words } from './tone.ts'

/** Servers by mitigations. Only the given servers get a row; the columns are the mitigations that they know. */
export function matrix(status: Status, servers: readonly ServerReport[]): Html {
  if (servers.length === 0) return html`<p class="quiet">No server to show.</p>`
  const columns = columnsOf(servers)
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Servers by mitigations"><table>
<thead><tr><th scope="col">Server</th>${[...columns.values()].map(heading)}</tr></thead>
<tbody>${servers.map((report, at) => row(status, report, columns, at))}</tbody></table></div>`
}

/** In order of first appearance; servers can differ for a moment while a new revision spreads. */
function columnsOf(servers: readonly ServerReport[]): ReadonlyMap<string, MitigationReport> {
  const columns = new Map<string, MitigationReport>()
  for (const report of servers) {
    for (const mitigation of report.mitigations) {
      if (!columns.has(mitigation.name)) columns.set(mitigation.name, mitigation)
    }
  }
  return columns
}

function heading(mitigation: MitigationReport): Html {
  return html`<th scope="col" title="${mitigation.title ?? ''}">${mitigation.name}<small class="severity-${mitigation.severity}">${mitigation.severity}</small></th>`
}

function row(
  status: Status,
  report: ServerReport,
  columns: ReadonlyMap<string, MitigationReport>,
  at: number,
): Html {
  const found = new Map(report.mitigations.map((mitigation) => [mitigation.name, mitigation]))
  const cells = [...columns.keys()].map((name, column) => {
    const mitigation = found.get(name)
    return mitigation === undefined ? html`<td></td>` : cell(report, mitigation, `${at}-${column}`)
  })
  return html`<tr><th scope="row">${report.server}<span class="pill ${resultTone(report.result)}">${words(report.result)}</span><small>${about(status, report)}</small></th>${cells}</tr>`
}

/** What explains a row before its cells do. */
function about(status: Status, report: ServerReport): string {
  const parts = [
    report.facts?.exchange ?? 'build unknown',
    age(report.at, status.at),
    ...(report.enabled ? [] : ['switched off']),
    ...(report.facts?.setup === undefined || report.facts.setup === 'idle'
      ? []
      : [`Setup ${report.facts.setup}`]),
    ...(report.facts?.maintenance === true ? ['maintenance'] : []),
  ]
  return parts.join(' · ')
}
