import test from 'ava'
import fc from 'fast-check'
import { batch } from '../../reconciler/commands/request/batch.ts'
import { linesOf } from '../../reconciler/commands/request/lines.ts'
import { OUTCOMES } from '../../reconciler/proof/batch-answer.ts'

const rewrite = (...rules: readonly string[]) => `<rewrite><rules>${rules.join('')}</rules></rewrite>`
const ARTICLE =
  '<rule name="article"><match url="^article/([0-9]+)" /><action type="Rewrite" url="article.aspx?id={R:1}" /></rule>'
const ABORT = '<rule name="abort"><match url="bad" /><action type="AbortRequest" /></rule>'

function one(line: unknown) {
  const [answer] = batch().answer([JSON.stringify(line)])
  return answer
}

interface Row {
  readonly rewriteXml?: string
  readonly config?: string
  readonly url?: string
  readonly method?: string
  readonly headers?: object
  readonly serverVariables?: object
  readonly response?: object
}

const gives = test.macro<[Row, object]>(
  (t, { url = '/', method = 'GET', headers = {}, ...rest }, expected) => {
    const answer = one({ id: 'x', request: { method, url, headers }, ...rest })
    t.like(answer, { id: 'x', ...expected })
  },
)

test(
  'a request that no rule is for',
  gives,
  { rewriteXml: rewrite(ABORT), url: '/a?b' },
  {
    outcome: 'pass',
    url: '/a?b',
    requestHeaders: {},
    ruleCount: 1,
    rules: [{ name: 'abort', matched: false, captures: {} }],
  },
)
test('no rules at all', gives, { rewriteXml: '<rewrite />' }, { outcome: 'pass', ruleCount: 0, rules: [] })
test(
  'a rewritten URL',
  gives,
  { rewriteXml: rewrite(ARTICLE), url: '/article/5?x=1', headers: { Host: 'a' } },
  {
    outcome: 'rewrite',
    url: '/article.aspx?id=5&x=1',
    requestHeaders: { Host: 'a' },
    rules: [{ name: 'article', matched: true, captures: { 'R:0': 'article/5', 'R:1': '5' } }],
  },
)
test(
  'an abort',
  gives,
  { rewriteXml: rewrite(ARTICLE, ABORT), url: '/bad' },
  { outcome: 'abort', ruleCount: 2 },
)
test(
  'a redirect to a path that is relative',
  gives,
  {
    rewriteXml: rewrite(
      '<rule name="r"><match url="(.*)" /><action type="Redirect" url="b/{R:1}" redirectType="Found" /></rule>',
    ),
    url: '/a',
  },
  { outcome: 'redirect', status: 302, location: '/b/a' },
)
test(
  'a custom response',
  gives,
  {
    rewriteXml: rewrite(
      '<rule name="r"><match url=".*" /><action type="CustomResponse" statusCode="403" subStatusCode="4" statusReason="No" statusDescription="Go" /></rule>',
    ),
  },
  { outcome: 'response', status: 403, subStatus: 4, reason: 'No', body: 'Go' },
)
test(
  'a disabled rule does not count',
  gives,
  {
    rewriteXml: rewrite(
      '<rule name="r" enabled="false"><match url=".*" /><action type="AbortRequest" /></rule>',
      ABORT,
    ),
  },
  { outcome: 'pass', ruleCount: 1 },
)
test(
  'global rules come first, whatever host and port',
  gives,
  {
    rewriteXml: `<rewrite><rules>${ABORT}</rules><globalRules><rule name="g"><match url="x" /><action type="Rewrite" url="/bad" /></rule></globalRules></rewrite>`,
    url: 'https://any.example:9443/x',
  },
  { outcome: 'abort', ruleCount: 2, rules: [{ name: 'g' }, { name: 'abort' }] },
)
test(
  'a server variable that is allowed there',
  gives,
  {
    rewriteXml: `<rewrite><allowedServerVariables><add name="HTTP_X_A" /></allowedServerVariables><rules><rule name="v"><match url=".*" /><serverVariables><set name="HTTP_X_A" value="{HTTPS}" /></serverVariables><action type="None" /></rule></rules></rewrite>`,
    serverVariables: { HTTPS: 'on' },
  },
  { requestHeaders: { 'x-a': 'on' } },
)
test(
  'a path alone comes without TLS',
  gives,
  {
    rewriteXml: rewrite(
      '<rule name="s"><match url=".*" /><conditions><add input="{HTTPS}" pattern="^OFF$" /></conditions><action type="Redirect" url="https://{HTTP_HOST}/{R:0}" /></rule>',
    ),
    url: '/a',
    headers: { Host: 'www.contoso.example' },
  },
  { outcome: 'redirect', location: 'https://www.contoso.example/a' },
)
test(
  'an outbound rule',
  gives,
  {
    rewriteXml:
      '<rewrite><outboundRules><rule name="o"><match serverVariable="RESPONSE_X_A" pattern="(.*)" /><action type="Rewrite" value="{R:1}b" /></rule></outboundRules></rewrite>',
    response: { status: 201, headers: { 'X-A': 'a' }, body: 'hi' },
  },
  {
    outcome: 'pass',
    status: 201,
    responseHeaders: { 'X-A': 'ab' },
    body: 'hi',
    ruleCount: 1,
    rules: [{ name: 'o', matched: true }],
  },
)
test('a response to a request that is cut off is not there', (t) => {
  const answer = one({
    id: 1,
    rewriteXml: rewrite(ABORT),
    request: { url: '/bad' },
    response: { status: 200 },
  })
  t.deepEqual(Object.keys(answer ?? {}).toSorted(), ['id', 'outcome', 'ruleCount', 'rules'])
})
test(
  'a web.config as text',
  gives,
  {
    config: `\n<configuration><system.webServer><rewrite><rules>${ABORT}</rules></rewrite></system.webServer><system.web /></configuration>`,
    url: '/bad',
  },
  { outcome: 'abort' },
)

