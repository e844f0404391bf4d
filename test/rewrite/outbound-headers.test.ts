import test from 'ava'
import type { Headers } from '../../reconciler/rewrite/exchange.ts'
import { outboundSource, respond, served } from '../helpers/outbound.ts'

/** Rules, the headers of a response, and what becomes of them; the body is empty. */
const headers = test.macro({
  exec(t, rules: string, before: Headers, after: Headers) {
    t.deepEqual(served(respond(outboundSource(rules), { headers: before })).headers, after)
  },
  title: (title = '') => `headers of a response: ${title}`,
})

function rule(match: string, action: string, { attributes = '', conditions = '' } = {}): string {
  return `<rule name="r"${attributes}><match ${match} />${conditions}<action type="Rewrite" ${action} /></rule>`
}

const HSTS = rule('serverVariable="RESPONSE_Strict-Transport-Security" pattern=".*"', 'value="max-age=1"')

test('a new one', headers, HSTS, { A: '1' }, { A: '1', 'Strict-Transport-Security': 'max-age=1' })
test(
  'underscores of a variable are dashes of a header, the case is as the rule writes it',
  headers,
  rule('serverVariable="RESPONSE_X_Custom_header" pattern="^$"', 'value="v"'),
  {},
  { 'X-Custom-header': 'v' },
)
test(
  'one that is there keeps its name and its place',
  headers,
  HSTS,
  { 'strict-transport-security': 'no', B: '2' },
  { 'strict-transport-security': 'max-age=1', B: '2' },
)
test(
  'an empty value takes it away',
  headers,
  rule('serverVariable="RESPONSE_SERVER" pattern=".+"', 'value=""'),
  { Server: 'IIS', A: '1' },
  { A: '1' },
)
test(
  'an empty value makes none',
  headers,
  rule('serverVariable="RESPONSE_SERVER" pattern=".*"', 'value=""'),
  { A: '1' },
  { A: '1' },
)
test(
  'one that is missing is the empty text',
  headers,
  rule('serverVariable="RESPONSE_SERVER" pattern=".+"', 'value="x"'),
  {},
  {},
)
test(
  'several of one name are rewritten each for itself',
  headers,
  rule('serverVariable="RESPONSE_Set_Cookie" pattern=".*"', 'value="{R:0}; HttpOnly"'),
  { 'Set-Cookie': ['a=1', 'b=2; Path=/'] },
  { 'Set-Cookie': ['a=1; HttpOnly', 'b=2; Path=/; HttpOnly'] },
)
test(
  'of several only those that match',
  headers,
  rule('serverVariable="RESPONSE_Set_Cookie" pattern="^(b=.*)$"', 'value="{R:1}; Secure"'),
  { 'Set-Cookie': ['a=1', 'b=2'] },
  { 'Set-Cookie': ['a=1', 'b=2; Secure'] },
)
test(
  'of several one goes',
  headers,
  rule('serverVariable="RESPONSE_Set_Cookie" pattern="^a="', 'value=""'),
  { 'Set-Cookie': ['a=1', 'b=2'] },
  { 'Set-Cookie': 'b=2' },
)
test(
  'the value replaces all of it, also where the pattern matches a part',
  headers,
  rule('serverVariable="RESPONSE_X" pattern="b+"', 'value="[{R:0}]"'),
  { X: 'abbc' },
  { X: '[bb]' },
)
test(
  'replace="false" leaves what is there',
  headers,
  rule('serverVariable="RESPONSE_X" pattern=".*"', 'value="new" replace="false"'),
  { X: 'old' },
  { X: 'old' },
)
test(
  'replace="false" makes what is missing',
  headers,
  rule('serverVariable="RESPONSE_X" pattern=".*"', 'value="new" replace="false"'),
  {},
  { X: 'new' },
)
test(
  'negate: what does not match is replaced',
  headers,
  rule('serverVariable="RESPONSE_X" pattern="good" negate="true"', 'value="good"'),
  { X: 'bad' },
  { X: 'good' },
)
test(
  'negate: what matches stays',
  headers,
  rule('serverVariable="RESPONSE_X" pattern="good" negate="true"', 'value="other"'),
  { X: 'so good' },
  { X: 'so good' },
)
test(
  'case does not matter',
  headers,
  rule('serverVariable="response_x" pattern="ABC"', 'value="v"'),
  { X: 'abc' },
  { X: 'v' },
)
test(
  'case matters with ignoreCase="false"',
  headers,
  rule('serverVariable="RESPONSE_X" pattern="ABC" ignoreCase="false"', 'value="v"'),
  { X: 'abc' },
  { X: 'abc' },
)
test(
  'a wildcard matches all of it and captures',
  headers,
  rule('serverVariable="RESPONSE_Location" pattern="http://*/*"', 'value="https://{R:1}/x/{R:2}"', {
    attributes: ' patternSyntax="Wildcard"',
  }),
  { Location: 'http://h/a' },
  { Location: 'https://h/x/a' },
)
test(
  'an exact match is of all of it',
  headers,
  rule('serverVariable="RESPONSE_X" pattern="a.c"', 'value="v"', {
    attributes: ' patternSyntax="ExactMatch"',
  }),
  { X: 'a.c', Y: 'a.c' },
  { X: 'v', Y: 'a.c' },
)
test(
  'each rule sees what the one before made',
  headers,
  rule('serverVariable="RESPONSE_X" pattern="a"', 'value="b"') +
    rule('serverVariable="RESPONSE_X" pattern="^b$"', 'value="c"') +
    rule('serverVariable="RESPONSE_Y" pattern=".*"', 'value="{RESPONSE_X}"'),
  { X: 'a' },
  { X: 'c', Y: 'c' },
)
test(
  'stopProcessing ends the rules behind it',
  headers,
  rule('serverVariable="RESPONSE_X" pattern="a"', 'value="b"', { attributes: ' stopProcessing="true"' }) +
    HSTS,
  { X: 'a' },
  { X: 'b' },
)
test(
  'stopProcessing ends nothing where the rule did nothing',
  headers,
  rule('serverVariable="RESPONSE_X" pattern="z"', 'value="b"', { attributes: ' stopProcessing="true"' }) +
    HSTS,
  { X: 'a' },
  { X: 'a', 'Strict-Transport-Security': 'max-age=1' },
)
test(
  'the action None can stop too',
  headers,
  `<rule name="n" stopProcessing="true"><match serverVariable="RESPONSE_X" pattern="a" /><action type="None" /></rule>${HSTS}`,
  { X: 'a' },
  { X: 'a' },
)
test(
  'conditions must hold, and see the match',
  headers,
  rule('serverVariable="RESPONSE_X" pattern="^(.)(.)$"', 'value="{C:1}{C:2}{R:2}"', {
    conditions: `<conditions><add input="{R:1}" pattern="^(a)$" /><add input="{REQUEST_METHOD}" pattern="^(G)ET$" /></conditions>`,
  }),
  { X: 'ab' },
  { X: 'aGb' },
)
test(
  'without trackAllCaptures the last condition counts',
  headers,
  rule('serverVariable="RESPONSE_X" pattern=".*"', 'value="{C:1}"', {
    conditions: `<conditions trackAllCaptures="false"><add input="one" pattern="(o)" /><add input="two" pattern="(t)" /></conditions>`,
  }),
  {},
  { X: 't' },
)
test(
  'a condition that does not hold',
  headers,
  rule('serverVariable="RESPONSE_X" pattern=".*"', 'value="v"', {
    conditions: `<conditions><add input="{HTTPS}" pattern="^OFF$" /></conditions>`,
  }),
  {},
  {},
)
test(
  'one of several conditions is enough with MatchAny',
  headers,
  rule('serverVariable="RESPONSE_X" pattern=".*"', 'value="v"', {
    conditions: `<conditions logicalGrouping="MatchAny"><add input="{HTTPS}" pattern="^OFF$" /><add input="{HTTPS}" pattern="^ON$" /></conditions>`,
  }),
  {},
  { X: 'v' },
)
test(
  'what a client says is written as HTML where the rule says so',
  headers,
  rule('serverVariable="RESPONSE_X" pattern=".*"', 'value="{HtmlEncode:{HTTP_REFERER}}"'),
  {},
  { X: '&lt;b&gt;' },
)
test(
  'a variable that is no header of the response is there for the rules behind it',
  headers,
  rule('serverVariable="HTTP_ACCEPT_ENCODING" pattern="^(.*)"', 'value="br"') +
    rule('serverVariable="RESPONSE_X" pattern=".*"', 'value="{HTTP_ACCEPT_ENCODING}"'),
  {},
  { X: 'br' },
)

