import type { IncomingMessage } from 'node:http'
import {
  type Answer,
  healthAnswer,
  type Insight,
  metricsAnswer,
  statusAnswer,
  textAnswer,
} from './endpoints.ts'
import type { RateLimit } from './limit.ts'
import { pageAnswer } from './page/page.ts'

type Route = (insight: Insight, query: URLSearchParams) => Answer | Promise<Answer>

const READABLE: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/', (insight, query) => pageAnswer(insight.status(), insight.hints?.() ?? [], query)],
  ['/metrics', metricsAnswer],
  ['/status', statusAnswer],
  ['/healthz', (insight) => healthAnswer(insight.health())],
  ['/readyz', (insight) => healthAnswer(insight.ready())],
])

const HOOK = '/hook'

/** The answer to a request: 404 for what is not there, 405 with Allow for what is there but not that way. */
export async function answerTo(
  request: IncomingMessage,
  insight: Insight,
  limit: RateLimit,
): Promise<Answer> {
  const method = request.method ?? ''
  // A target in absolute form (as proxies send it) is none of ours: only paths are.
  const [path = '', query = ''] = (request.url ?? '').split('?', 2)
  if (path === HOOK) return method === 'POST' ? hookAnswer(request, insight, limit) : notAllowed('POST')
  const route = READABLE.get(path)
  if (route === undefined)
    return textAnswer(404, 'not found; there are / /status /metrics /healthz /readyz /hook')
  if (method !== 'GET' && method !== 'HEAD') return notAllowed('GET, HEAD')
  return route(insight, new URLSearchParams(query))
}

function notAllowed(allow: string): Answer {
  return textAnswer(405, `method not allowed; ${allow}`, { Allow: allow })
}

/** 202 says that it was heard, not that anything was fetched. */
function hookAnswer(request: IncomingMessage, insight: Insight, limit: RateLimit): Answer {
  const site = request.headers['sec-fetch-site']
  // A page of somebody else in a browser here has no business to make us fetch.
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    return textAnswer(403, 'not from another site')
  }
  const taken = limit.take()
  if (!taken.ok) {
    return textAnswer(429, 'too often; the source is looked at by its clock anyway', {
      'Retry-After': String(taken.retryAfter),
    })
  }
  insight.hook()
  return textAnswer(202, 'the source will be looked at now')
}
