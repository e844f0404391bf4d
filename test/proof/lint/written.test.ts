import test from 'ava'
import type { LintCode } from '../../../reconciler/proof/lint/finding.ts'
import { lintFiles, specDocument } from '../../helpers/lint.ts'

/** A rule on one line; what it does not say is usual. */
function rule(parts: { readonly [key: string]: string }): string {
  const all = {
    kind: 'rewrite-rule',
    at: 'Default Web Site',
    name: 'n',
    match: "{ url: '^zz' }",
    action: '{ type: AbortRequest }',
    ...parts,
  }
  const [first, ...rest] = Object.entries(all).map(([key, value]) => `${key}: ${value}`)
  return `resources:\n  - ${first}\n${rest.map((line) => `    ${line}\n`).join('')}`
}

async function found(code: LintCode, spec: string) {
  const findings = await lintFiles({ 'mitigations/e.yaml': specDocument(spec) })
  return findings.filter((one) => one.code === code)
}

/** `expected`: what each message of that code must contain, in order. */
const finds = test.macro({
  async exec(t, code: LintCode, parts: Parameters<typeof rule>[0], ...expected: readonly string[]) {
    const messages = (await found(code, rule(parts))).map(({ message, remedy }) => `${message}\n${remedy}`)
    t.is(messages.length, expected.length, messages.join('\n'))
    for (const [index, words] of expected.entries()) t.true(messages[index]?.includes(words), messages[index])
  },
  title: (title = '', code, _, ...expected) =>
    `${code}: ${title}${expected.length === 0 ? ', which is fine' : ''}`,
})

const reference = 'reference-missing'
const redirect = (url: string) => `{ type: Redirect, url: '${url}' }`
test('as many groups as are used', finds, reference, {
  match: "{ url: '^(a)(b)' }",
  action: redirect('/{R:2}'),
})
test(
  'one more',
  finds,
  reference,
  { match: "{ url: '^(a)(b)' }", action: redirect('/{R:3}') },
  '{R:3} refers',
)
test(
  'a group that captures nothing',
  finds,
  reference,
  { match: "{ url: '^(?:a)' }", action: redirect('/{R:1}') },
  '{R:1}',
)
test('each asterisk of a wildcard captures', finds, reference, {
  patternSyntax: 'Wildcard',
  match: "{ url: 'a/*/*' }",
  action: redirect('/{R:2}'),
})
test(
  'an exact match captures itself alone',
  finds,
  reference,
  { patternSyntax: 'ExactMatch', match: '{ url: a }', action: redirect('/{R:0}/{R:1}') },
  '{R:1}',
)
test(
  'a negated match captures nothing',
  finds,
  reference,
  { match: "{ url: '^(a)', negate: true }", action: redirect('/{R:0}') },
  '{R:0}',
)
test('inside of a function', finds, reference, { action: redirect('/{ToLower:{R:1}}') }, '{R:1}')
test(
  'a condition without conditions before it',
  finds,
  reference,
  { conditions: "[{ input: '{C:1}', pattern: 'a' }]" },
  '{C:1}',
)

const two = "[{ input: '{HTTP_HOST}', pattern: '(a)(b)' }, { input: '{URL}', pattern: '(c)' }]"
test('the last condition only', finds, reference, { conditions: two, action: redirect('/{C:2}') }, '{C:2}')
test('all conditions where they are tracked', finds, reference, {
  conditions: two,
  trackAllCaptures: 'true',
  action: redirect('/{C:3}'),
})
test('any condition', finds, reference, {
  conditions: two,
  logicalGrouping: 'MatchAny',
  action: redirect('/{C:2}'),
})
test('a negated condition behind another', finds, reference, {
  conditions:
    "[{ input: '{HTTP_HOST}', pattern: '(a)' }, { input: '{URL}', pattern: '(c)(d)', negate: true }]",
  action: redirect('/{C:1}'),
})

const slash = 'leading-slash'
test('a slash in a class is another thing', finds, slash, { match: "{ url: '[/]owa' }" })
for (const url of [
  '^/?owa/x',
  '^/*owa/x',
  '^(/|)owa/x',
  '^(/a|owa/x)',
  '^/owa/x|^owa/x',
  '^(?:/)?owa/x',
  '^(?!/ecp)owa/x',
])
  test(`${url} does without`, finds, slash, { match: `{ url: '${url}' }` })
