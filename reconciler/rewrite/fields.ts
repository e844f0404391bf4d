import type { Fields, Json } from '../model/resource.ts'

// Fields come from the schema of IIS and are complete; a value of another type is taken for one that says nothing.

/** A text among fields. */
export function textIn(fields: Fields, name: string): string {
  const value = fields[name]
  return typeof value === 'string' ? value : ''
}

/** A number among fields; 0 where there is none. */
export function numberIn(fields: Fields, name: string): number {
  const value = fields[name]
  return typeof value === 'number' ? value : 0
}

/** A yes or no among fields. */
export function flagIn(fields: Fields, name: string): boolean {
  return fields[name] === true
}

/** An element inside of another. */
export function fieldsIn(fields: Fields, name: string): Fields {
  const value = fields[name]
  return isFields(value) ? value : {}
}

/** A list of elements. */
export function listIn(fields: Fields, name: string): readonly Fields[] {
  const value = fields[name]
  return Array.isArray(value) ? (value as readonly Json[]).filter(isFields) : []
}

function isFields(value: Json | undefined): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
