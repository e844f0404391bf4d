import test from 'ava'
import { bad, codes, inboundRule, testLines, tryoutOf } from '../helpers/tryout.ts'

const ABORT = inboundRule('stop', '^evil', '{ type: AbortRequest }')

/** Each line: what the rules are, the request, what is expected, and a part of what is said when it fails (or null). */
const comes = test.macro({
  exec(
    t,
    rule: string,
    [request, expect, response]: readonly [string, string, string?],
    said: RegExp | null,
  ) {
    const tests = testLines(response === undefined ? [request, expect] : [request, expect, response])
    const [one, ...more] = tryoutOf(rule, tests).tried
    t.is(more.length, 0)
    if (said === null) return t.is(one!.code, 'as-expected', one!.happened)
    t.is(one!.code, 'test-failed')
    t.regex(`${one!.happened} | ${one!.because}`, said)
  },
  title: (title = '') => title,
})

test('a connection that is cut is blocked', comes, ABORT, ['GET /evil', 'blocked'], null)
test(
  'an error status is blocked',
  comes,
  inboundRule('stop', '^evil', '{ type: CustomResponse, statusCode: 403 }'),
  ['GET /evil', 'blocked'],
  null,
)
test(
  'a success of a custom response is not blocked',
  comes,
  inboundRule('stop', '^evil', '{ type: CustomResponse, statusCode: 200 }'),
  ['GET /evil', 'blocked'],
  /200.*'Stopgap X stop' matched/,
)
test(
  'a redirect is not blocked',
  comes,
  inboundRule('stop', '^evil', '{ type: Redirect, url: /owa/ }'),
  ['GET /evil', 'blocked'],
  /301, to \/owa\//,
)
test(
  'what no rule matches is not blocked, and the rules there are named',
  comes,
  ABORT,
  ['GET /good', 'blocked'],
  /it passes \| none of the rules at Default Web Site matched: 'Stopgap X stop'/,
)
test(
  'where no rule acts, that is said',
  comes,
  `    - kind: ping\n`,
  ['GET /owa/', 'blocked'],
  /no rule acts at Default Web Site\/owa/,
)
test(
  'what is blocked has not passed',
  comes,
  ABORT,
  ['GET /evil', 'passed'],
  /the connection is cut \| the rule 'Stopgap X stop' matched/,
)
test('what no rule matches passes', comes, ABORT, ['GET /good', 'passed'], null)
test(
  'a rewrite to another path has not passed',
  comes,
  inboundRule('move', '^old/(.*)', '{ type: Rewrite, url: "/owa/{R:1}" }'),
  ['GET /old/x?a=1', 'passed'],
  /it arrives as \/owa\/x\?a=1/,
)
test(
  'a rewrite to the same path in another case has',
  comes,
  inboundRule('lower', '.*', '{ type: Rewrite, url: "/{ToLower:{R:0}}" }'),
  ['GET /OWA/%41?a=B', 'passed'],
  null,
)
test(
  'a rewrite that loses the query has not',
  comes,
  inboundRule('cut', '.*', '{ type: Rewrite, url: "/{R:0}", appendQueryString: false }'),
  ['GET /owa/?a=1', 'passed'],
  /it arrives as \/owa\//,
)
test(
  'what passes on its way in and comes back as it was has passed',
  comes,
  ABORT,
  ['GET /owa/', 'passed', '{ status: 200, headers: { A: b } }'],
  null,
)

test(
  'a status is compared with what the client gets',
  comes,
  ABORT,
  ['GET /good', '{ status: 204 }', '{ status: 204 }'],
  null,
)
test('and said when it is another', comes, ABORT, ['GET /good', '{ status: 204 }'], /the status is 200/)
test(
  'who is cut off gets no status',
  comes,
  ABORT,
  ['GET /evil', '{ status: 200 }'],
  /the connection is cut; there is no status/,
)
test(
  'a custom status is the status',
  comes,
  inboundRule('stop', '^evil', '{ type: CustomResponse, statusCode: 404, statusReason: Gone }'),
  ['GET /evil', '{ status: 404 }'],
  null,
)