for (const [url, instead] of [
  ['^/owa|^/ecp/y', '^owa|^ecp/y'],
  ['(^/owa|^(?:/ecp|/ews))', '(^owa|^(?:ecp|ews))'],
  ['^[/]owa', '^owa'],
  ['^/+owa', '^owa'],
  ["^/o'wa", "^o'wa"],
] as const)
  test(
    `${url} never matches`,
    finds,
    slash,
    { match: `{ url: "${url}" }` },
    `url: '${instead.replace("'", "''")}'`,
  )
test(
  'of several folders only the slash goes',
  finds,
  slash,
  { at: '[Default Web Site/ecp, Default Web Site/EWS]', match: "{ url: '^/ecp/y' }" },
  "url: '^ecp/y'",
)
test('an escaped slash in a group', finds, slash, { match: "{ url: '^(\\/owa)' }" }, "url: '^(owa)'")
test(
  'the folder of the rule goes as well',
  finds,
  slash,
  { at: 'Default Web Site/ecp', match: "{ url: '^/ecp/y' }" },
  "url: '^y'",
)
test(
  'a file whose name begins like the folder stays',
  finds,
  slash,
  { at: 'Default Web Site/Autodiscover', match: "{ url: '^/autodiscover\\.json' }" },
  "url: '^autodiscover\\.json'",
)
test('a wildcard', finds, slash, { patternSyntax: 'Wildcard', match: "{ url: '/owa/*' }" }, "url: 'owa/*'")
test(
  'a negated one lets everything on',
  finds,
  slash,
  { match: "{ url: '^/owa', negate: true }" },
  'every request',
)

const blocks = (...requests: readonly string[]) =>
  `tests: [${requests.map((one, index) => `{ name: t${index}, request: GET ${one}, expect: blocked }`).join(', ')}]\n`
const slashes = async (parts: Parameters<typeof rule>[0], ...requests: readonly string[]) =>
  (await found(slash, rule(parts) + blocks(...requests))).map(({ remedy }) => remedy)

test('what would match the attack if the URL began further left', async (t) => {
  const file = { match: "{ url: '/autodiscover/autodiscover\\.json$' }" }
  t.deepEqual(await slashes(file, '/autodiscover/autodiscover.json?a'), [
    "url: 'autodiscover/autodiscover\\.json$'",
  ])
  const own = { at: 'Default Web Site/ecp', match: "{ url: '^ecp/y' }" }
  t.deepEqual(await slashes(own, '/ecp/y.js'), ["url: '^y'"])
  t.deepEqual(await slashes(own, '/owa/ecp/y.js'), [], 'which this rule never sees')
  const several = { at: '[Default Web Site/ecp, Default Web Site/EWS]', match: "{ url: '^(ecp|ews)/y' }" }
  t.deepEqual(await slashes(several, '/ews/y'), ['Leave out what is in front of that.'])
  const both = `${rule({ match: "{ url: '^evil' }" })}${rule({ name: 'below', match: "{ url: '/evil' }" }).replace('resources:\n', '')}`
  t.deepEqual(await found(slash, both + blocks('/evil')), [], 'which the other rule is there for')
  const deeper = { match: "{ url: '/y\\.js$' }" }
  t.deepEqual(await slashes(deeper, '/ecp/y.js', '/y.js'), [], 'one is matched as it is')
})

test('a pattern that takes for ever is not waited for', async (t) => {
  const text = rule({ match: "{ url: '^([a-z]+/?)+$' }" }) + blocks(`/owa/${'abcd'.repeat(12)}!?x`)
  t.is((await found('pattern-exponential', text)).length, 1)
})

