import { parseDuration } from '../formats/duration.ts'
import type { Json, SpecFault } from '../model/resource.ts'

/** A specification as its kind's schema describes it. Only for what has passed that schema. */
export function specOf<T>(spec: Json): T {
  // The one place where the schema's word is taken for the type: nothing gets here unchecked.
  return spec as T
}

/** A value or a list of them, as a list. */
export function listOf<T>(value: T | readonly T[]): readonly T[] {
  // `Array.isArray` does not narrow a readonly list.
  return Array.isArray(value) ? (value as readonly T[]) : [value as T]
}

/** Seconds of a `timeout` that has passed its schema, such as `120s` or `2m`; 120 when nothing is given. */
export function secondsOf(timeout = '120s'): number {
  return (parseDuration(timeout) as number) / 1000
}

/** Drops what is undefined, so that absent and undefined are one thing (and stay JSON). */
export function defined<T>(entries: { readonly [key: string]: T | undefined }): {
  readonly [key: string]: T
} {
  const kept: { [key: string]: T } = {}
  for (const [key, value] of Object.entries(entries)) if (value !== undefined) kept[key] = value
  return kept
}

// Control characters, halves of surrogate pairs and non-characters: XML 1.0 has no way to write them, escaped or not,
// so IIS would refuse the whole file.
const NOT_IN_XML = /[^\P{Cc}\t\n\r]|[\p{Cs}\ufffe\uffff]/u

/** Texts that cannot stand in a configuration file, with a pointer to each. */
export function characterFaults(json: Json, pointer = ''): readonly SpecFault[] {
  if (typeof json === 'string') {
    return NOT_IN_XML.test(json)
      ? [fault(pointer, 'This text holds a character that XML does not allow.')]
      : []
  }
  if (json === null || typeof json !== 'object') return []
  return Object.entries(json).flatMap(([name, inner]) =>
    characterFaults(inner as Json, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  )
}

/** A fault at a JSON pointer into the resource. */
export function fault(pointer: string, message: string): SpecFault {
  return { pointer, message }
}
