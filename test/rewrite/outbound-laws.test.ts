import test from 'ava'
import fc from 'fast-check'
import type { RuleSource } from '../../reconciler/rewrite/rule-set.ts'
import { limited } from '../../reconciler/util/limited.ts'
import { outboundSource, respond } from '../helpers/outbound.ts'

const word = fc.constantFrom(
  'a',
  '(',
  ')',
  '*',
  '.',
  '[',
  ']',
  '\\',
  '{',
  '}',
  '{R:0}',
  '{C:1}',
  '{URL}',
  'x',
  '|',
  '?',
  '$',
  '^',
)
const text = fc.array(word, { maxLength: 6 }).map((all) => all.join(''))
const syntax = fc.constantFrom('ECMAScript', 'Wildcard', 'ExactMatch')
const grouping = fc.constantFrom('MatchAll', 'MatchAny')
const condition = fc.record({
  input: text,
  matchType: fc.constantFrom('Pattern', 'IsFile'),
  pattern: text,
  ignoreCase: fc.boolean(),
  negate: fc.boolean(),
})
const conditions = fc.array(condition, { maxLength: 2 })

/** Any rule that the schema of IIS lets through, most of them nonsense. */
const rule: fc.Arbitrary<RuleSource> = fc
  .record({
    patternSyntax: syntax,
    stopProcessing: fc.boolean(),
    match: fc.record({
      filterByTags: fc.constantFrom(['None'], ['A'], ['A', 'CustomTags']),
      customTags: fc.constantFrom('', 'group', '__proto__'),
      serverVariable: fc.constantFrom('', 'RESPONSE_X', 'RESPONSE_STATUS', 'RESPONSE___proto__', 'HTTP_A'),
      pattern: text,
      occurrences: fc.nat({ max: 2 }),
      ignoreCase: fc.boolean(),
      negate: fc.boolean(),
    }),
    logicalGrouping: grouping,
    trackAllCaptures: fc.boolean(),
    conditions,
    action: fc.record({
      type: fc.constantFrom('None', 'Rewrite'),
      value: text,
      replace: fc.boolean(),
    }),
    preCondition: fc.option(fc.record({ logicalGrouping: grouping, patternSyntax: syntax, conditions })),
  })
  .map((fields) => ({ name: 'r', fields, base: '' }))

const response = fc.record({
  status: fc.constantFrom(200, 302, 500),
  headers: fc.constantFrom({}, { X: 'a' }, { X: ['a', 'x'] }, { 'Content-Encoding': 'br' }),
  body: fc.constantFrom('', 'aax', '<a href="a">x</a>', '<a href=x'),
})

test('whatever the rules are: no crash, the same answer twice, and one of the two that there are', (t) => {
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 3 }), response, (outboundRules, before) => {
      const source = outboundSource('', { outboundRules, customTags: { group: [] } })
      const frozen = JSON.stringify(before)
      const first = limited(1_000, () => JSON.stringify(respond(source, before)))
      const again = limited(1_000, () => JSON.stringify(respond(source, before)))
      t.is(JSON.stringify(before), frozen)
      // On a busy machine either may run out of time on its own.
      if (first.is === 'timeout' || again.is === 'timeout') return
      t.deepEqual(again, first)
      const result = JSON.parse(first.value)
      t.true(result.is === 'response' || (result.is === 'parse-error' && result.error.subStatus === 52))
    }),
    { numRuns: 2_000 },
  )
})

test('rules of which none applies change nothing', (t) => {
  const impossible = { input: 'a', matchType: 'Pattern', pattern: 'b', ignoreCase: true, negate: false }
  const never = { logicalGrouping: 'MatchAll', patternSyntax: 'ExactMatch', conditions: [impossible] }
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 3 }), response, (rules, before) => {
      const outboundRules = rules.map(({ fields, ...rest }) => ({
        ...rest,
        fields: { ...fields, preCondition: never, patternSyntax: 'ExactMatch', conditions: [] },
      }))
      const result = respond(outboundSource('', { outboundRules, customTags: { group: [] } }), before)
      if (result.is === 'response') t.deepEqual(result.response, before)
      else t.regex(result.error.message, /brace|known here|custom tags|number/)
    }),
  )
})