const query = 'query-not-seen'
test('what looks for the query from the root', async (t) => {
  const proposed = async (parts: Parameters<typeof rule>[0]) =>
    (await found(query, rule(parts) + blocks('/autodiscover/x?powershell'))).map(({ remedy }) => remedy)
  t.deepEqual(await proposed({ match: "{ url: '^autodiscover.*powershell' }" }), [
    "match: { url: '.*' }\nconditions: [{ input: '{UrlDecode:{REQUEST_URI}}', pattern: '^/autodiscover.*powershell' }]",
  ])
  t.deepEqual(await proposed({ match: "{ url: 'autodiscover/*powershell' }", patternSyntax: 'Wildcard' }), [
    "match: { url: '*' }\nconditions: [{ input: '{UrlDecode:{REQUEST_URI}}', pattern: '/autodiscover/*powershell' }]",
  ])
  const conditions = "[{ input: '{URL}', pattern: powershell }]"
  t.deepEqual(await proposed({ match: "{ url: '.*' }", conditions }), ["input: '{UrlDecode:{REQUEST_URI}}'"])
  const more = "[{ input: '{REQUEST_METHOD}', pattern: GET }]"
  t.deepEqual(await proposed({ match: '{ url: powershell }', conditions: more }), [
    "match: { url: '.*' }\n# one more of its conditions\n- { input: '{UrlDecode:{REQUEST_URI}}', pattern: 'powershell' }",
  ])
})

test(
  'a wildcard that is taken for an expression',
  finds,
  'pattern-invalid',
  {
    conditions: "[{ input: '{HTTP_COOKIE}', pattern: '*X-Anon*' }]",
  },
  "pattern: '.*X-Anon.*'",
)

const unknown = 'variable-unknown'
const sees = (name: string) => ({ conditions: `[{ input: '{${name}}', pattern: a }]` })
test('a header of somebody', finds, unknown, sees('HTTP_X_COKIE'))
test('a known one in another case', finds, unknown, sees('Request_Uri'))
test('a misspelt one', finds, unknown, sees('REQUEST_URL'), "did you mean 'REQUEST_URI'")
test('a header of the response on the way in', finds, unknown, sees('RESPONSE_SERVER'), 'no server variable')
test(
  'a condition without braces',
  finds,
  unknown,
  { conditions: "[{ input: REQUEST_URI, pattern: a }, { input: 'a{URL}', pattern: b }]" },
  "input: '{REQUEST_URI}'",
)
test('a misspelt header', finds, unknown, sees('HTTP_USERAGENT'), "did you mean 'HTTP_USER_AGENT'")
for (const name of ['REQUEST_BODY', 'HTTP_BODY', 'POST_DATA', 'CONTENT', 'FORM'])
  test(`${name} is the body`, finds, 'body-not-seen', sees(name), 'always empty')
for (const name of ['CONTENT_TYPE', 'CONTENT_LENGTH'])
  test(`${name} is seen`, finds, 'body-not-seen', sees(name))

test('a text of an outbound rule', async (t) => {
  const outbound = (variable: string) =>
    `resources:\n  - kind: outbound-rule\n    at: Default Web Site/ecp\n    name: n\n    match: { serverVariable: RESPONSE_X_A, pattern: '(.*)' }\n    action: { type: Rewrite, value: '${variable}' }\n`
  t.is((await found(unknown, outbound('{RESPONSE_SERVER}{R:1}'))).length, 0)
  t.is((await found(reference, outbound('{R:2}'))).length, 1)
  for (const name of ['HTTP_X_A', 'RESPONSE-X-A', 'X-A']) {
    const [wrong, ...more] = await found(unknown, outbound('{R:1}').replace('RESPONSE_X_A', name))
    t.deepEqual([wrong?.remedy, more.length], ['serverVariable: RESPONSE_X_A', 0], name)
  }
})

test('places are those of the very fields', async (t) => {
  const spec = `references: [https://a.example/]
resources:
  - kind: rewrite-rule
    at: Default Web Site
    name: n
    match: { url: '^/owa' }
    conditions:
      - { input: '{HTTP_COOKIES}', pattern: '(?<=a)b' }
    action: { type: Redirect, url: '/{R:1}' }
`
  const findings = await lintFiles({ 'mitigations/e.yaml': specDocument(spec) })
  // Six lines of head and usual fields stand before.
  const places = findings.map(({ code, origin }) => [code, origin.line - 7, origin.column])
  t.deepEqual(places, [
    ['no-test', 3, 7],
    ['leading-slash', 6, 21],
    ['variable-unknown', 8, 20],
    ['pattern-invalid', 8, 47],
    ['reference-missing', 9, 38],
  ])
})