const errors: readonly (readonly [Row, number, RegExp])[] = [
  [{ rewriteXml: '<rewrite><rules>' }, 19, /^rewriteXml:1:10: /],
  [{ rewriteXml: '<other />' }, 19, /its root is <other>/],
  [{ rewriteXml: '' }, 19, /^rewriteXml:1:1: /],
  [{ rewriteXml: rewrite('<rule><match url="." /></rule>') }, 19, /Missing required attribute 'name'/],
  [{ rewriteXml: rewrite(ABORT, ABORT) }, 19, /duplicate collection entry/],
  [{ rewriteXml: rewrite('<rule name="a"><match url="(" /></rule>') }, 50, /^a: match\.url/],
  [
    { rewriteXml: '<rewrite><globalRules><rule name="a"><match url="*" /></rule></globalRules></rewrite>' },
    51,
    /^a: match\.url/,
  ],
  [{ config: '<configuration>' }, 19, /^web\.config:1:1: /],
  [
    { config: '<configuration>\n<system.webServer>\n <nothing /></system.webServer></configuration>' },
    19,
    /^web\.config:3:2: .*missing a section/,
  ],
]
for (const [row, subStatus, error] of errors) {
  test(`IIS cannot read ${JSON.stringify(row)}`, (t) => {
    const answer = one({ id: 1, request: { url: '/' }, ...row })
    t.like(answer, { outcome: 'parse-error', status: 500, subStatus })
    t.regex(answer?.error ?? '', error)
  })
}

test('rules that take too long', (t) => {
  const slow = rewrite('<rule name="s"><match url="^((a+)+)+$" /><action type="None" /></rule>')
  const url = `/${'a'.repeat(50)}!`
  t.like(one({ id: 1, rewriteXml: slow, request: { url } }), { outcome: 'timeout' })
})

test('the other reading of the path is told where it blocks and this one does not', (t) => {
  const raw = rewrite(
    '<rule name="r"><match url=".*" /><conditions><add input="{REQUEST_URI}" pattern="^/a\\.b" /></conditions><action type="AbortRequest" /></rule>',
  )
  const answer = one({ id: 1, rewriteXml: raw, request: { url: '/a%2eb' } })
  t.like(answer, { outcome: 'pass', differs: { reading: 'decoded', blocked: true, outcome: 'abort' } })
  t.false('differs' in (one({ id: 1, rewriteXml: raw, request: { url: '/a.b' } }) ?? {}))
})

