import { createHash } from 'node:crypto'
import type { ServerReport } from '../../model/report.ts'
import type { Status } from '../../model/status.ts'
import { moment } from '../../util/words.ts'
import type { Answer, Hint } from '../endpoints.ts'
import { attention, waitingForSomebody } from './attention.ts'
import { type Html, html, raw } from './html.ts'
import { matrix } from './matrix.ts'
import { SCRIPT } from './script.ts'
import { source } from './source.ts'
import { STYLE } from './style.ts'
import { needsAttention, type Tone } from './tone.ts'

/** Rows of the matrix on one page: 50 servers by 30 mitigations are about 1.5 MB. */
const ROWS = 50

/** Up to this many servers need no paging and no search. */
const FEW = 10

// Only these two texts may act on the page: whatever a hostile name smuggled in would be neither run nor loaded.
const POLICY = [
  "default-src 'none'",
  `style-src '${sha256(STYLE)}'`,
  `script-src '${sha256(SCRIPT)}'`,
  "connect-src 'self'",
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

function sha256(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

/** `/`: the estate for people. Query: `q` part of a server's name, `show=attention`, `page` from 1. */
export function pageAnswer(status: Status, hints: readonly Hint[], query: URLSearchParams): Answer {
  return {
    status: 200,
    type: 'text/html; charset=utf-8',
    body: pageHtml(status, hints, query),
    headers: { 'Content-Security-Policy': POLICY },
  }
}

/** The page as text; every value in it is escaped. */
export function pageHtml(status: Status, hints: readonly Hint[], query: URLSearchParams): string {
  const exposed = countMitigations(status, (one) => one.exposed)
  const title = exposed > 0 ? `(${exposed} exposed) Stopgap` : 'Stopgap'
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<noscript><meta http-equiv="refresh" content="30"></noscript><style>${raw(STYLE)}</style></head>
<body><p class="banner" role="alert">No answer from Stopgap: what stands here is from before.</p>
<header><h1>Stopgap</h1><small>emergency mitigations from git</small></header>
<main>${tiles(status)}${source(status)}${sections(status, query)}${hintList(hints)}<p class="quiet">As of ${moment(status.at)}</p></main>
<footer><a href="/status">/status</a> · <a href="/metrics">/metrics</a> · <a href="/healthz">/healthz</a> · <a href="/readyz">/readyz</a></footer>
<script>${raw(SCRIPT)}</script></body></html>
`.markup
}

/** A few servers are seen at a glance; of many, those come first that somebody must look at. */
function sections(status: Status, query: URLSearchParams): readonly Html[] {
  const wanting = attention(status)
  const all = estate(status, query)
  if (wanting === null) return [all]
  return status.servers.length > FEW ? [wanting, all] : [all, wanting]
}

function countMitigations(
  status: Status,
  holds: (one: ServerReport['mitigations'][number]) => boolean,
): number {
  return status.servers.reduce((sum, report) => sum + report.mitigations.filter(holds).length, 0)
}

/** The four numbers that say whether to read on. */
function tiles(status: Status): Html {
  const good = status.servers.filter((one) => one.result === 'converged' || one.result === 'changed').length
  const all = status.servers.length + status.waiting.length
  const exposed = countMitigations(status, (one) => one.exposed)
  const drifted = countMitigations(status, (one) => one.state === 'drifted')
  const held = status.servers.reduce((sum, report) => sum + waitingForSomebody(report).length, 0)
  return html`<div class="tiles">${tile(`${good}/${all}`, 'servers converged', good === all ? 'good' : 'warn')}
${tile(String(exposed), 'exposed', exposed > 0 ? 'bad' : 'good')}${tile(String(drifted), 'drifted', drifted > 0 ? 'moved' : 'good')}
${tile(String(held), 'changes held', held > 0 ? 'warn' : 'good')}</div>`
}

function tile(value: string, label: string, tone: Tone): Html {
  return html`<div class="tile ${tone}"><b>${value}</b><small>${label}</small></div>`
}

/** The matrix, and for large estates how to get through it. Whatever the query holds, there is a page for it. */
function estate(status: Status, query: URLSearchParams): Html {
  const part = (query.get('q') ?? '').trim().toLowerCase()
  const only = query.get('show') === 'attention'
  const found = status.servers.filter(
    (one) => one.server.toLowerCase().includes(part) && (!only || needsAttention(one, status.revision)),
  )
  const pages = Math.max(1, Math.ceil(found.length / ROWS))
  const page = Math.min(pages, Math.max(1, Math.trunc(Number(query.get('page') ?? 1)) || 1))
  const shown = found.slice((page - 1) * ROWS, page * ROWS)
  const waiting = status.waiting.slice(0, ROWS).join(', ') + (status.waiting.length > ROWS ? ', …' : '')
  return html`<section><h2>Servers by mitigations</h2>
${status.servers.length > FEW ? bar(query, { found: found.length, page, pages }) : null}
${matrix(status, shown)}${waiting === '' ? null : html`<p class="quiet">Not looked at yet: ${waiting}</p>`}</section>`
}

/** Links keep the rest of the query, so a search survives paging. */
function bar(query: URLSearchParams, at: { found: number; page: number; pages: number }): Html {
  const link = (change: Readonly<Record<string, string>>, text: string): Html => {
    const next = new URLSearchParams({ ...Object.fromEntries(query), page: '1', ...change })
    return html`<a href="/?${next.toString()}">${text}</a>`
  }
  return html`<div class="bar">${link({ show: 'all' }, 'all')} ${link({ show: 'attention' }, 'needs attention')}
<span class="quiet">${at.found} servers, page ${at.page} of ${at.pages}</span>
${at.page > 1 ? link({ page: String(at.page - 1) }, '← previous') : null} ${at.page < at.pages ? link({ page: String(at.page + 1) }, 'next →') : null}
<form action="/"><input name="q" value="${query.get('q') ?? ''}" placeholder="server…" aria-label="Part of a server's name"></form></div>`
}

function hintList(hints: readonly Hint[]): Html | null {
  if (hints.length === 0) return null
  return html`<section><h2>What to try next</h2><ul class="hints">${hints.map((hint) => html`<li>${hint.text}<code>${hint.command}</code></li>`)}</ul></section>`
}
