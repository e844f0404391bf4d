import test from 'ava'
import fc from 'fast-check'
import { compile } from '../../reconciler/rewrite/compile.ts'
import { type Inbound, READINGS } from '../../reconciler/rewrite/exchange.ts'
import { inbound } from '../../reconciler/rewrite/inbound.ts'
import type { RuleSetSource, RuleSource } from '../../reconciler/rewrite/rule-set.ts'
import { AROUND, REQUEST } from '../helpers/rewrite.ts'

// Rules as nobody would write them, and as everybody does.

const SYNTAX = fc.constantFrom('ECMAScript', 'Wildcard', 'ExactMatch')
const pieces = (...parts: readonly string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...parts), { maxLength: 6 }).map((all) => all.join(''))
// Mostly what can be read: a set with one fault answers nothing else.
const mostly = (sound: readonly string[], hostile: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 40, arbitrary: fc.constantFrom(...sound) }, { weight: 1, arbitrary: hostile })
// No repetition of a repetition: how long a pattern may take is another matter.
const PATTERN = mostly(
  ['.*', '.*', '.*', '^owa', '(.*)/(.*)', 'a', '(a)|b', '(?=.*a)', 'owa*', '[^/]+$', '^a?$'],
  pieces('a', 'owa', '.*', '(a)', '(', ')', '?', '*', '[', '^', '$', '|', '(?=x)', '\\', '/'),
)
const TEMPLATE = mostly(
  [
    '{R:0}',
    '/x/{R:0}',
    'y?{QUERY_STRING}',
    '{C:0}',
    '{URL}',
    '{UrlDecode:{REQUEST_URI}}',
    '{Map:{R:0}}',
    'http://h/a?x=1',
    'é b',
    '../{HTTP_A}',
  ],
  pieces(
    '{',
    '}',
    '{R:0}',
    '{R:1}',
    '{C:1}',
    '{URL}',
    '{ToLower:',
    '{Map:',
    'a',
    '/',
    '?x=1',
    'http://h',
    '%41',
  ),
)
const URL_PART = pieces('/', 'owa', 'a', '%41', '%2f', '%', '..', '?', '&x=', '\\', 'é', '%e9', '{R:0}')

const seldom = fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true))

const condition = fc.record({
  input: TEMPLATE,
  matchType: fc.constantFrom('Pattern', 'IsFile', 'IsDirectory'),
  pattern: PATTERN,
  ignoreCase: fc.boolean(),
  negate: seldom,
})

const fields = fc.record({
  patternSyntax: SYNTAX,
  stopProcessing: fc.boolean(),
  match: fc.record({ url: PATTERN, ignoreCase: fc.boolean(), negate: seldom }),
  logicalGrouping: fc.constantFrom('MatchAll', 'MatchAny'),
  trackAllCaptures: fc.boolean(),
  conditions: fc.array(condition, { maxLength: 2 }),
  serverVariables: fc.array(
    fc.record({ name: fc.constantFrom('HTTP_A', 'X', 'URL'), value: TEMPLATE, replace: fc.boolean() }),
    { maxLength: 2 },
  ),
  action: fc.record({
    type: fc.constantFrom('None', 'Rewrite', 'Redirect', 'CustomResponse', 'AbortRequest'),
    url: TEMPLATE,
    appendQueryString: fc.boolean(),
    redirectType: fc.constantFrom('Permanent', 'Found', 'SeeOther', 'Temporary'),
    statusCode: fc.oneof({ weight: 9, arbitrary: fc.constant(403) }, fc.constant(null)),
    subStatusCode: fc.nat(999),
    statusReason: TEMPLATE,
    statusDescription: TEMPLATE,
  }),
})

const rule: fc.Arbitrary<RuleSource> = fc.record({
  name: fc.string(),
  fields,
  base: fc.constantFrom('', '', 'owa'),
})

const source: fc.Arbitrary<RuleSetSource> = fc.record({
  globalRules: fc.array(rule, { maxLength: 2 }),
  rules: fc.array(rule, { minLength: 1, maxLength: 3 }),
  outboundRules: fc.constant([]),
  customTags: fc.constant({}),
  rewriteMaps: fc.constant([
    { name: 'map', defaultValue: 'd', ignoreCase: true, entries: [['a', 'b'] as const] },
  ]),
  allowedServerVariables: fc.subarray(['HTTP_A', 'X']),
})

const request = fc.record({
  url: fc.oneof(
    fc.constantFrom('/owa/a?x=1', '/', '/a', '/a/b/a?q=%41'),
    URL_PART.map((path) => `/${path}`),
  ),
  method: fc.constantFrom('GET', 'POST'),
})

function answers(
  set: RuleSetSource,
  asked: { readonly url: string; readonly method: string },
): readonly Inbound[] {
  const rules = compile(set)
  return READINGS.map((reading) => inbound(rules, { ...REQUEST, ...asked }, { ...AROUND, reading }))
}

test('any rule and any request have an answer, and the same one twice', (t) => {
  fc.assert(
    fc.property(source, request, (set, asked) => t.deepEqual(answers(set, asked), answers(set, asked))),
    { numRuns: 1500 },
  )
})

test('what passes is what was sent, an error has words, and anything else has a rule that matched', (t) => {
  fc.assert(
    fc.property(source, request, (set, asked) => {
      for (const answer of answers(set, asked)) {
        if (answer.is === 'pass') t.is(answer.url, asked.url)
        if (answer.is === 'parse-error') t.not(answer.error.message, '')
        else if (answer.is !== 'pass') t.true(answer.trace.some((each) => each.matched))
      }
    }),
    { numRuns: 700 },
  )
})

test('what a redirect answers can stand in a header', (t) => {
  fc.assert(
    fc.property(source, request, (set, asked) => {
      for (const answer of answers(set, asked)) {
        if (answer.is === 'redirect') t.regex(answer.location, /^([\w+.-]+:\/)?\/[\x21-\x7e]*$/)
      }
    }),
    { numRuns: 700 },
  )
})

test('a rule in front that never matches changes nothing', (t) => {
  const never: RuleSource = {
    name: 'never',
    base: '',
    fields: {
      patternSyntax: 'ExactMatch',
      match: { url: 'no such path', ignoreCase: false, negate: false },
      action: {},
    },
  }
  fc.assert(
    fc.property(source, request, (set, asked) => {
      const more = answers({ ...set, rules: [never, ...set.rules] }, asked)
      const fewer = answers(set, asked)
      t.deepEqual(
        more.map(({ trace: _, ...answer }) => answer),
        fewer.map(({ trace: _, ...answer }) => answer),
      )
    }),
    { numRuns: 700 },
  )
})
