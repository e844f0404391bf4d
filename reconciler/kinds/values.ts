import { equalJson } from '../model/equal.ts'
import type { Before, Fields, Json } from '../model/resource.ts'
import { specOf } from './spec.ts'

/** Names of the fields of `set` that still have the value we set: only these may go back. */
export function stillOurs(now: Fields, set: Fields): readonly string[] {
  return Object.keys(set).filter((field) => equalJson(now[field], set[field]))
}

/**
 * What the fields of `names` go back to. `unowned`: nobody knows what was there and the specification does not
 * say what to use instead. A field that neither names stays as it is.
 */
export function goBack(
  names: readonly string[],
  before: Before | null,
  otherwise: Fields | undefined,
): Fields | 'unowned' {
  const from = before === null ? otherwise : (before.fields ?? {})
  if (from === undefined) return names.length === 0 ? {} : 'unowned'
  const back: { [field: string]: Json } = {}
  for (const name of names) {
    const value = from[name]
    if (value !== undefined) back[name] = value
  }
  return back
}

/** The fields of `wanted` that `now` does not have so. */
export function differing(now: Fields, wanted: Fields): Fields {
  return Object.fromEntries(Object.entries(wanted).filter(([field, value]) => !equalJson(now[field], value)))
}

/** Specifications of one resource as one: each field as the first says that names it. */
export function joined(specs: readonly Json[]): Json {
  const all = specs.map((spec) => specOf<Fields>(spec))
  const otherwise = all.map((spec) => (spec['otherwise'] ?? {}) as Fields)
  const one: Fields = Object.assign({}, ...all.toReversed())
  const back: Fields = Object.assign({}, ...otherwise.toReversed())
  // One that insists is heard, whoever else would skip it.
  const missing: Fields = all.some((spec) => spec['ifMissing'] === 'fail') ? { ifMissing: 'fail' } : {}
  return { ...one, ...missing, ...(Object.keys(back).length > 0 ? { otherwise: back } : {}) }
}

/** Only the named fields. */
export function pick(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([field]) => names.includes(field)))
}
