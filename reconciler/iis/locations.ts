import { attribute, childrenNamed, type Element } from './document.ts'
import { sitePath } from './paths.ts'

type Index = ReadonlyMap<string, readonly Element[]>

// Keyed by the root element, so it lives exactly as long as the document.
const indexes = new WeakMap<Element, Index>()

/** Path of a `location` element, relative to the file's own level; `.` and no path mean that level: the empty text. */
export function locationPath(location: Element): string {
  return sitePath(attribute(location, 'path') ?? '')
}

/** The `location` elements of a file by their path in lower case, each list in order of the file. */
export function locations(root: Element): Index {
  const before = indexes.get(root)
  if (before !== undefined) return before
  const index = Map.groupBy(childrenNamed(root, 'location'), (each) => locationPath(each).toLowerCase())
  indexes.set(root, index)
  return index
}

/** The `location` elements for one path relative to the file's own level, compared without case. */
export function locationsAt(root: Element, path: string): readonly Element[] {
  return locations(root).get(path.toLowerCase()) ?? []
}
