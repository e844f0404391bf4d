import test from 'ava'
import fc from 'fast-check'
import { batch } from '../../reconciler/commands/request/batch.ts'
import { type BatchAnswer, OUTCOMES } from '../../reconciler/proof/batch-answer.ts'

const WHOLE = `<?xml version="1.0" encoding="UTF-8"?>
<!-- the site's own -->
<configuration>
  <location path="." inheritInChildApplications="false">
    <system.webServer>
      <modules><remove name="RequestFilteringModule" /></modules>
      <security><requestFiltering><hiddenSegments><add segment="secret" /></hiddenSegments></requestFiltering></security>
      <rewrite>
        <rules>
          <clear />
          <rule name="a" patternSyntax="Wildcard"><match url="*" /><conditions><add input="{URL}" pattern="/a*" /></conditions><action type="AbortRequest" /></rule>
          <rule name="b" stopProcessing="true"><match url="^b/(.*)" /><action type="Rewrite" url="c/{R:1}" /></rule>
        </rules>
        <outboundRules>
          <rule name="o" preCondition="p"><match serverVariable="RESPONSE_X" pattern=".*" /><action type="Rewrite" value="&lt;y&gt;" /></rule>
          <preConditions><preCondition name="p"><add input="{RESPONSE_STATUS}" pattern="200" /></preCondition></preConditions>
        </outboundRules>
        <rewriteMaps><rewriteMap name="m" defaultValue="d"><add key="k" value="v" /></rewriteMap></rewriteMaps>
      </rewrite>
    </system.webServer>
  </location>
  <location path="owa"><system.webServer><rewrite><rules><remove name="a" /></rules></rewrite></system.webServer></location>
</configuration>
`

const NAMES =
  'configuration location system.webServer rewrite rules rule match action add remove clear'.split(' ')
const SCRAPS = [
  '<',
  '>',
  '"',
  '&',
  '<!--',
  ']]>',
  '<![CDATA[',
  '<!DOCTYPE x>',
  '&#0;',
  '&x;',
  '\u0000',
  '\r',
  'name="a"',
]

/** A text with some of it taken out, doubled or replaced. */
const damaged = fc
  .array(
    fc.record({
      at: fc.nat(WHOLE.length),
      length: fc.oneof(fc.nat(2), fc.nat(60)),
      instead: fc.oneof(fc.constant(''), fc.constantFrom(...SCRAPS), fc.constantFrom('double', 'x', ' ')),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((cuts) =>
    cuts.reduce((text, { at, length, instead }) => {
      const piece = text.slice(at, at + length)
      return text.slice(0, at) + (instead === 'double' ? piece + piece : instead) + text.slice(at + length)
    }, WHOLE),
  )

/** Elements that IIS knows, each where it may not know it. */
const strange = fc.letrec<{ readonly element: string }>((tie) => ({
  element: fc
    .record({
      name: fc.constantFrom(...NAMES),
      attributes: fc.uniqueArray(fc.constantFrom('name', 'path', 'url', 'type', 'enabled', 'lockItem'), {
        maxLength: 3,
      }),
      value: fc.constantFrom('a', 'true', '.', 'owa', '(', '{R:9}', 'Redirect', ''),
      inner: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constant(''),
        fc.array(tie('element'), { maxLength: 4 }).map((all) => all.join('')),
      ),
    })
    .map(({ name, attributes, value, inner }) => {
      const written = attributes.map((each) => ` ${each}="${value}"`).join('')
      return `<${name}${written}>${inner}</${name}>`
    }),
})).element

const inSections = strange.map(
  (inner) =>
    `<configuration><system.webServer><rewrite>${inner}</rewrite></system.webServer></configuration>`,
)

function isAnswer({ outcome, error, status }: BatchAnswer): boolean {
  if (outcome === undefined || !OUTCOMES.includes(outcome)) return false
  return outcome !== 'parse-error' || (status === 500 && error !== undefined && error !== '')
}

for (const [what, config] of [
  ['a damaged configuration', damaged],
  ['elements anywhere', strange],
  ['elements where rules are wanted', inSections],
] as const)
  test(`${what} is answered, each time in the same way`, (t) => {
    const outcomes = new Set<string | undefined>()
    const [one, other] = [batch(), batch()]
    fc.assert(
      fc.property(config, fc.constantFrom('/', '/a/x', '/b/x?y', '/owa/', '/secret/x'), (text, url) => {
        // A text that does not begin with < would be the name of a file.
        const line = {
          config: text.startsWith('<') ? text : `<${text}`,
          request: { method: 'GET', url },
          response: {},
        }
        const [first, second] = [one, other].map((each) => each.answer([JSON.stringify(line)])[0])
        outcomes.add(first?.outcome)
        return first !== undefined && isAnswer(first) && JSON.stringify(first) === JSON.stringify(second)
      }),
      { numRuns: 100 },
    )
    t.true(outcomes.has('parse-error'), [...outcomes].join())
    if (config === damaged) t.true(outcomes.size > 1, [...outcomes].join())
  })

test('the configuration itself is read, before anything is done to it', (t) => {
  const answersTo = (url: string) =>
    batch().answer([JSON.stringify({ config: WHOLE, request: { url }, response: { status: 200 } })])[0]
  t.is(answersTo('/a')?.outcome, 'abort')
  t.is(answersTo('/b/x')?.url, '/c/x')
  t.is(answersTo('/z')?.outcome, 'pass')
  t.deepEqual(answersTo('/z')?.responseHeaders, { X: '<y>' })
  t.is(answersTo('/a')?.ruleCount, 3)
})

test('any value as a line is answered, as malformed or otherwise', (t) => {
  const lines = batch()
  const plain = fc.jsonValue({ maxDepth: 2 })
  const shaped = fc.record(
    {
      id: plain,
      rewriteXml: fc.oneof(fc.constant('<rewrite />'), plain),
      config: fc.oneof(fc.constant('<configuration />'), plain),
      request: fc.oneof(
        plain,
        fc.record(
          {
            method: fc.oneof(fc.constant('GET'), plain),
            url: fc.oneof(fc.constant('/'), fc.webUrl(), plain),
            headers: plain,
          },
          { requiredKeys: [] },
        ),
      ),
      serverVariables: plain,
      response: plain,
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(
      fc.oneof(
        shaped.map((each) => JSON.stringify(each)),
        fc.string({ unit: 'binary' }),
      ),
      (line) => {
        const found = lines.answer([line])
        const [answer] = found
        if (found.length !== 1 || answer === undefined) return false
        return answer.outcome === undefined ? typeof answer.error === 'string' : isAnswer(answer)
      },
    ),
    { numRuns: 1000 },
  )
  t.true(lines.malformed > 0)
})
