import type { Status } from '../../model/status.ts'
import { mask } from '../../util/mask.ts'
import { age, count, moment } from '../../util/words.ts'
import { type Html, html } from './html.ts'

/** Where policy comes from, what is in force, and loudly what is wrong with it. */
export function source(status: Status): Html {
  const from = status.source
  return html`<section class="source"><dl>
<div><dt>Revision in force</dt><dd>${status.revision === null ? html`<b>none yet</b>` : html`<code>${status.revision}</code>`} ${signature(status)}</dd></div>
<div><dt>Committed</dt><dd>${from.committed === null ? 'unknown' : moment(from.committed)}</dd></div>
<div><dt>Source</dt><dd><code>${mask(from.name)}</code></dd></div>
<div><dt>Last fetch</dt><dd>${from.lastFetch === null ? 'none on record' : age(from.lastFetch, status.at)}</dd></div>
</dl>${failing(status)}${rejected(status)}</section>`
}

function signature(status: Status): Html | null {
  const { signature } = status.source
  if (signature === null) return null
  return html`<span class="pill loud" title="Whoever can write to the source decides what is applied: nobody's signature is checked.">${signature}</span>`
}

/** Stays until a fetch succeeds, with since when. */
function failing(status: Status): Html | null {
  const { failing } = status.source
  if (failing === null) return null
  return html`<p class="error"><b>Fetch fails (${failing.reason})</b>, ${count(failing.times, 'time')} since ${age(failing.since, status.at)}: ${mask(failing.trouble.message)}<br>${mask(failing.trouble.hint)}</p>`
}

/** With its first faults: whoever committed it mostly needs nothing else. */
function rejected(status: Status): Html | null {
  const { rejected } = status.source
  if (rejected === null) return null
  const faults = rejected.faults.slice(0, 10)
  const rest = rejected.faults.length - faults.length
  return html`<div class="error"><b>Revision refused (${rejected.reason})</b> <code>${rejected.revision}</code>${rejected.at === null ? '' : `, ${age(rejected.at, status.at)}`}: ${mask(rejected.trouble.message)}<br>${mask(rejected.trouble.hint)}
${faults.length === 0 ? null : html`<ul>${faults.map((fault) => html`<li><code>${fault.file}:${fault.line}:${fault.column}</code> ${fault.message}</li>`)}</ul>`}${rest > 0 ? html`and ${rest} more` : null}</div>`
}
