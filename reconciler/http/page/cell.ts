import { adviceOf } from '../../model/advice.ts'
import type { Held } from '../../model/plan.ts'
import type { MitigationReport, ResourceReport, ServerReport } from '../../model/report.ts'
import { mask } from '../../util/mask.ts'
import { type Html, html } from './html.ts'
import { cellText, mitigationTone, stateTone, words } from './tone.ts'

/**
 * One cell of the matrix: a button with the state, and a popover with the reason. Popovers need no script and are
 * not clipped by the scrolling table. `id` is unique on the page.
 */
export function cell(report: ServerReport, mitigation: MitigationReport, id: string): Html {
  const tone = mitigationTone(mitigation)
  const label = `${mitigation.name} on ${report.server}: ${cellText(mitigation)}`
  return html`<td><button type="button" id="b${id}" class="cell ${tone}" popovertarget="p${id}" title="${mask(mitigation.reason)}" aria-label="${label}"><span>${cellText(mitigation)}</span>${mitigation.exposed ? html`<em>exposed</em>` : null}</button>${details(report, mitigation, id)}</td>`
}

function details(report: ServerReport, mitigation: MitigationReport, id: string): Html {
  const { file, line } = mitigation.origin
  return html`<div popover id="p${id}" class="details">
<h3>${mitigation.name} <small>on ${report.server}</small></h3>
${mitigation.title === undefined ? null : html`<p>${mitigation.title}</p>`}
<dl><dt>Verdict</dt><dd><b>${words(mitigation.verdict)}</b>: ${mask(mitigation.reason)}</dd>
<dt>Decided by</dt><dd><code>${file}:${line}</code></dd>
<dt>State</dt><dd><span class="pill ${stateTone(mitigation.state)}">${words(mitigation.state)}</span>${mitigation.exposed ? html` <span class="pill bad">exposed</span>` : null}</dd>
<dt>Severity</dt><dd>${mitigation.severity}, mode ${mitigation.mode}</dd></dl>
${mitigation.resources.length === 0 ? null : html`<ul>${mitigation.resources.map(resource)}</ul>`}
${heldOf(report, mitigation).map((held) => heldNote(held, report))}
<p class="hint"><code>stopgap explain ${report.server} ${mitigation.name}</code></p></div>`
}

function resource(one: ResourceReport): Html {
  return html`<li><code>${one.key}</code> <span class="pill ${stateTone(one.state)}">${words(one.state)}</span>${one.reason === undefined ? null : html`<br>${mask(one.reason)}`}${one.fighting === true ? html`<br><b>corrected again and again; backed off</b>` : null}</li>`
}

function heldOf(report: ServerReport, mitigation: MitigationReport): readonly Held[] {
  return report.plan?.held.filter((held) => held.mitigations.includes(mitigation.name)) ?? []
}

/** Why a change is held, and what to do about it. */
export function heldNote(held: Held, report: ServerReport): Html {
  return html`<p class="held"><b>Held: ${words(held.reason)}.</b> ${held.verb} <code>${held.key}</code>: ${mask(held.detail)}<br>${advice(held, report)}</p>`
}

function advice(held: Held, report: ServerReport): Html {
  const text = adviceOf(held.reason, report.plan?.id ?? '')
  const at = text.indexOf('stopgap ')
  // The command stands last, so that it can be copied whole.
  return at < 0 ? html`${text}` : html`${text.slice(0, at)}<code>${text.slice(at)}</code>`
}
