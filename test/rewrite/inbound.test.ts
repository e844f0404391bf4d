import test from 'ava'
import type { Inbound, Request, Surroundings } from '../../reconciler/rewrite/exchange.ts'
import { meets, type RulesText, ruleText } from '../helpers/rewrite.ts'

/** An outcome on one line. */
function words(result: Inbound): string {
  switch (result.is) {
    case 'pass':
    case 'rewrite':
      return `${result.is} ${result.url}`
    case 'redirect':
      return `redirect ${result.status} ${result.location}`
    case 'response':
      return `response ${result.status}.${result.subStatus} ${result.reason}|${result.description}`
    case 'abort':
      return 'abort'
    case 'parse-error':
      return `error 500.${result.error.subStatus} ${result.error.rule}: ${result.error.message}`
  }
}

const becomes = test.macro({
  exec(
    t,
    rules: RulesText,
    request: string | Partial<Request>,
    expected: string,
    around?: Partial<Surroundings>,
  ) {
    t.is(words(meets(rules, request, around)), expected)
  },
  title: (title = '') => title,
})

const ABORT = 'type="AbortRequest"'
const to = (url: string, more = ''): string => `type="Rewrite" url="${url}" ${more}`
const away = (url: string, more = ''): string => `type="Redirect" url="${url}" ${more}`
const pattern = (input: string, text: string, more = ''): string =>
  `<add input="${input}" pattern="${text}" ${more} />`
const one = (parts: Parameters<typeof ruleText>[0]): RulesText => ({ rules: ruleText(parts) })

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

// Conditions.

const ALL = one({ conditions: pattern('{REQUEST_METHOD}', '^GET$') + pattern('{QUERY_STRING}', 'x') })
test('all conditions have to hold', becomes, ALL, '/?x', 'abort')
test('one that does not hold is enough', becomes, ALL, '/?y', 'pass /?y')
const ANY = one({
  grouping: 'logicalGrouping="MatchAny"',
  conditions: pattern('{URL}', 'a') + pattern('{URL}', 'b'),
})
test('any condition is enough', becomes, ANY, '/b', 'abort')
test('none holds', becomes, ANY, '/c', 'pass /c')
test('no conditions, any of them', becomes, one({ grouping: 'logicalGrouping="MatchAny"' }), '/', 'abort')
test(
  'a negated condition',
  becomes,
  one({ conditions: pattern('{URL}', 'a', 'negate="true"') }),
  '/b',
  'abort',
)
test(
  'a condition without a pattern holds',
  becomes,
  one({ conditions: '<add input="{URL}" />' }),
  '/b',
  'abort',
)
test(
  'the syntax of a rule holds for its conditions',
  becomes,
  one({ rule: 'patternSyntax="Wildcard"', url: '*', conditions: pattern('{URL}', '/a?c') }),
  '/abc',
  'abort',
)
test(
  'case counts in a condition',
  becomes,
  one({ conditions: pattern('{URL}', 'A', 'ignoreCase="false"') }),
  '/a',
  'pass /a',
)
test(
  'the pattern of a condition is not expanded',
  becomes,
  one({ conditions: pattern('{URL}', '^/\\{URL\\}$') }),
  '/{URL}',
  'abort',
)

const disk = {
  onDisk: (path: string) =>
    path === 'C:\\w\\f' ? ('file' as const) : path === 'C:\\w\\d' ? ('directory' as const) : null,
  physicalPath: (path: string) => `C:\\w${path.replaceAll('/', '\\')}`,
}
const FILE = one({ conditions: '<add input="{REQUEST_FILENAME}" matchType="IsFile" />' })
const DIRECTORY = one({ conditions: '<add matchType="IsDirectory" />' })
const NO_FILE = one({ conditions: '<add input="{REQUEST_FILENAME}" matchType="isFile" negate="True" />' })
test('a file', becomes, FILE, '/f', 'abort', disk)
test('a directory is no file', becomes, FILE, '/d', 'pass /d', disk)
test('a directory, without saying of what', becomes, DIRECTORY, '/d', 'abort', disk)
test('a file is no directory', becomes, DIRECTORY, '/f', 'pass /f', disk)
test('no file', becomes, NO_FILE, '/x', 'abort', disk)
test('a file after all', becomes, NO_FILE, '/f', 'pass /f', disk)

// References.

const TWO = pattern('{REQUEST_URI}', '^/(.+)/(.+)/') + pattern('{QUERY_STRING}', 'p2=([a-z]+)')
const refer = (url: string, grouping = '', conditions = TWO): RulesText =>
  one({ url: '^(.)', grouping, conditions, action: away(url, 'appendQueryString="false"') })
