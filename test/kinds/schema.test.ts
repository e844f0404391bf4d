import { readFileSync } from 'node:fs'
import test from 'ava'
import { schemaFaults } from '../../reconciler/formats/schema.ts'
import { examplesByKind } from '../../reconciler/kinds/examples.ts'
import { kinds } from '../../reconciler/kinds/registry.ts'
import type { JsonSchema } from '../../reconciler/model/resource.ts'

/** Every schema inside a schema that stands for a property, an item or a choice, with its path. */
function* inside(schema: JsonSchema, path: string): Generator<[string, JsonSchema]> {
  yield [path, schema]
  for (const [name, child] of Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>)) {
    yield* inside(child, `${path}/${name}`)
  }
  for (const keyword of ['items', 'additionalProperties']) {
    const child = schema[keyword]
    if (child !== null && typeof child === 'object') yield* inside(child as JsonSchema, `${path}/${keyword}`)
  }
  for (const [index, child] of ((schema['oneOf'] ?? []) as JsonSchema[]).entries()) {
    yield* inside(child, `${path}/${index}`)
  }
}

for (const kind of kinds) {
  test(`${kind.name}: every property is described and no object takes unknown ones`, (t) => {
    for (const [path, schema] of inside(kind.schema, kind.name)) {
      t.regex(String(schema['description'] ?? ''), /^[A-Z].{5,}\.$/, path)
      if (schema['type'] === 'object') t.not(schema['additionalProperties'], undefined, path)
    }
  })

  test(`${kind.name}: its examples pass its schema, and a stranger among the properties does not`, (t) => {
    for (const { entry, name } of examplesByKind[kind.name] ?? []) {
      t.deepEqual(schemaFaults(kind.schema, entry), [], name)
      t.not(schemaFaults(kind.schema, { ...(entry as object), stranger: 1 }).length, 0, name)
    }
  })

  test(`${kind.name}: its page names every property`, (t) => {
    const page = readFileSync(
      new URL(`../../reconciler/kinds/${kind.name}/README.md`, import.meta.url),
      'utf8',
    )
    for (const name of Object.keys(kind.schema['properties'] as object)) {
      t.true(page.includes(name), `${kind.name}/README.md does not speak of ${name}`)
    }
  })
}

test('no two kinds have one name', (t) => {
  t.is(new Set(kinds.map(({ name }) => name)).size, 8)
})