const PRE = `<preConditions>
  <preCondition name="Redirect"><add input="{RESPONSE_STATUS}" pattern="^3\\d\\d" /></preCondition>
  <preCondition name="Not HTML"><add input="{RESPONSE_CONTENT_TYPE}" pattern="^text/html" negate="true" /></preCondition>
  <preCondition name="Either" logicalGrouping="MatchAny" patternSyntax="Wildcard">
    <add input="{RESPONSE_A}" pattern="a*" /><add input="{RESPONSE_B}" pattern="b*" />
  </preCondition>
</preConditions>`

test('a pre-condition by the status', (t) => {
  const source = outboundSource(
    `<rule name="r" preCondition="Redirect"><match serverVariable="RESPONSE_Location" pattern="^http://[^/]+/(.*)" />
      <action type="Rewrite" value="https://{HTTP_HOST}/{R:1}" /></rule>${PRE}`,
  )
  const there = { headers: { Location: 'http://inner/a' } }
  t.is(
    served(respond(source, { ...there, status: 302 })).headers['Location'],
    'https://mail.contoso.example/a',
  )
  t.is(served(respond(source, { ...there, status: 201 })).headers['Location'], 'http://inner/a')
})

const set = (preCondition: string) =>
  `<rule name="r" preCondition="${preCondition}"><match serverVariable="RESPONSE_X" pattern=".*" /><action type="Rewrite" value="v" /></rule>${PRE}`

