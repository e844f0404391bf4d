import { StopgapError } from '../errors/error.ts'
import type { Made } from '../model/resource.ts'
import { attributesEnd, removeAttribute } from './attribute-edit.ts'
import { copied } from './copied.ts'
import type { Element, XmlDocument } from './document.ts'
import { isBlank, leadStart, type Splice, splice } from './layout.ts'
import type { RawElement } from './markup.ts'
import { isBare, isOurFile, pathOf } from './section.ts'

/** A changed text and what is still of our making; `text: null`: the file was ours alone and goes. */
export interface Removed {
  readonly text: string | null
  readonly made: readonly Made[]
}

/**
 * Removes an element with the line end and indentation before it, and then every section around it that we made and
 * that holds nothing else. Climbing stops at the first that holds anything else.
 */
export function removeElement(document: XmlDocument, element: Element, made: readonly Made[]): Removed {
  if (element.parent === null) throw new StopgapError('BUG', { detail: 'the root cannot be removed' })
  let cut: Splice = cutOf(document, element)
  let left = made
  for (let section: Element | null = element.parent; section !== null; section = section.parent) {
    const at = pathOf(section)
    const entry = left.find((candidate) => candidate.at === at)
    if (entry === undefined || !isEmptyWithout(document, section, cut)) break
    if (entry.tail === null && !isBare(section)) break
    if (entry.tail === null && section.parent === null && !isOurFile(document)) break
    left = left.filter((candidate) => candidate !== entry)
    if (entry.tail !== null)
      return { text: splice(document.text, [closed(section, entry.tail) ?? cut]), made: left }
    if (section.parent === null) return { text: null, made: left }
    cut = cutOf(document, section)
  }
  return { text: splice(document.text, [cut]), made: left }
}

/** Takes an attribute from a section; a section that we made goes too when that was all it held. */
export function removeSectionAttribute(
  document: XmlDocument,
  section: Element,
  name: string,
  made: readonly Made[],
): Removed {
  const at = pathOf(section)
  const entry = made.find((candidate) => candidate.at === at && candidate.tail === null)
  const bare = section.attributes.every((attribute) => attribute.name === name) || isBare(section)
  const blank = isBlank(document, section.openEnd, section.closeStart)
  if (entry === undefined || !bare || !blank || section.parent === null) {
    return { text: removeAttribute(document, section, name), made }
  }
  return removeElement(
    document,
    section,
    made.filter((candidate) => candidate !== entry),
  )
}

/** An element as it stands, to be remembered before it is removed; `insertElement` puts it back byte for byte. */
export function rawElement(document: XmlDocument, element: Element): RawElement {
  const { start, end } = cutOf(document, element)
  const siblings = element.parent?.children ?? []
  const before = siblings[siblings.indexOf(element) - 1]?.end ?? element.parent?.openEnd ?? 0
  return { text: copied(document.text.slice(start, end)), gap: copied(document.text.slice(before, start)) }
}

/** The exact inverse of an insertion: the line end before it, the indentation and the markup. */
function cutOf(document: XmlDocument, element: Element): Splice {
  return { start: leadStart(document, element), end: element.end, text: '' }
}

function isEmptyWithout(document: XmlDocument, section: Element, cut: Splice): boolean {
  return isBlank(document, section.openEnd, cut.start) && isBlank(document, cut.end, section.closeStart)
}

/** The section as it was when it was empty; attributes that it got since stay. The tail comes out of a record, so only what can be one is written. */
function closed(section: Element, tail: string): Splice | null {
  const inner = /^[ \t\r\n]*>[ \t\r]*<\/([^<>\s]+)[ \t\r\n]*>$/.exec(tail)
  const sound = inner === null ? /^[ \t\r\n]*\/>$/.test(tail) : inner[1] === section.name
  return sound ? { start: attributesEnd(section), end: section.end, text: tail } : null
}
