import test from 'ava'
import { ordinaryTraffic } from '../../reconciler/commands/traffic.ts'
import { bad, inboundRule, testLines, tryoutOf } from '../helpers/tryout.ts'

const STOP =
  inboundRule('a stop', '^nothing', '{ type: None }') +
  inboundRule('stop', '^owa/x', '{ type: AbortRequest }')
const effects = (...requests: readonly string[]) =>
  `  sideEffects:\n    - text: Something no longer works.\n      requests: [${requests.map((one) => `'${one}'`).join(', ')}]\n`

test('a rule that changes ordinary traffic has a false positive, at the entry of the rule', (t) => {
  const { tried, traffic } = tryoutOf(STOP, '', ['GET /owa/', 'GET /owa/xyz?a=1', 'GET /ecp/'])
  t.is(tried.length, 1)
  t.like(tried[0], {
    code: 'false-positive',
    level: 'error',
    name: 'owa: request 2',
    happened: 'the connection is cut',
    because: "the rule 'Stopgap X stop' matched",
  })
  // The second of the two entries.
  t.is(tried[0]!.origin.file, 'mitigations/x.yaml')
  t.is(tried[0]!.origin.line, 13)
  t.deepEqual(traffic, { requests: 3, affected: 1, declared: 0 })
})

test('unless the mitigation declares it', (t) => {
  const result = tryoutOf(STOP, effects('GET /owa/x*'), ['GET /owa/', 'GET /owa/xyz?a=1'])
  t.deepEqual(result.tried, [])
  t.deepEqual(result.traffic, { requests: 2, affected: 1, declared: 1 })
})

test('a declaration of another method is none of it', (t) => {
  const result = bad(tryoutOf(STOP, effects('POST /owa/x*'), ['GET /owa/xyz']))
  t.deepEqual(
    result.map(({ code }) => code),
    ['false-positive'],
  )
})

test('what is declared and not affected is worth a look', (t) => {
  const [one, ...more] = bad(tryoutOf(STOP, effects('GET /owa/xyz', 'GET /ecp/'), ['GET /owa/', 'GET /ecp/']))
  t.is(more.length, 0)
  t.like(one, { code: 'side-effect-absent', level: 'warning', name: 'GET /ecp/' })
  t.is(one!.origin.file, 'mitigations/x.yaml')
})

test('a declared prefix is affected when anything of the corpus that it covers is', (t) => {
  t.deepEqual(bad(tryoutOf(STOP, effects('* /owa/*'), ['GET /owa/x1'])), [])
  t.is(bad(tryoutOf(STOP, effects('* /owa/*'), ['GET /owa/y1'])).length, 1)
})

test('a declaration that nobody can read is a fault', (t) => {
  const [one] = bad(tryoutOf(STOP, effects('/owa/xyz')))
  t.like(one, { code: 'test-unreadable', level: 'error', name: '/owa/xyz' })
})

test('what a rule does to a request that is not visible to anybody is no false positive', (t) => {
  const rules =
    inboundRule('none', '.*', '{ type: None }') +
    inboundRule('same', '(.*)', '{ type: Rewrite, url: "/{R:1}" }')
  t.deepEqual(tryoutOf(rules, '', ['GET /owa/', 'POST /EWS/Exchange.asmx?a=%41']).tried, [])
})

test('a header that a global rule sets on the way in is one', (t) => {
  const rule = `    - kind: rewrite-rule
      at: server
      name: header
      match: { url: '^owa' }
      serverVariables: [{ name: HTTP_X_SEEN, value: 'yes' }]
      action: { type: None }
`
  const [one, ...more] = tryoutOf(rule, '', ['GET /owa/', 'GET /ecp/']).tried
  t.is(more.length, 0)
  t.regex(one!.happened!, /^it arrives with other headers, x-seen: yes$/i)
})

test('a pattern that takes for ever on an ordinary request is told within the limit', (t) => {
  const slow = inboundRule('slow', '^(a+)+$', '{ type: AbortRequest }')
  const [one, ...more] = tryoutOf(slow, '', ['GET /owa/', `GET /${'a'.repeat(40)}!`]).tried
  t.is(more.length, 0)
  t.like(one, { code: 'false-positive', name: 'owa: request 2' })
  t.regex(one!.happened!, /longer than 200 ms/)
})