test(
  'a negated pre-condition holds',
  headers,
  set('Not HTML'),
  { 'Content-Type': 'a/b' },
  { 'Content-Type': 'a/b', X: 'v' },
)
test(
  'a negated pre-condition does not hold',
  headers,
  set('Not HTML'),
  { 'Content-Type': 'text/html' },
  { 'Content-Type': 'text/html' },
)
test(
  'one of a pre-condition is enough, as a wildcard',
  headers,
  set('Either'),
  { B: 'bc' },
  { B: 'bc', X: 'v' },
)
test('none of a pre-condition holds', headers, set('Either'), { B: 'xb' }, { B: 'xb' })

test('pre-conditions look at the response before any rule', (t) => {
  const source = outboundSource(
    `${rule('serverVariable="RESPONSE_Content_Type" pattern=".*"', 'value="text/html"')}${set('Not HTML')}`,
  )
  const response = served(respond(source, { headers: { 'Content-Type': 'text/plain' } }))
  t.deepEqual(response.headers, { 'Content-Type': 'text/html', X: 'v' })
})

test('RESPONSE_STATUS is the status, which a rule can set', (t) => {
  const source = outboundSource(
    rule('serverVariable="RESPONSE_STATUS" pattern="^5"', 'value="404 Not Found"'),
  )
  t.is(served(respond(source, { status: 503, headers: { A: '1' } })).status, 404)
  t.is(served(respond(source, { status: 200 })).status, 200)
  t.deepEqual(served(respond(source, { status: 503, headers: { A: '1' } })).headers, { A: '1' })
})

test('the trace says which rules matched, with captures, and leaves out those behind a stop', (t) => {
  const source = outboundSource(
    `<rule name="one" stopProcessing="true"><match serverVariable="RESPONSE_X" pattern="^(z)" /><action type="Rewrite" value="b" /></rule>
     <rule name="two" stopProcessing="true"><match serverVariable="RESPONSE_X" pattern="^(a)(x)?" />
       <conditions><add input="{REQUEST_METHOD}" pattern="(G)" /></conditions><action type="Rewrite" value="b" /></rule>
     ${HSTS}`,
  )
  t.deepEqual(respond(source, { headers: { X: 'abc' } }).trace, [
    {
      name: 'one',
      scope: 'outbound',
      matched: false,
      captures: {},
      missed: "{RESPONSE_X} does not match '^(z)'",
    },
    {
      name: 'two',
      scope: 'outbound',
      matched: true,
      captures: { 'R:0': 'a', 'R:1': 'a', 'R:2': '', 'C:0': 'G', 'C:1': 'G' },
    },
  ])
})

test('the trace says what kept a rule from acting', (t) => {
  const source = outboundSource(
    `<rule name="pre" preCondition="html"><match serverVariable="RESPONSE_X" pattern=".*" /><action type="Rewrite" value="b" /></rule>
     <rule name="condition"><match serverVariable="RESPONSE_X" pattern=".*" />
       <conditions><add input="{REQUEST_METHOD}" pattern="^POST$" /></conditions><action type="Rewrite" value="b" /></rule>
     <preConditions><preCondition name="html"><add input="{RESPONSE_CONTENT_TYPE}" pattern="^text/html" /></preCondition></preConditions>`,
  )
  t.deepEqual(
    respond(source, { headers: { X: 'a', 'Content-Type': 'text/plain' } }).trace.map(({ missed }) => missed),
    [
      "its pre-condition does not hold: condition 1: {RESPONSE_CONTENT_TYPE} does not match '^text/html'",
      "condition 1: {REQUEST_METHOD} does not match '^POST$'",
    ],
  )
})

// A variable that is no header has no other way from the rules for the request to those for the response.
test('what inbound rules have set is there for outbound rules', (t) => {
  const source = outboundSource(rule('serverVariable="RESPONSE_X" pattern=".*"', 'value="{ORIGINAL_HOST}"'))
  t.is(served(respond(source, {}, {}, { ORIGINAL_HOST: 'h' })).headers['X'], 'h')
})