const ARTICLE = '/article/23/?p1=123&p2=abc'
const TRACK = 'trackAllCaptures="true"'
test(
  'references are those of the last condition',
  becomes,
  refer('/{R:1}{R:0}-{C:0}-{C:1}'),
  ARTICLE,
  'redirect 301 /aa-p2=abc-abc',
)
test(
  'all captures are tracked, without later whole matches',
  becomes,
  refer('/{C:1}-{C:2}-{C:3}{C:0}', TRACK),
  ARTICLE,
  'redirect 301 /article-23-abc/article/23/',
)
test(
  'an input refers to the rule and to the condition before',
  becomes,
  refer('/ok', '', `${pattern('{QUERY_STRING}', 'h=(.)')}${pattern('{R:1}{C:1}', '^ax$')}`),
  '/a?h=x',
  'redirect 301 /ok',
)
test(
  'an input refers to all conditions before, where they are tracked',
  becomes,
  refer('/{C:3}', TRACK, `${TWO}${pattern('{C:1}{C:3}', '^articleabc$')}`),
  ARTICLE,
  'redirect 301 /abc',
)
test(
  'a negated condition captures nothing and leaves what was',
  becomes,
  refer('/{C:1}', '', pattern('{URL}', '^/(a)') + pattern('{URL}', '(z)', 'negate="true"')),
  '/a',
  'redirect 301 /a',
)
test(
  'a group that took no part is empty',
  becomes,
  one({ url: '^(x)?a', action: away('/[{R:1}]') }),
  '/a',
  'redirect 301 /[]',
)

const NONE_SUCH = /500\.50 r: action\.url: there is no \{[RC]:\d+\}/
for (const [rules, why] of [
  [refer('/{R:2}'), 'more than the pattern captures'],
  [refer('/{C:2}'), 'more than the last condition captures'],
  [refer('/{C:4}', TRACK), 'more than all conditions capture'],
  [refer('/{C:0}', '', ''), 'no condition at all'],
  [one({ url: 'x', match: 'negate="true"', action: away('/{R:0}') }), 'a pattern that is negated'],
] as const) {
  test(`a reference that cannot exist is an error once the rule acts: ${why}`, (t) => {
    t.regex(words(meets(rules, ARTICLE)), NONE_SUCH)
  })
}
test(
  'a reference that cannot exist harms nobody else',
  becomes,
  one({ url: '^x', action: away('/{R:1}') }),
  '/a',
  'pass /a',
)
test(
  'a reference of an input that cannot exist is an error when it is asked for',
  becomes,
  one({ conditions: pattern('{C:1}', 'x') }),
  '/',
  'error 500.50 r: conditions[0].input: there is no {C:1}: nothing before captures it',
)

// Actions.

test(
  'a rewrite keeps the query',
  becomes,
  one({ url: '^a/(.*)', action: to('b.aspx?id={R:1}') }),
  '/a/7?q=1',
  'rewrite /b.aspx?id=7&q=1',
)
test(
  'a rewrite drops the query',
  becomes,
  one({ action: to('b', 'appendQueryString="false"') }),
  '/a?q=1',
  'rewrite /b',
)
test(
  'a rewrite with its own query alone',
  becomes,
  one({ action: to('/b?x=1', 'appendQueryString="False"') }),
  '/a?q=1',
  'rewrite /b?x=1',
)
test('a rewrite without any query', becomes, one({ action: to('/b?') }), '/a', 'rewrite /b')
test(
  'a rewrite to another host stays one',
  becomes,
  one({ action: to('http://back:81/x/{R:0}') }),
  '/a?q',
  'rewrite http://back:81/x/a?q',
)
test(
  'a rewrite of a folder stays below it',
  becomes,
  { below: { owa: ruleText({ action: to('article.aspx') }) } },
  '/OWA/x',
  'rewrite /owa/article.aspx',
)
test(
  'a rewrite of a folder may go to the root',
  becomes,
  { below: { owa: ruleText({ action: to('/a') }) } },
  '/owa/x',
  'rewrite /a',
)
test(
  'a rewrite may go up',
  becomes,
  { below: { 'owa/auth': ruleText({ action: to('../a') }) } },
  '/owa/auth/x',
  'rewrite /owa/a',
)

for (const [type, status] of Object.entries({ Permanent: 301, Found: 302, SeeOther: 303, Temporary: 307 })) {
  test(
    `a redirect ${type}`,
    becomes,
    one({ action: away('b', `redirectType="${type}"`) }),
    '/a',
    `redirect ${status} /b`,
  )
}
test(
  'a redirect keeps the query',
  becomes,
  one({ action: away('https://h/{R:0}?x=1') }),
  '/a?q=1',
  'redirect 301 https://h/a?x=1&q=1',
)
test(
  'a redirect of a folder',
  becomes,
  { below: { owa: ruleText({ action: away('b') }) } },
  '/owa/a',
  'redirect 301 /owa/b',
)
test(
  'a redirect with a decoded line end does not make a header',
  becomes,
  one({ action: away('/{UrlDecode:{QUERY_STRING}}', 'appendQueryString="false"') }),
  '/?a%0d%0aX:1',
  'redirect 301 /a%0D%0AX:1',
)
test(
  'a redirect keeps what is encoded',
  becomes,
  one({ action: away('/b') }),
  '/a?q=%41+%20',
  'redirect 301 /b?q=%41+%20',
)

const FORBIDDEN =
  'type="CustomResponse" statusCode="403" subStatusCode="7" statusReason="No {REQUEST_METHOD}" statusDescription="{R:0}"'
test('a response of its own', becomes, one({ action: FORBIDDEN }), '/a', 'response 403.7 No GET|a')
test('an abort', becomes, one({ action: ABORT }), '/a', 'abort')
test('None does nothing', becomes, one({ action: 'type="None"' }), '/%61?q', 'pass /%61?q')

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
  'an empty pattern is no valid configuration',
  becomes,
  one({ url: '' }),
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
