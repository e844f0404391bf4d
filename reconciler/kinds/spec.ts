import type { Json, SpecFault } from '../model/resource.ts'

/** A specification as its kind's schema describes it. Only for what has passed that schema. */
export function specOf<T>(spec: Json): T {
  // The one place where the schema's word is taken for the type: nothing gets here unchecked.
  return spec as T
}

/** A value or a list of them, as a list. */
export function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T]
}

/** Seconds of a duration such as `120s` or `2m`; the default when nothing is given. */
export function secondsOf(duration: string | undefined, otherwise = 120): number {
  if (duration === undefined) return otherwise
  return Number.parseInt(duration, 10) * (duration.endsWith('m') ? 60 : 1)
}

/** Drops what is undefined, so that absent and undefined are one thing (and stay JSON). */
export function defined<T>(entries: { readonly [key: string]: T | undefined }): {
  readonly [key: string]: T
} {
  const kept: { [key: string]: T } = {}
  for (const [key, value] of Object.entries(entries)) if (value !== undefined) kept[key] = value
  return kept
}

/** A fault at a JSON pointer into the resource. */
export function fault(pointer: string, message: string): SpecFault {
  return { pointer, message }
}