const xml = '<rewrite />'
const malformed: readonly (readonly [string, unknown, RegExp])[] = [
  ['x', null, /^not JSON/],
  ['null', null, /not an object/],
  ['[1]', null, /not an object/],
  ['{"id":7}', 7, /either rewriteXml or config/],
  [JSON.stringify({ id: 7, rewriteXml: xml, config: xml }), 7, /either/],
  [JSON.stringify({ id: 7, rewriteXml: 5, request: {} }), 7, /rewriteXml is not a text/],
  [JSON.stringify({ id: { a: 1 }, rewriteXml: xml }), { a: 1 }, /request is not an object/],
  [JSON.stringify({ id: 7, rewriteXml: xml, request: { url: 5 } }), 7, /request.url/],
  [JSON.stringify({ id: 7, rewriteXml: xml, request: { url: 'a' } }), 7, /request: "a" is neither/],
  [JSON.stringify({ id: 7, rewriteXml: xml, request: { url: '/', method: null } }), 7, /request.method/],
  [
    JSON.stringify({ id: 7, rewriteXml: xml, request: { url: '/', headers: { a: 1 } } }),
    7,
    /request.headers.a/,
  ],
  [
    JSON.stringify({ id: 7, rewriteXml: xml, request: { url: '/' }, serverVariables: [] }),
    7,
    /serverVariables/,
  ],
  [
    JSON.stringify({ id: 7, rewriteXml: xml, request: { url: '/' }, response: { status: '200' } }),
    7,
    /response.status/,
  ],
  [
    JSON.stringify({ id: 7, config: 'no/such/file', request: { url: '/' } }),
    7,
    /no\/such\/file cannot be read: ENOENT/,
  ],
]
for (const [text, id, error] of malformed) {
  test(`a line that cannot be understood: ${text}`, (t) => {
    const lines = batch()
    const good = JSON.stringify({ id: 'good', rewriteXml: xml, request: { url: '/' } })
    const [answer, after] = lines.answer([text, good])
    t.deepEqual(Object.keys(answer ?? {}), ['id', 'error'])
    t.deepEqual(answer?.id, id)
    t.regex(answer?.error ?? '', error)
    t.like(after, { id: 'good', outcome: 'pass' })
    t.is(lines.malformed, 1)
  })
}

test('any line has one answer, and the same line the same answer', (t) => {
  const text = fc.string({ maxLength: 30 })
  const line = fc.oneof(
    text,
    fc.json(),
    fc
      .record(
        {
          id: fc.jsonValue(),
          rewriteXml: fc.oneof(
            text.map((inner) => `<rewrite><rules>${inner}</rules></rewrite>`),
            fc.constant(rewrite(ABORT, ARTICLE)),
          ),
          request: fc.record(
            { method: fc.constantFrom('GET', 'x y'), url: text.map((part) => `/${part}`) },
            { requiredKeys: ['url'] },
          ),
          response: fc.record({ status: fc.nat(), body: text }),
          serverVariables: fc.dictionary(text, text),
        },
        { requiredKeys: ['rewriteXml', 'request'] },
      )
      .map((each) => JSON.stringify(each)),
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 4 }), (all) => {
      const answers = batch().answer(all)
      t.is(answers.length, all.length)
      for (const { outcome, error } of answers)
        t.true(outcome === undefined ? error !== undefined : OUTCOMES.includes(outcome))
      t.deepEqual(batch().answer(all), answers)
    }),
    { numRuns: 100 },
  )
})

test('lines are cut however the stream is, with either end, without a mark and without empty ones', async (t) => {
  const whole = '\uFEFF{"a":1}\r\n\n{"b":"\u2028"}\n  \r\nlast'
  for (const size of [1, 3, 7, 100]) {
    const chunks = whole.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
    const found: string[] = []
    for await (const cuts of linesOf(
      (async function* () {
        yield* chunks
      })(),
    ))
      found.push(...cuts.map((cut) => (cut.is === 'line' ? cut.text : cut.is)))
    t.deepEqual(found, ['{"a":1}', '{"b":"\u2028"}', 'last'], `${size}`)
  }
})

test('a line that is too long is said and not kept', async (t) => {
  const found: string[] = []
  const piece = 'x'.repeat(1024 * 1024)
  async function* chunks() {
    for (let at = 0; at < 17; at++) yield piece
    yield '\nafter\n'
  }
  for await (const cuts of linesOf(chunks()))
    found.push(...cuts.map((cut) => (cut.is === 'line' ? cut.text : cut.is)))
  t.deepEqual(found, ['too-long', 'after'])
})
