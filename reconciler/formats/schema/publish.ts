import type { JsonSchema } from '../../model/resource.ts'
import { blockSchema } from './block.ts'
import { mitigationSchema } from './mitigation.ts'
import { organizationSchema } from './organization.ts'
import { policySchema } from './policy.ts'
import { serverSchema } from './server.ts'

/** What an object of the policy repository can be. */
export const OBJECT_KINDS = ['Mitigation', 'Policy', 'Block', 'Server', 'Organization'] as const
export type ObjectKind = (typeof OBJECT_KINDS)[number]

/** Schemas that objects are checked with; entries of `spec.resources` are checked apart, each by its own kind's schema. */
export const objectSchemas: { readonly [kind in ObjectKind]: JsonSchema } = {
  Mitigation: mitigationSchema(),
  Policy: policySchema,
  Block: blockSchema,
  Server: serverSchema,
  Organization: organizationSchema,
}

/** A kind of resource, as far as its schema goes. */
interface Named {
  readonly name: string
  readonly schema: JsonSchema
}

/** The schemas that editors use, by file name; complete, with what each kind of resource may hold. */
export function publishedSchemas(kinds: readonly Named[]): { readonly [file: string]: JsonSchema } {
  const schemas = { ...objectSchemas, Mitigation: mitigationSchema(anyResource(kinds)) }
  const files = OBJECT_KINDS.map((kind) => [fileOf(kind), schemas[kind]] as const)
  return { ...Object.fromEntries(files), 'stopgap.schema.json': anyObject() }
}

function fileOf(kind: ObjectKind): string {
  return `${kind.toLowerCase()}.schema.json`
}

function anyObject(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Stopgap',
    description: 'Any object of a policy repository.',
    type: 'object',
    required: ['apiVersion', 'kind', 'spec'],
    oneOf: OBJECT_KINDS.map((kind) => ({ $ref: fileOf(kind) })),
  }
}

function anyResource(kinds: readonly Named[]): JsonSchema {
  const byName = kinds.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return {
    description: 'One resource; what it may hold depends on its kind.',
    type: 'object',
    required: ['kind'],
    oneOf: byName.map(({ schema }) => withoutDialect(schema)),
  }
}

// A dialect may be named at the root of a document only.
function withoutDialect({ $schema: _, ...schema }: JsonSchema): JsonSchema {
  return schema
}
