import type { JsonSchema } from '../../reconciler/model/resource.ts'

const text: JsonSchema = { type: 'object', required: ['text'], properties: { text: { type: 'string' } } }
const one: JsonSchema = { type: 'integer', minimum: 1 }
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items })
const object = (required: readonly string[], properties: JsonSchema): JsonSchema => ({
  type: 'object',
  required,
  properties,
  additionalProperties: false,
})

/** What the OASIS schema of SARIF 2.1.0 demands of the parts that are written here; nothing else may stand there. */
export const SARIF_SUBSET: JsonSchema = object(['version', 'runs'], {
  $schema: { type: 'string', pattern: '^https://' },
  version: { const: '2.1.0' },
  runs: list(
    object(['tool'], {
      tool: object(['driver'], {
        driver: object(['name'], {
          name: { type: 'string' },
          version: { type: 'string' },
          rules: {
            ...list(object(['id'], { id: { type: 'string' }, shortDescription: text })),
            uniqueItems: true,
          },
        }),
      }),
      columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
      results: list(
        object(['message'], {
          ruleId: { type: 'string' },
          ruleIndex: { type: 'integer', minimum: 0 },
          level: { enum: ['none', 'note', 'warning', 'error'] },
          message: text,
          locations: list(
            object([], {
              physicalLocation: object([], {
                artifactLocation: object([], {
                  uri: { type: 'string', pattern: '^[A-Za-z0-9._~!$&()*+,;=:@%/-]+$' },
                  uriBaseId: { type: 'string' },
                }),
                region: object([], { startLine: one, startColumn: one }),
              }),
            }),
          ),
        }),
      ),
    }),
  ),
})
