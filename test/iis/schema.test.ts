import test from 'ava'
import fc from 'fast-check'
import { attributeText, normalise, normaliseValue, otherwise } from '../../reconciler/iis/schema/normalise.ts'
import { mergedCollections, schemaOf, sectionOf, sections } from '../../reconciler/iis/schema/schema.ts'
import type { AttributeSchema, ElementSchema } from '../../reconciler/iis/schema/types.ts'
import type { Json } from '../../reconciler/model/resource.ts'

const WEB = 'system.webServer'
const RULE = `${WEB}/rewrite/rules/rule`
const WINDOWS = `${WEB}/security/authentication/windowsAuthentication`
const POOL = 'system.applicationHost/applicationPools/add'

const canonical = test.macro<[readonly [string, string], string, Json]>({
  exec(t, [path, attribute]: readonly [string, string], text: string, value: Json) {
    t.deepEqual(normalise(path, attribute, text), { is: 'value', value })
  },
  title: (_, [path, attribute], text) => `${path.split('/').at(-1)} ${attribute}="${text}"`,
})

test(canonical, [RULE, 'enabled'], 'False', false)
test(canonical, [RULE, 'patternSyntax'], 'wildcard', 'Wildcard')
test(canonical, [`${RULE}/conditions/add`, 'matchType'], 'isFile', 'IsFile')
test(canonical, [`${RULE}/action`, 'statusCode'], '403', 403)
test(canonical, [`${WEB}/security/access`, 'sslFlags'], 'SSL128, ssl', ['Ssl', 'Ssl128'])
test(canonical, [`${WEB}/security/access`, 'sslFlags'], 'None,Ssl', ['Ssl'])
test(canonical, [`${WEB}/security/access`, 'sslFlags'], '', ['None'])
test(canonical, [`${WINDOWS}/extendedProtection`, 'tokenChecking'], 'require', 'Require')
test(canonical, [`${WINDOWS}/extendedProtection`, 'flags'], 'noservicenamecheck,Proxy', [
  'Proxy',
  'NoServiceNameCheck',
])
test(canonical, [`${POOL}/recycling/periodicRestart`, 'time'], '29:00:00', '1.05:00:00')
test(canonical, [`${POOL}/recycling/periodicRestart`, 'time'], '1.05:00:00', '1.05:00:00')
test(canonical, [`${POOL}/processModel`, 'idleTimeout'], '0:0:0', '00:00:00')
test(canonical, [`${WEB}/asp`, 'whatever'], 'TRUE', 'TRUE')

const refused = test.macro<[readonly [string, string], string]>({
  exec(t, [path, attribute]: readonly [string, string], text: string) {
    t.is(normalise(path, attribute, text).is, 'fault')
  },
  title: (_, [path, attribute], text) => `refused: ${path.split('/').at(-1)} ${attribute}="${text}"`,
})

test(refused, [RULE, 'enabled'], 'yes')
test(refused, [RULE, 'enabled'], '1')
test(refused, [RULE, 'name'], '')
test(refused, [RULE, 'patternSyntax'], 'Regular Expressions')
test(canonical, [`${RULE}/action`, 'url'], 'a b', 'a b')
test(refused, [`${RULE}/action`, 'url'], '/a ')
test(refused, [`${RULE}/action`, 'url'], ' /a')
test(refused, [`${RULE}/serverVariables/set`, 'name'], 'HTTP_A ')
test(refused, [`${RULE}/action`, 'statusCode'], '302')
test(refused, [`${RULE}/action`, 'subStatusCode'], '1000')
test(refused, [`${RULE}/action`, 'statusCode'], '-1')
test(refused, [`${RULE}/action`, 'statusCode'], '4e2')
test(refused, [`${WEB}/security/access`, 'sslFlags'], 'Ssl, Tls')
test(refused, [POOL, 'queueLength'], '5')
test(refused, [`${POOL}/processModel`, 'idleTimeout'], '20')
test(refused, [`${WEB}/rewrite/globalRules/rule/conditions/add`, 'matchType'], 'IsFile')