test('where one request after the other takes for ever, the rest is not waited for', (t) => {
  const slow = inboundRule('slow', '^(a+)+$', '{ type: AbortRequest }')
  const requests = Array.from({ length: 40 }, (_, index) => `GET /${'a'.repeat(40 + index)}!`)
  const { tried } = tryoutOf(slow, '', requests)
  t.is(tried.filter(({ code }) => code === 'false-positive').length, 16)
  t.like(tried.at(-1), { code: 'traffic-untried', level: 'error' })
  t.regex(tried.at(-1)!.happened!, /24 were not tried/)
})

const outbound = (value: string) => `    - kind: outbound-rule
      at: Default Web Site
      in: applicationHost.config
      name: header
      match: { serverVariable: RESPONSE_X_Frame_Options, pattern: '(.*)' }
      action: { type: Rewrite, value: '${value}' }
`

test('a response that comes back otherwise is what an outbound rule is for; one that breaks is not', (t) => {
  t.deepEqual(tryoutOf(outbound('DENY'), '', ['GET /owa/']).tried, [])
  const [one, ...more] = tryoutOf(outbound('{R:7}'), '', ['GET /owa/']).tried
  t.is(more.length, 0)
  t.like(one, { code: 'response-broken', level: 'error', name: 'owa: request 1' })
  t.regex(one!.happened!, /500\.52/)
})

test('what an outbound rule does to a page counts as a declared side effect', (t) => {
  t.deepEqual(tryoutOf(outbound('DENY'), effects('GET /owa/?layout=light')).tried, [])
})

const POOL = `    - kind: app-pool
      name: MSExchangeECPAppPool
      state: Stopped
`

test('what is switched off stops requests; that is told once, and fails nothing', (t) => {
  const requests = ['GET /ecp/', 'GET /ecp/a', 'GET /owa/']
  const [one, ...more] = tryoutOf(POOL, '', requests).tried
  t.is(more.length, 0)
  t.like(one, { code: 'traffic-stopped', level: 'warning' })
  t.regex(one!.happened!, /503.*MSExchangeECPAppPool.*; and so 1 more/)
  t.deepEqual(tryoutOf(POOL, effects('* /ecp/*'), requests).tried, [])
})

test('an outbound rule that cannot be carried out breaks responses, at the entry of that rule', (t) => {
  const rule = `    - kind: outbound-rule
      at: Default Web Site
      name: out
      match: { serverVariable: RESPONSE_X_A, pattern: '(.*)' }
      action: { type: Rewrite, value: '{R:2}' }
`
  const [one, ...more] = tryoutOf(`    - kind: ping\n${rule}`, '', ['GET /owa/']).tried
  t.is(more.length, 0)
  t.like(one, { code: 'response-broken', because: "the rule 'Stopgap X out' matched" })
  t.regex(one!.happened!, /500\.52: rule 'Stopgap X out': action\.value: there is no \{R:2\}/)
  // The list of resources stands four blanks in, its entries six.
  t.is(one!.origin.column, 7)
})

test('a stopped pool blocks', (t) => {
  t.deepEqual(bad(tryoutOf(POOL, testLines(['GET /ecp/', 'blocked'], ['GET /owa/', 'passed']))), [])
})

test('what cannot be put fails, what has no place here does not, and both are named', (t) => {
  const resources = `    - kind: rewrite-rule
      at: No Such Site
      name: one
      match: { url: '.*' }
      action: { type: None }
    - kind: service
      name: NoSuchService
      status: Stopped
`
  const found = bad(tryoutOf(resources, '  appliesTo: { builds: ">=15.9" }\n'))
  t.deepEqual(
    found.map(({ code, level }) => [code, level]),
    [
      ['not-put', 'error'],
      ['resource-missing', 'warning'],
      ['applies-nowhere', 'warning'],
    ],
  )
  t.regex(found[0]!.happened!, /No Such Site/)
})

test('the same is found every time', async (t) => {
  const corpus = await ordinaryTraffic(new AbortController().signal)
  t.true(corpus.length >= 300)
  const short = corpus.filter(
    ({ request }) => Object.keys(request.headers).length < 2 && !request.url.includes("'"),
  )
  const requests = short.slice(0, 40).map(({ request }) => `${request.method} ${request.url}`)
  t.deepEqual(tryoutOf(STOP, '', [...new Set(requests)]), tryoutOf(STOP, '', [...new Set(requests)]))
})
