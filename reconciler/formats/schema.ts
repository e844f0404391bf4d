import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { JsonSchema } from '../model/resource.ts'
import { inWords, type SchemaFault, type Violation } from './words.ts'

/** More would not be read, and turning them into words costs time that hostile input should not get. */
const MAX_VIOLATIONS = 100

const OPTIONS = {
  allErrors: true,
  verbose: true,
  strict: true,
  strictRequired: false,
  // Keywords under `if` and `then` rely on the type said above them; strict types would want it said again.
  strictTypes: false,
  // Both take longer than all checking of a usual repository. That the schemas are sound is for a test to say.
  validateSchema: false,
  code: { optimize: false },
} as const

let ajv: Ajv2020 | undefined
const compiled = new WeakMap<JsonSchema, ValidateFunction>()

/**
 * All that is wrong with a value by a schema (draft 2020-12), in words; empty when nothing is.
 * A schema is compiled when it is first used and kept for as long as the schema object lives.
 * Throws when the schema itself is wrong, which is a bug of ours: schemas never come from input.
 */
export function schemaFaults(schema: JsonSchema, value: unknown): readonly SchemaFault[] {
  const check = validator(schema)
  if (check(value)) return []
  const violations = (check.errors ?? []) as readonly Violation[]
  const faults = inWords(violations.slice(0, MAX_VIOLATIONS))
  if (violations.length <= MAX_VIOLATIONS) return faults
  return [...faults, { pointer: '', on: 'value', message: 'has further faults, which are not listed.' }]
}

function validator(schema: JsonSchema): ValidateFunction {
  const known = compiled.get(schema)
  if (known !== undefined) return known
  ajv ??= new Ajv2020(OPTIONS)
  const check = ajv.compile(schema)
  compiled.set(schema, check)
  return check
}
