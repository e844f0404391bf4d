import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import test from 'ava'
import { schemaFaults } from '../../reconciler/formats/schema.ts'
import type { JsonSchema } from '../../reconciler/model/resource.ts'
import { SCHEMA_DIR, schemaTexts } from '../helpers/publish-schemas.ts'

const published = (file: string): JsonSchema => JSON.parse(readFileSync(join(SCHEMA_DIR, file), 'utf8'))

for (const [file, text] of schemaTexts())
  test(`${file} is as the code has it (else: node test/helpers/publish-schemas.ts, npm run fix)`, (t) => {
    t.deepEqual(published(file), JSON.parse(text))
  })

function* properties(schema: unknown, path = ''): Generator<readonly [string, JsonSchema]> {
  if (typeof schema !== 'object' || schema === null) return
  const named = (schema as JsonSchema)['properties']
  for (const [key, inner] of Object.entries(schema)) {
    if (inner === named)
      for (const [name, one] of Object.entries(named as JsonSchema))
        yield [`${path}/${name}`, one as JsonSchema]
    // What stands below `if` only looks; it describes nothing.
    if (key !== 'if') yield* properties(inner, `${path}/${key}`)
  }
}

test('every property has a description', (t) => {
  const all = [...schemaTexts().values()].flatMap((text) => [...properties(JSON.parse(text))])
  t.true(all.length > 100)
  t.deepEqual(
    all.filter(([, schema]) => typeof schema['description'] !== 'string').map(([path]) => path),
    [],
  )
})

test('an editor that knows draft 2020-12 can use them together', (t) => {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false })
  for (const file of schemaTexts().keys())
    if (file !== 'stopgap.schema.json') ajv.addSchema(published(file), file)
  const validate = ajv.compile(published('stopgap.schema.json'))
  const object = (kind: string, spec: unknown): unknown => ({
    apiVersion: 'stopgap/v1',
    kind,
    metadata: { name: 'x' },
    spec,
  })
  t.true(validate(object('Server', { mode: 'audit' })))
  t.false(validate(object('Server', { mode: 'off' })))
  t.true(validate(object('Policy', { mitigations: ['*'] })))
  t.true(
    validate(
      object('Mitigation', { title: 't', severity: 'low', permanent: 'p', resources: [{ kind: 'ping' }] }),
    ),
  )
  t.false(
    validate(
      object('Mitigation', { title: 't', severity: 'low', permanent: 'p', resources: [{ kind: 'pong' }] }),
    ),
  )
  t.false(validate(object('Servant', {})))
})

const says = test.macro((t, schema: JsonSchema, value: unknown, expected: readonly string[]) => {
  t.deepEqual(
    schemaFaults(schema, value).map(({ pointer, message }) => `${pointer} ${message}`),
    expected,
  )
})
const oneOf: JsonSchema = {
  description: 'A number or a list.',
  oneOf: [
    { type: 'integer', minimum: 3 },
    { type: 'array', minItems: 1, items: { type: 'string' } },
  ],
}
test('of a choice the branch that was meant speaks', says, oneOf, 2, [' must be >= 3.'])
test(
  'of a choice the other branch',
  says,
  oneOf,
  ['a', 1],
  ['/1 must be text, but YAML reads 1 as a number. Put it in quotes.'],
)
test('of a choice that nothing fits', says, oneOf, 'x', [
  " 'x' has none of the forms that are allowed here: A number or a list.",
])
test('an empty value', says, { type: 'object', properties: { a: { type: 'string' } } }, { a: null }, [
  '/a must be text, and is empty.',
])
test(
  'a tag chooses among mappings',
  says,
  {
    oneOf: [
      { type: 'object', required: ['b'], properties: { kind: { const: 'x' } } },
      { type: 'object', required: ['c'], properties: { kind: { const: 'y' } } },
    ],
  },
  { kind: 'y' },
  [" 'c' is missing."],
)
