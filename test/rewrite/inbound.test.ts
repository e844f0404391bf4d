import test from 'ava'
import { away, becomes, one, pattern, type RulesText, ruleText, to } from '../helpers/rewrite.ts'

// What the pattern sees.

const NEVER_SLASH = one({ url: '^/owa' })
test('no rule sees a leading slash', becomes, NEVER_SLASH, '/owa/', 'pass /owa/')
test('no rule sees the query', becomes, one({ url: 'secret' }), '/a?secret', 'pass /a?secret')
test('a rule of the site sees the whole path', becomes, one({ url: '^owa/auth/x$' }), '/owa/auth/x', 'abort')
test('the path is decoded once', becomes, one({ url: '^a b%41$' }), '/a%20b%2541', 'abort')
test('the path has no dot segments', becomes, one({ url: '^b$' }), '/a/../b', 'abort')
test('the empty path', becomes, one({ url: '^$' }), '/', 'abort')
test('negate turns the pattern round', becomes, one({ url: '^owa', match: 'negate="true"' }), '/ecp', 'abort')
test('negate, the other side', becomes, one({ url: '^owa', match: 'negate="true"' }), '/owa', 'pass /owa')
test('case does not count', becomes, one({ url: '^OWA$' }), '/owa', 'abort')
test('case counts', becomes, one({ url: '^OWA$', match: 'ignoreCase="false"' }), '/owa', 'pass /owa')

const BELOW: RulesText = { below: { 'owa/Auth': ruleText({ url: '^x/y$' }) } }
test('a rule of a folder sees what follows the folder', becomes, BELOW, '/owa/auth/x/y', 'abort')
test('a rule of a folder does not care how the folder is written', becomes, BELOW, '/OWA/AUTH/x/y', 'abort')
test('a rule of a folder is not met elsewhere', becomes, BELOW, '/x/y', 'pass /x/y')
const INDEX: RulesText = { below: { owa: ruleText({ url: '^$' }) } }
test('the folder itself', becomes, INDEX, '/owa/', 'abort')
test('the folder itself without a slash', becomes, INDEX, '/owa', 'abort')
test('a folder that only begins alike', becomes, INDEX, '/owa2', 'pass /owa2')

// One rule after another.

const chain = (first: string, second: string): RulesText => ({ rules: first + second })
const next = ruleText({
  name: 'second',
  url: '^b$',
  conditions: pattern('{QUERY_STRING}', '^y=1&amp;q$'),
  action: away('/c'),
})
const first = (rule: string, action = to('b?y=1')): string =>
  ruleText({ name: 'first', url: '^a', rule, action })
test(
  'the next rule sees what the one before made',
  becomes,
  chain(first(''), next),
  '/a?q',
  'redirect 301 /c?y=1&q',
)
test('unless it stopped', becomes, chain(first('stopProcessing="true"'), next), '/a?q', 'rewrite /b?y=1&q')
test(
  'one that did not match does not stop',
  becomes,
  chain(first('stopProcessing="true"'), ruleText({ name: 's' })),
  '/b',
  'abort',
)
test(
  'None can stop',
  becomes,
  chain(first('stopProcessing="true"', 'type="None"'), ruleText({ name: 's' })),
  '/a',
  'pass /a',
)
test(
  'None without stopping',
  becomes,
  chain(first('', 'type="None"'), ruleText({ name: 's' })),
  '/a',
  'abort',
)
test(
  'a redirect ends it',
  becomes,
  chain(first('', away('/z')), ruleText({ name: 's' })),
  '/a',
  'redirect 301 /z',
)
test(
  'a rule of the parent is met first',
  becomes,
  { rules: first('', away('/p')), below: { a: ruleText({}) } },
  '/a/x',
  'redirect 301 /p',
)

const GLOBAL = ruleText({ name: 'g', url: '^owa/x$', rule: 'stopProcessing="true"', action: to('ecp/y') })
test(
  'a global rule sees the whole path and comes first',
  becomes,
  { global: GLOBAL, rules: ruleText({ url: '^ecp/y$' }) },
  '/owa/x',
  'abort',
)
test(
  'a global rule that stops stops global rules only',
  becomes,
  { global: GLOBAL + ruleText({ name: 'h', url: '^ecp', action: away('/no') }) },
  '/owa/x',
  'rewrite /ecp/y',
)
test('a global abort', becomes, { global: ruleText({}), rules: ruleText({ url: '*' }) }, '/', 'abort')

// What IIS cannot read.

test(
  'a pattern that is none fails every request',
  becomes,
  one({ url: '*' }),
  '/',
  'error 500.50 r: match.url: the pattern cannot be read: nothing to repeat',
)
test(
  'also those that an earlier rule would end',
  becomes,
  chain(ruleText({ name: 'a' }), ruleText({ name: 'b', conditions: pattern('', '(') })),
  '/',
  'error 500.50 b: conditions[0].pattern: the pattern cannot be read: unterminated group',
)
test(
  'a global one likewise',
  becomes,
  { global: ruleText({ name: 'g', url: '(' }) },
  '/',
  'error 500.51 g: match.url: the pattern cannot be read: unterminated group',
)
test(
  'a brace that is not closed',
  becomes,
  one({ action: to('/{R:0') }),
  '/',
  'error 500.50 r: action.url: a brace is not closed',
)
test(
  'an unknown function',
  becomes,
  one({ conditions: pattern('{Upper:{URL}}', '') }),
  '/',
  'error 500.50 r: conditions[0].input: Upper is neither a function nor a rewrite map that is known here',
)
test(
  'a rewrite to nowhere',
  becomes,
  one({ action: 'type="Rewrite"' }),
  '/',
  'error 500.50 r: action.url: the action has no URL to go to',
)
test(
  'a response without a status',
  becomes,
  one({ action: 'type="CustomResponse"' }),
  '/',
  'error 500.50 r: action.statusCode: the response has no status code',
)
test(
  'a rule without a pattern',
  becomes,
  { rules: '<rule name="r"><action type="AbortRequest" /></rule>' },
  '/',
  'error 500.19 r: match.url: the pattern is empty',
)

// Maps.

const MAPPED: RulesText = {
  rules: ruleText({
    conditions: pattern('{Static:{REQUEST_URI}}', '(.+)'),
    action: to('{C:1}', 'appendQueryString="false"'),
  }),
  maps: [{ name: 'static', entries: [['/Diagnostic', '/default.aspx?tabid=2&subtabid=29']] }],
}
test('a key that the map has', becomes, MAPPED, '/diagnostic', 'rewrite /default.aspx?tabid=2&subtabid=29')
test('a key that it has not', becomes, MAPPED, '/default.aspx', 'pass /default.aspx')
