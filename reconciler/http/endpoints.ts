import type { Status } from '../model/status.ts'

/** Whether something is well, and if not, why in one line. */
export interface Health {
  readonly ok: boolean
  readonly why: string
}

/** A command that somebody could paste next, and what it shows. */
export interface Hint {
  readonly text: string
  readonly command: string
}

/** All that the HTTP side asks of the rest. Every function is cheap, and none of them writes to a server. */
export interface Insight {
  /** In Prometheus text format; in pieces where it is large. */
  metrics(): Promise<string> | AsyncIterable<string>
  /** The object that `/status` prints, see `formats/schema/output.schema.json`. */
  statusJson(): unknown
  /** What the page is made from. */
  status(): Status
  /** The loop has ticked within three intervals. */
  health(): Health
  /** A pass was tried on each server. */
  ready(): Health
  /** Look at the source now. */
  hook(): void
  /** What to try next; the demo has some. */
  hints?(): readonly Hint[]
}

/** An answer before it is sent. */
export interface Answer {
  readonly status: number
  readonly type: string
  /** In pieces when it is too large to be held at once. */
  readonly body: string | AsyncIterable<string>
  readonly headers?: { readonly [name: string]: string }
}

/** Prometheus text format 0.0.4. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'
const TEXT_TYPE = 'text/plain; charset=utf-8'

/** One line of plain text. */
export function textAnswer(
  status: number,
  line: string,
  headers: { readonly [name: string]: string } = {},
): Answer {
  return { status, type: TEXT_TYPE, body: `${line}\n`, headers }
}

/** `/metrics`. */
export async function metricsAnswer(insight: Insight): Promise<Answer> {
  const text = insight.metrics()
  return { status: 200, type: METRICS_TYPE, body: Symbol.asyncIterator in text ? text : await text }
}

/** `/status`. */
export function statusAnswer(insight: Insight): Answer {
  return {
    status: 200,
    type: 'application/json; charset=utf-8',
    body: `${JSON.stringify(insight.statusJson())}\n`,
  }
}

/** `/healthz` and `/readyz`: 503 with the reason while it is not so. */
export function healthAnswer(health: Health): Answer {
  return health.ok ? textAnswer(200, 'ok') : textAnswer(503, health.why)
}
