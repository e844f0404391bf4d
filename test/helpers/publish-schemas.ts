import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { publishedSchemas } from '../../reconciler/formats/schema/publish.ts'
import { kinds } from '../../reconciler/kinds/registry.ts'

/** Where the published schemas lie. */
export const SCHEMA_DIR = join(import.meta.dirname, '../../reconciler/formats/schema')

/** The text of each published schema, by file name. */
export function schemaTexts(): ReadonlyMap<string, string> {
  const schemas = Object.entries(publishedSchemas(kinds))
  return new Map(schemas.map(([file, schema]) => [file, `${JSON.stringify(schema, null, 2)}\n`]))
}

// `node test/helpers/publish-schemas.ts` writes them anew; a test says when that is due.
if (import.meta.main) for (const [file, text] of schemaTexts()) writeFileSync(join(SCHEMA_DIR, file), text)
