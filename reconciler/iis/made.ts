import type { Made } from '../model/resource.ts'
import type { Element, XmlDocument } from './document.ts'
import { isOneLineEmpty } from './edit.ts'
import { pathOf } from './section.ts'

/**
 * Of what a record says we made in a file, that which can still be there: the section stands, and one that was empty
 * on one line is so no more. A process that was killed between the record and the file leaves such entries behind.
 */
export function madeIn(document: XmlDocument, made: readonly Made[]): readonly Made[] {
  const sections = new Map<string, Element[]>()
  collect(document.root, new Set(made.map(({ at }) => at)), sections)
  return made.filter(({ at, tail }) => {
    const standing = sections.get(at) ?? []
    return standing.some((section) => tail === null || !isOneLineEmpty(document, section))
  })
}

/** `made` with what another account of the same file has besides. */
export function madeInEither(made: readonly Made[], other: readonly Made[]): readonly Made[] {
  return [...made, ...other.filter(({ at }) => !made.some((entry) => entry.at === at))]
}

function collect(element: Element, wanted: ReadonlySet<string>, into: Map<string, Element[]>): void {
  const path = pathOf(element)
  if (wanted.has(path)) into.set(path, [...(into.get(path) ?? []), element])
  // Only what a wanted path runs through: applicationHost.config has thousands of other elements.
  if (![...wanted].some((one) => one.startsWith(`${path}/`))) return
  for (const child of element.children) collect(child, wanted, into)
}
