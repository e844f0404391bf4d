import test from 'ava'
import { kinds } from '../../reconciler/kinds/registry.ts'
import type { Headers } from '../../reconciler/rewrite/exchange.ts'
import type { RuleSetSource } from '../../reconciler/rewrite/rule-set.ts'
import { outboundSource, respond, served } from '../helpers/outbound.ts'
import { shipped } from '../helpers/shipped.ts'

/** What a test of the shipped mitigation says, as it is written there. */
interface Written {
  readonly name: string
  readonly request: string
  readonly response: { readonly status: number; readonly headers: Headers }
  readonly expect: { readonly headers: Headers }
}

const mitigation = shipped().mitigations.find(({ name }) => name === 'M2')
// Those that give no response are about the request, which outbound rules leave alone.
const written = ((mitigation?.tests ?? []) as unknown as readonly Partial<Written>[]).filter(
  (each): each is Written => each.response !== undefined,
)
const source: RuleSetSource = outboundSource('', {
  outboundRules: (mitigation?.resources ?? []).flatMap(({ kind: name, entry }) => {
    const kind = kinds.find((each) => each.name === name)
    if (name !== 'outbound-rule' || kind === undefined) return []
    return kind.split(entry).map((spec) => ({ name: 'M2', fields: kind.resource(spec, 'M2').want, base: '' }))
  }),
})

function policyOf(url: string, headers: Headers): string | readonly string[] | undefined {
  return served(respond(source, { headers }, { url })).headers['Content-Security-Policy']
}

const HTML = { 'Content-Type': 'text/html; charset=utf-8' }

test('the shipped rule keeps the tests that it carries', (t) => {
  t.true(written.length >= 5)
  for (const { name, request, response, expect } of written) {
    const [method = '', url = ''] = request.split(' ')
    const after = served(respond(source, response, { method, url }))
    for (const [header, value] of Object.entries(expect.headers)) t.is(after.headers[header], value, name)
    t.is(after.status, response.status, name)
  }
})

test('where there is no policy yet, one is made that still holds', (t) => {
  t.is(policyOf('/owa/', HTML), "; script-src-attr 'none'")
})

test('where there are two policies, both are narrowed', (t) => {
  const headers = { ...HTML, 'Content-Security-Policy': ["script-src 'self'", "default-src 'self'"] }
  t.deepEqual(policyOf('/owa/', headers), [
    "script-src 'self'; script-src-attr 'none'",
    "default-src 'self'; script-src-attr 'none'",
  ])
})

test('the query does not hide the page', (t) => {
  t.is(policyOf('/OWA?path=/mail', HTML), "; script-src-attr 'none'")
  t.is(policyOf('/owa/calendar/x@contoso.example/Calendar/calendar.html', HTML), undefined)
})

test('a compressed page has its header set all the same', (t) => {
  t.is(policyOf('/owa/', { ...HTML, 'Content-Encoding': 'gzip' }), "; script-src-attr 'none'")
})
