import test from 'ava'
import fc from 'fast-check'
import { childrenNamed, type Element, parseText } from '../../reconciler/iis/document.ts'
import { outboundRuleFields, preConditionFields, ruleFields } from '../../reconciler/iis/rule.ts'

function element(markup: string): Element {
  const parsed = parseText(markup)
  if (parsed.is === 'refused') throw new Error(parsed.why)
  return parsed.root
}

const SHORT =
  '<rule name="a" stopProcessing="true"><match url=".*" /><conditions><add input="{UrlDecode:{REQUEST_URI}}" pattern="(?=.*autodiscover)(?=.*powershell)" /></conditions><action type="AbortRequest" /></rule>'

test('a rule written short has every field', (t) => {
  t.deepEqual(ruleFields(element(SHORT)), {
    is: 'known',
    value: {
      enabled: true,
      patternSyntax: 'ECMAScript',
      stopProcessing: true,
      responseCacheDirective: 'Auto',
      match: { url: '.*', ignoreCase: true, negate: false },
      logicalGrouping: 'MatchAll',
      trackAllCaptures: false,
      conditions: [
        {
          input: '{UrlDecode:{REQUEST_URI}}',
          matchType: 'Pattern',
          pattern: '(?=.*autodiscover)(?=.*powershell)',
          ignoreCase: true,
          negate: false,
        },
      ],
      serverVariables: [],
      action: {
        type: 'AbortRequest',
        url: '',
        appendQueryString: true,
        redirectType: 'Permanent',
        statusCode: null,
        subStatusCode: 0,
        statusReason: '',
        statusDescription: '',
        logRewrittenUrl: false,
      },
    },
  })
})

/** Pairs of an attribute that says its default, in odd case, and the element it may stand on. */
const DEFAULTS: readonly (readonly [tag: string, attribute: string])[] = [
  ['<rule name="a"', 'enabled="TRUE"'],
  ['<rule name="a"', 'patternSyntax="ecmascript"'],
  ['<rule name="a"', 'responseCacheDirective="auto"'],
  ['<match url=".*"', 'ignoreCase="True"'],
  ['<match url=".*"', 'negate="false"'],
  ['<conditions', 'logicalGrouping="matchall"'],
  ['<conditions', 'trackAllCaptures="False"'],
  ['<add', 'matchType="pattern"'],
  ['<add', 'ignoreCase="true"'],
  ['<add', 'negate="FALSE"'],
  ['<action', 'appendQueryString="true"'],
  ['<action', 'redirectType="permanent"'],
  ['<action', 'subStatusCode="0"'],
]

test('a rule with and without defaults is equal, its name aside', (t) => {
  const expected = ruleFields(element(SHORT))
  fc.assert(
    fc.property(fc.subarray([...DEFAULTS]), fc.boolean(), (chosen, empty) => {
      let markup = SHORT
      for (const [tag, attribute] of chosen) markup = markup.replace(tag, `${tag} ${attribute}`)
      if (empty) markup = markup.replace('<action', '<serverVariables /><action')
      t.deepEqual(ruleFields(element(markup.replace('name="a"', 'name="other"'))), expected)
    }),
    { numRuns: 200 },
  )
})

test('what changes a rule changes its fields', (t) => {
  const expected = ruleFields(element(SHORT))
  for (const [from, to] of [
    ['stopProcessing="true"', ''],
    ['url=".*"', 'url=".+"'],
    ['<add ', '<add negate="true" '],
    ['AbortRequest', 'None'],
    ['<conditions>', '<conditions logicalGrouping="MatchAny">'],
  ] as const) {
    t.notDeepEqual(ruleFields(element(SHORT.replace(from, to))), expected, `${from} to ${to}`)
  }
})

test('what is not understood is unknown, never equal', (t) => {
  for (const [from, to] of [
    ['<match ', '<match strange="1" '],
    ['<match ', '<other /><match '],
    ['<match ', '<match url="second" /><match '],
    ['name="a"', ''],
    ['stopProcessing="true"', 'stopProcessing="perhaps"'],
    ['<add ', '<set '],
  ] as const) {
    t.is(ruleFields(element(SHORT.replace(from, to))).is, 'unknown', `${from} to ${to}`)
  }
})

test('a global rule knows less', (t) => {
  t.is(ruleFields(element(SHORT), 'globalRules').is, 'known')
  const file = SHORT.replace('<add ', '<add matchType="IsFile" ')
  t.is(ruleFields(element(file), 'globalRules').is, 'unknown')
  t.is(ruleFields(element(file)).is, 'known')
})

const OUTBOUND =
  '<rule name="o" preCondition="Html"><match serverVariable="RESPONSE_X" pattern="(.*)" /><action type="Rewrite" value="{R:1}" /></rule>'
const PRE =
  '<preConditions><preCondition name="HTML"><add input="{RESPONSE_CONTENT_TYPE}" pattern="^text/html" /></preCondition><preCondition name="other" /></preConditions>'

test('an outbound rule holds its pre-condition by content', (t) => {
  const preConditions = childrenNamed(element(PRE), 'preCondition')
  const fields = outboundRuleFields(element(OUTBOUND), preConditions)
  if (fields.is === 'unknown') return t.fail(fields.why)
  t.true(fields.value['trackAllCaptures'])
  t.deepEqual(fields.value['preCondition'], {
    logicalGrouping: 'MatchAll',
    patternSyntax: 'ECMAScript',
    conditions: [
      {
        input: '{RESPONSE_CONTENT_TYPE}',
        matchType: 'Pattern',
        pattern: '^text/html',
        ignoreCase: true,
        negate: false,
      },
    ],
  })
  t.deepEqual(fields.value['match'], {
    filterByTags: ['None'],
    customTags: '',
    serverVariable: 'RESPONSE_X',
    pattern: '(.*)',
    occurrences: 0,
    ignoreCase: true,
    negate: false,
  })
})

test('an outbound rule without a pre-condition, and one whose pre-condition is missing', (t) => {
  const none = outboundRuleFields(element(OUTBOUND.replace('preCondition="Html"', '')), [])
  t.is(none.is === 'known' ? none.value['preCondition'] : undefined, null)
  t.is(outboundRuleFields(element(OUTBOUND), []).is, 'unknown')
  const [first] = childrenNamed(element(PRE), 'preCondition')
  t.is(first && preConditionFields(first).is, 'known')
})
