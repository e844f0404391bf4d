import { pointer } from '../../formats/positions.ts'
import { isObject } from '../../model/object.ts'
import type { Json, SpecFault } from '../../model/resource.ts'
import { isList } from './document.ts'

/** No resource needs more, and checks that compare items pairwise stay cheap, whatever a kind's schema asks for. */
const MAX_ITEMS = 1000

/** Lists of one resource entry that are longer than any can sensibly be. */
export function checkLists(entry: Json, path: readonly (string | number)[] = []): readonly SpecFault[] {
  if (isList(entry)) {
    if (entry.length > MAX_ITEMS) {
      const message = `has ${entry.length} items; a list of a resource may have ${MAX_ITEMS}.`
      return [{ pointer: pointer(...path), message }]
    }
    return entry.flatMap((item, index) => checkLists(item, [...path, index]))
  }
  if (!isObject(entry)) return []
  return Object.entries(entry).flatMap(([key, value]) => checkLists(value, [...path, key]))
}
