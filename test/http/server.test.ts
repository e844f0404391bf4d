import { once } from 'node:events'
import { Agent, type IncomingHttpHeaders, type RequestOptions, request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { listen } from '../../reconciler/http/server.ts'
import { quickest } from '../helpers/effort.ts'
import { insight, serving } from '../helpers/insight.ts'

interface Got {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

async function ask(url: string, options: RequestOptions = {}, body = ''): Promise<Got> {
  const asking = request(url, { agent: false, ...options })
  asking.end(body)
  const [response] = await once(asking, 'response')
  return { status: response.statusCode, headers: response.headers, body: await text(response) }
}

test('metrics, status, health and readiness', async (t) => {
  const { url } = await serving(t)
  const metrics = await ask(`${url}/metrics`)
  t.is(metrics.status, 200)
  t.is(metrics.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  t.regex(metrics.body, /^stopgap_build_info\{version="0\.1\.0",node="v/m)
  t.true(metrics.body.endsWith('\n'))
  const status = await ask(`${url}/status`)
  t.is((JSON.parse(status.body) as { servers: unknown[] }).servers.length, 4)
  t.is((await ask(`${url}/healthz`)).body, 'ok\n')
  t.is((await ask(`${url}/readyz?verbose`)).status, 200)
})

test('what is not well says why, with 503', async (t) => {
  const { url } = await serving(t, {
    health: () => ({ ok: false, why: 'no tick for 3 min' }),
    ready: () => ({ ok: false, why: 'ex01 was not looked at yet' }),
  })
  t.like(await ask(`${url}/healthz`), { status: 503, body: 'no tick for 3 min\n' })
  t.like(await ask(`${url}/readyz`), { status: 503, body: 'ex01 was not looked at yet\n' })
})

test('the hook is taken, limited, and reads nothing', async (t) => {
  let hooks = 0
  const hook = () => {
    hooks += 1
  }
  const { url } = await serving(t, { hook })
  const large = 'x'.repeat(1_000_000)
  t.is((await ask(`${url}/hook`, { method: 'POST' }, large)).status, 202)
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(`${url}/hook`, { method: 'POST' })))
  const refused = answers.filter((answer) => answer.status === 429)
  t.is(hooks, 21 - refused.length)
  t.true(hooks <= 7, `${hooks} got through`)
  t.regex(refused[0]?.headers['retry-after'] ?? '', /^[12]$/)
})

test('the hook is not for pages of other sites', async (t) => {
  const { url } = await serving(t, { hook: () => t.fail() })
  const headers = { 'Sec-Fetch-Site': 'cross-site' }
  t.is((await ask(`${url}/hook`, { method: 'POST', headers })).status, 403)
})

test('connections are kept for the next request', async (t) => {
  const { url } = await serving(t)
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  for (const path of ['/healthz', '/metrics', '/']) {
    t.is((await ask(url + path, { agent })).headers.connection, 'keep-alive', path)
  }
})

test('HEAD is GET without a body', async (t) => {
  const { url } = await serving(t)
  for (const path of ['/', '/metrics', '/status', '/healthz']) {
    t.like(await ask(url + path, { method: 'HEAD' }), { status: 200, body: '' }, path)
  }
})

const refused = test.macro(async (t, method: string, path: string, status: number, allow?: string) => {
  const { url } = await serving(t, { hook: () => t.fail() })
  const got = await ask(url + path, { method })
  t.is(got.status, status)
  t.is(got.headers.allow, allow)
})

test('what is not there', refused, 'GET', '/nothing', 404)
test('no way up', refused, 'GET', '/../../etc/passwd', 404)
test('no property of an object', refused, 'GET', '/constructor', 404)
test('POST to what is read', refused, 'POST', '/status', 405, 'GET, HEAD')
test('DELETE of what is read', refused, 'DELETE', '/', 405, 'GET, HEAD')
test('GET of the hook', refused, 'GET', '/hook', 405, 'POST')

test('every answer carries the headers of a careful server', async (t) => {
  const { url } = await serving(t)
  for (const path of ['/', '/status', '/metrics', '/nothing']) {
    const { headers } = await ask(url + path)
    t.like(headers, {
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
    })
    t.regex(String(headers['content-security-policy']), /^default-src 'none'/)
    t.notRegex(String(headers['content-security-policy']), /unsafe|https?:|\*/)
  }
})

test('a foreign name in the Host header is refused on loopback', async (t) => {
  const { url } = await serving(t)
  t.is((await ask(`${url}/status`, { headers: { Host: 'evil.example' } })).status, 421)
  t.is((await ask(`${url}/status`, { headers: { Host: 'localhost:9464' } })).status, 200)
})

test('an error inside tells nothing to the network', async (t) => {
  const { url } = await serving(t, {
    statusJson: () => {
      throw new Error('C:\\secret\\path')
    },
  })
  const got = await ask(`${url}/status`)
  t.is(got.status, 500)
  t.false(got.body.includes('secret'))
})

test('headers that are too large are refused, the server lives on', async (t) => {
  const { url } = await serving(t)
  await t.throwsAsync(ask(`${url}/status`, { headers: { 'X-Large': 'x'.repeat(20_000) } }))
  t.is((await ask(`${url}/healthz`)).status, 200)
})

test('closing takes less than a second, whatever is open', async (t) => {
  const took = await quickest(1_000, () => closing(t))
  t.true(took < 1_000, `${took} ms`)
})

async function closing(t: ExecutionContext): Promise<number> {
  const stuck = new Promise<never>(() => undefined)
  const server = await listen('127.0.0.1', 0, insight({ metrics: () => stuck }), new AbortController().signal)
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  t.is((await ask(`${server.url}/healthz`, { agent })).status, 200)
  const silent = connect(Number(new URL(server.url).port), '127.0.0.1')
  await once(silent, 'connect')
  const waiting = t.throwsAsync(ask(`${server.url}/metrics`))
  // The request has to arrive before the server stops to take any.
  await ask(`${server.url}/healthz`)
  const start = performance.now()
  await server.close()
  const took = performance.now() - start
  await waiting
  silent.destroy()
  await t.throwsAsync(ask(`${server.url}/healthz`))
  return took
}

test('an aborted signal ends the server', async (t) => {
  const abort = new AbortController()
  const server = await listen('127.0.0.1', 0, insight(), abort.signal)
  abort.abort()
  await server.close()
  await t.throwsAsync(ask(`${server.url}/healthz`))
})

test('a port that is taken is an error', async (t) => {
  const { url } = await serving(t)
  const again = listen('127.0.0.1', Number(new URL(url).port), insight(), new AbortController().signal)
  await t.throwsAsync(again, { code: 'LISTEN_FAILED', message: /: address already in use$/ })
})
