import test from 'ava'
import fc from 'fast-check'
import { batch } from '../../reconciler/commands/request/batch.ts'
import { OUTCOMES } from '../../reconciler/proof/batch-answer.ts'
import { compilePattern } from '../../reconciler/rewrite/pattern.ts'
import { parseTemplate } from '../../reconciler/rewrite/template.ts'
import { exchange, patternText, rewriteXml, templateText } from '../helpers/rewrite-fuzz.ts'

const [one, other] = [batch(), batch()]

/** Every line has one answer of a known outcome, and the same one from an evaluator that saw other lines before. */
function outcomesOf(xml: string, exchanges: readonly object[]): readonly string[] {
  const lines = exchanges.map((each, id) => JSON.stringify({ id, rewriteXml: xml, ...each }))
  const first = one.answer(lines)
  // One after the other, so that what was kept of the one before could show.
  const second = lines.flatMap((line) => other.answer([line]))
  if (first.length !== lines.length) throw new Error(`${first.length} answers`)
  return first.map((answer, index) => {
    if (answer.id !== index) throw new Error(`the answer to ${index} says ${String(answer.id)}`)
    const outcome = answer.outcome ?? 'malformed'
    if (outcome === 'malformed' ? answer.error === undefined : !OUTCOMES.includes(outcome))
      throw new Error(JSON.stringify(answer))
    const again = second[index]
    // What ends near the limit may end on either side of it.
    if (outcome === 'timeout' || again?.outcome === 'timeout') return outcome
    if (JSON.stringify(answer) !== JSON.stringify(again))
      throw new Error(`${JSON.stringify(answer)}, and again ${JSON.stringify(again)}`)
    return outcome
  })
}

const exchanges = fc.array(exchange, { minLength: 1, maxLength: 3 })

test('whatever the rules and the request are: one answer, of a known outcome, twice the same', (t) => {
  fc.assert(
    fc.property(rewriteXml, exchanges, (xml, each) => {
      outcomesOf(xml, each)
    }),
    { numRuns: 150 },
  )
  t.pass()
})

test('what is made up so comes to every outcome', (t) => {
  const met = new Set<string>()
  // Always the same ones: whether chance makes a rewrite is no matter of the evaluator.
  for (const [xml, each] of fc.sample(fc.tuple(rewriteXml, exchanges), { seed: 1, numRuns: 300 }))
    for (const outcome of outcomesOf(xml, each)) met.add(outcome)
  for (const outcome of OUTCOMES.filter((each) => each !== 'timeout')) t.true(met.has(outcome), outcome)
})

const EXPLODES: readonly (readonly [what: string, pattern: string, cookie: string])[] = [
  ['nested repetition', '^(a+)+$', `${'a'.repeat(40)}!`],
  ['overlapping choices', '^(a|a)*$', `${'a'.repeat(40)}!`],
  [
    'the published pattern against CVE-2021-26855',
    '(.*)X-BEResource=(.+)/(.+)~(.+)',
    'X-BEResource=a/b'.repeat(1000),
  ],
]

for (const [what, pattern, cookie] of EXPLODES)
  test(`${what} does not hang us and is reported as such, and the lines beside it are answered`, (t) => {
    const xml = `<rewrite><rules><rule name="r"><match url=".*" /><conditions><add input="{HTTP_COOKIE}" pattern="${pattern}" /></conditions><action type="AbortRequest" /></rule></rules></rewrite>`
    const line = (id: string, value: string) =>
      JSON.stringify({
        id,
        rewriteXml: xml,
        request: { method: 'GET', url: '/', headers: { Cookie: value } },
      })
    const found = batch().answer([line('before', '-'), line('long', cookie), line('after', '-')])
    t.deepEqual(
      found.map(({ id, outcome }) => [id, outcome]),
      [
        ['before', 'pass'],
        ['long', 'timeout'],
        ['after', 'pass'],
      ],
    )
  })

test('any text as a pattern is a pattern or a fault with a place in it', (t) => {
  const syntax = fc.constantFrom('ECMAScript', 'Wildcard', 'ExactMatch')
  fc.assert(
    fc.property(
      patternText,
      syntax,
      fc.boolean(),
      fc.string({ maxLength: 8 }),
      (text, kind, ignoreCase, input) => {
        const pattern = compilePattern(text, kind, ignoreCase)
        if (pattern.is === 'fault') return pattern.why !== '' && pattern.at >= 0 && pattern.at <= text.length
        const match = pattern.exec(input)
        return (
          pattern.test(input) === (match !== null) && (match === null || match.length === pattern.groups + 1)
        )
      },
    ),
    { numRuns: 5000 },
  )
  t.pass()
})

test('any text as a template is a template or a fault with a place in it', (t) => {
  fc.assert(
    fc.property(templateText, (text) => {
      const parsed = parseTemplate(text, new Map())
      return parsed.is === 'template' || (parsed.why !== '' && parsed.at >= 0 && parsed.at <= text.length)
    }),
    { numRuns: 5000 },
  )
  t.pass()
})