test('values of a specification are canonical like texts', (t) => {
  const access = `${WEB}/security/access`
  t.deepEqual(normaliseValue(access, 'sslFlags', ['ssl128', 'Ssl']), {
    is: 'value',
    value: ['Ssl', 'Ssl128'],
  })
  t.deepEqual(normaliseValue(RULE, 'enabled', true), { is: 'value', value: true })
  t.is(normaliseValue(access, 'sslFlags', [1]).is, 'fault')
  t.is(normaliseValue(access, 'sslFlags', { a: 'b' }).is, 'fault')
})

test('defaults, and what differs between look-alikes', (t) => {
  t.is(otherwise(RULE, 'stopProcessing'), false)
  t.is(otherwise(`${RULE}/conditions`, 'trackAllCaptures'), false)
  t.is(otherwise(`${WEB}/rewrite/outboundRules/rule/conditions`, 'trackAllCaptures'), true)
  t.is(otherwise(`${WEB}/rewrite/globalRules/rule/action`, 'logRewrittenUrl'), null)
  t.is(otherwise(`${RULE}/action`, 'logRewrittenUrl'), false)
  t.is(otherwise(`${WEB}/asp`, 'x'), null)
})

test('paths lead to sections and what lies in them', (t) => {
  t.is(sectionOf(`${WINDOWS}/extendedProtection/spn`), WINDOWS)
  t.is(sectionOf('system.web/pages'), undefined)
  t.deepEqual(schemaOf(`${WINDOWS}/extendedProtection`)?.collection?.add, ['spn'])
  t.is(schemaOf(`${RULE}/toString`), undefined)
  t.true(mergedCollections.includes(`${WEB}/rewrite/outboundRules/preConditions`))
  t.false(mergedCollections.some((path) => path.includes('/rule/')))
})

interface Known {
  readonly path: string
  readonly name: string
  readonly attribute: AttributeSchema
}

function attributesIn(path: string, schema: ElementSchema): readonly Known[] {
  const own = Object.entries(schema.attributes).map(([name, attribute]) => ({ path, name, attribute }))
  const children = Object.entries(schema.children).flatMap(([name, child]) =>
    attributesIn(`${path}/${name}`, child),
  )
  const { collection } = schema
  const entries = collection?.add.flatMap((name) => attributesIn(`${path}/${name}`, collection.entry)) ?? []
  return [...own, ...children, ...entries]
}

const ALL = Object.entries(sections).flatMap(([path, schema]) => attributesIn(path, schema))

test('every default is canonical', (t) => {
  t.true(ALL.length > 150)
  for (const { path, name, attribute } of ALL) {
    const value = attribute.otherwise
    if (value === null || attribute.required) continue
    // What is empty by default may yet have to say something where it is written.
    const is = attribute.nonEmpty && value === '' ? 'fault' : 'value'
    t.like(normaliseValue(path, name, value), is === 'fault' ? { is } : { is, value }, `${path} ${name}`)
  }
})

test('canonical again is the same, whatever the text', (t) => {
  const texts = ALL.flatMap(({ attribute }) => attribute.values ?? []).concat(
    'true',
    'FALSE',
    '7',
    '00:01:00',
    '2.50:1:1',
  )
  const known = fc.constantFrom(...ALL)
  const text = fc.oneof(
    fc.constantFrom(...texts),
    fc.array(fc.constantFrom(...texts), { maxLength: 4 }).map((all) => all.join(' ,')),
    fc.string(),
  )
  fc.assert(
    fc.property(known, text, ({ path, name }, written) => {
      const once = normalise(path, name, written)
      if (once.is === 'fault') return
      t.deepEqual(normalise(path, name, attributeText(once.value)), once)
    }),
    { numRuns: 500 },
  )
  t.pass()
})