const AWAY = inboundRule('away', '^evil', '{ type: Redirect, url: /owa/, redirectType: Found }')
test('a location as the rule has it', comes, AWAY, ['GET /evil', '{ status: 302, location: /owa/ }'], null)
test(
  'a location as the module sends it',
  comes,
  AWAY,
  ['GET https://mail.contoso.example/evil', '{ location: "https://mail.contoso.example/owa/" }'],
  null,
)
test('another location', comes, AWAY, ['GET /evil', '{ location: /ecp/ }'], /the location is \/owa\//)
test('no location', comes, AWAY, ['GET /good', '{ location: /ecp/ }'], /there is no location/)

const HEADER = `    - kind: outbound-rule
      at: Default Web Site
      in: applicationHost.config
      name: header
      match: { serverVariable: RESPONSE_X_Frame_Options, pattern: '(.*)' }
      action: { type: Rewrite, value: DENY }
`
test(
  'an outbound rule that adds a header',
  comes,
  HEADER,
  ['GET /', '{ headers: { x-frame-options: DENY } }'],
  null,
)
test(
  'a header that is to be absent',
  comes,
  HEADER,
  ['GET /', '{ headers: { X-Frame-Options: absent } }'],
  /the header X-Frame-Options is "DENY"/,
)
test(
  'a header with another value',
  comes,
  HEADER,
  ['GET /', '{ headers: { X-Frame-Options: SAMEORIGIN } }', '{ headers: { X-Frame-Options: SAMEORIGIN } }'],
  /is "DENY".*'Stopgap X header' matched/,
)
test(
  'a header that is not there',
  comes,
  ABORT,
  ['GET /', '{ headers: { X-Frame-Options: DENY } }'],
  /there is no header X-Frame-Options/,
)
test(
  'what comes back otherwise has not passed',
  comes,
  HEADER,
  ['GET /', 'passed', '{ headers: { A: b } }'],
  /the response comes back with x-frame-options: DENY/i,
)

test('a request that is blocked anyway proves nothing', (t) => {
  const rule = inboundRule('stop', '^evil', '{ type: AbortRequest }')
  t.deepEqual(codes(tryoutOf(rule, testLines(['GET https://x.example:9999/evil', 'blocked']))), [
    'as-expected',
    'proves-nothing',
  ])
})

test('a rule that stops every request by being wrong blocks nothing', (t) => {
  // A template that refers to a group that is not there is an error only when the rule acts.
  const rule = inboundRule('odd', '^evil', '{ type: Rewrite, url: "/{R:7}" }')
  const [one] = tryoutOf(rule, testLines(['GET /evil', 'blocked'])).tried
  t.is(one!.code, 'test-failed')
  t.regex(one!.happened!, /500\.50/)
})

test('what is blocked in one reading only is not blocked', (t) => {
  const rule = inboundRule(
    'stop',
    '.*',
    '{ type: AbortRequest }',
    "      conditions: [{ input: '{REQUEST_URI}', pattern: '^/evil' }]\n",
  )
  const tests = testLines(['GET /%65vil', 'blocked'], ['GET /evil', 'blocked'], ['GET /%65vil', 'passed'])
  const [encoded, plain, passed] = tryoutOf(rule, tests).tried
  t.is(plain!.code, 'as-expected')
  t.is(encoded!.code, 'test-failed')
  t.regex(
    encoded!.happened!,
    /^it differs by how IIS reads the path: as expected when it is taken decoded, but as it was sent: it passes$/,
  )
  t.is(passed!.code, 'test-failed')
  t.regex(
    passed!.happened!,
    /as expected when it is taken as it was sent, but decoded: the connection is cut$/,
  )
})

test('a failed test says where it stands and how to send the request', (t) => {
  const tests = testLines(['{ method: POST, url: /good, headers: { Cookie: a=1 } }', 'blocked'])
  const [one] = bad(tryoutOf(ABORT, tests))
  t.is(one!.request, 'POST /good\nCookie: a=1')
  t.is(one!.origin.file, 'mitigations/x.yaml')
  t.true(one!.origin.line > 10)
  t.is(one!.expected, 'blocked: the connection is cut, or the answer is an error')
})

test('a test that cannot be sent is told, not left out', (t) => {
  const tests = testLines(['GET https://:port/', 'blocked'])
  const [one] = tryoutOf(ABORT, tests).tried
  t.is(one!.code, 'test-unreadable')
  t.is(one!.level, 'error')
  t.is(one!.name, 'test 1')
})

const SEVERAL = inboundRule(
  'stop',
  '^a',
  '{ type: AbortRequest }',
  `      conditions:
        - { input: '{QUERY_STRING}', pattern: evil }
        - { input: '{HTTP_USER_AGENT}', pattern: ^curl, negate: true }
        - { input: '{REQUEST_FILENAME}', matchType: IsFile }
`,
)
test(
  'the pattern that did not match is named',
  comes,
  SEVERAL,
  ['GET /b', 'blocked'],
  /since the URL does not match '\^a'/,
)
test(
  'the condition that does not hold is named',
  comes,
  SEVERAL,
  ['GET /a?good', 'blocked'],
  /since condition 1: \{QUERY_STRING\} does not match 'evil'/,
)
test(
  'and one that holds although it is negated',
  comes,
  SEVERAL,
  ['{ url: /a?evil, headers: { User-Agent: curl } }', 'blocked'],
  /since condition 2: \{HTTP_USER_AGENT\} matches '\^curl'/,
)
test(
  'and one that asks for a file',
  comes,
  SEVERAL,
  ['GET /a?evil', 'blocked'],
  /since condition 3: \{REQUEST_FILENAME\} is no file/,
)
test(
  'of several that are enough one by one, none holds',
  comes,
  `${SEVERAL}      logicalGrouping: MatchAny\n`,
  ['{ url: /a?good, headers: { User-Agent: curl } }', 'blocked'],
  /none of its conditions holds: \{QUERY_STRING\} does not match 'evil', and .* matches '\^curl', and .* is no file/,
)
