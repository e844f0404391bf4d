import type { Held } from '../../model/plan.ts'
import type { ServerReport } from '../../model/report.ts'
import type { Status } from '../../model/status.ts'
import { mask } from '../../util/mask.ts'
import { count } from '../../util/words.ts'
import { heldNote } from './cell.ts'
import { type Html, html } from './html.ts'
import { needsAttention, words } from './tone.ts'

/** More than this is not read by anybody; the rest is counted. */
const MOST = 20

/** What a person should look at, server by server, with what to do; nothing when all is well. */
export function attention(status: Status): Html | null {
  const servers = status.servers.filter((report) => needsAttention(report, status.revision))
  if (servers.length === 0) return null
  const rest = servers.length - MOST
  return html`<section><h2>Needs attention <small>${servers.length} of ${status.servers.length} servers</small></h2>
<div class="cards">${servers.slice(0, MOST).map((report) => card(status, report))}</div>
${rest > 0 ? html`<p class="quiet">and ${rest} more; <a href="/?show=attention">show them in the matrix</a></p>` : null}</section>`
}

/** In the order in which one would ask: was it reached, is it exposed, what is held. */
function card(status: Status, report: ServerReport): Html {
  return html`<article><h3>${report.server} <small>${words(report.result)}</small></h3>
${report.error === undefined ? null : html`<p class="error"><b>${report.error.code}</b> ${mask(report.error.message)}<br>${mask(report.error.hint)}</p>`}
${report.revision === status.revision ? null : html`<p>Still at <code>${report.revision}</code>.</p>`}
${listed(report, 'Exposed', (one) => one.exposed)}
${listed(report, 'Drifted', (one) => one.state === 'drifted')}
${listed(report, 'Failed or unknown', (one) => one.state === 'failed' || one.state === 'unknown')}
${listed(report, 'Waiting for a change', (one) => one.state === 'pending')}
${listed(report, 'Left on the server, not ours to take', (one) => one.state === 'leftover')}
${report.warnings.slice(0, 5).map((warning) => html`<p>Warning: ${mask(warning)}</p>`)}
${audited(report)}
${waitingForSomebody(report)
  .slice(0, 8)
  .map((held) => heldNote(held, report))}</article>`
}

/** Held changes that somebody has to do something about: audit is what was asked for. */
export function waitingForSomebody(report: ServerReport): readonly Held[] {
  return (report.plan?.held ?? []).filter(({ reason }) => reason !== 'audit')
}

/** Counted, since one audited mitigation can be dozens of changes, before which the others would not be seen. */
function audited(report: ServerReport): Html | null {
  const number = (report.plan?.held.length ?? 0) - waitingForSomebody(report).length
  return number === 0 ? null : html`<p>${count(number, 'change')} only audited: nothing is written.</p>`
}

function listed(
  report: ServerReport,
  what: string,
  holds: (one: ServerReport['mitigations'][number]) => boolean,
): Html | null {
  const found = report.mitigations.filter(holds)
  return found.length === 0 ? null : html`<p><b>${what}:</b> ${found.map((one) => one.name).join(', ')}</p>`
}
