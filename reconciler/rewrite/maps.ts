import type { RewriteMap } from './rule-set.ts'

/** A rewrite map that can be asked. */
export interface MapIndex {
  readonly name: string
  /** The value of a key, or the default value of the map. */
  lookup(key: string): string
}

/** By name in lower case. */
export type Maps = ReadonlyMap<string, MapIndex>

/** The rewrite maps in effect, to be found by their name without case. */
export function indexMaps(maps: readonly RewriteMap[]): Maps {
  return new Map(maps.map((map) => [map.name.toLowerCase(), indexed(map)]))
}

function indexed({ name, defaultValue, ignoreCase, entries }: RewriteMap): MapIndex {
  const folded = (key: string): string => (ignoreCase ? key.toLowerCase() : key)
  const values = new Map<string, string>()
  // Keys may differ by case alone in the configuration: then the first one is meant.
  for (const [key, value] of entries) if (!values.has(folded(key))) values.set(folded(key), value)
  return { name, lookup: (key) => values.get(folded(key)) ?? defaultValue }
}
