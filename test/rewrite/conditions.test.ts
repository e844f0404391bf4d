import test from 'ava'
import { away, becomes, meets, one, pattern, type RulesText, words } from '../helpers/rewrite.ts'

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
  'error 500.50 r: there is no {C:1}: what matched does not capture it',
)

const OF_ANY = refer(
  '/{C:1}',
  'logicalGrouping="MatchAny"',
  pattern('{QUERY_STRING}', 'a=(.)') +
    pattern('{QUERY_STRING}', 'b=') +
    pattern('{URL}', 'x', 'negate="true"'),
)
test(
  'of conditions of which any is enough the one that held captures',
  becomes,
  OF_ANY,
  '/x?b=&a=1',
  'redirect 301 /1',
)
for (const [url, what] of [
  ['/x?b=', 'captures less'],
  ['/y?', 'is negated'],
] as const) {
  test(`where the one that held ${what}, the capture of another is not there`, (t) => {
    t.regex(words(meets(OF_ANY, url)), /500\.50 r: there is no \{C:1\}/)
  })
}
