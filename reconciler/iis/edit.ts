import { StopgapError } from '../errors/error.ts'
import type { Made } from '../model/resource.ts'
import { attributesEnd, setAttribute } from './attribute-edit.ts'
import { type Element, parseText, type XmlDocument } from './document.ts'
import { innerIndent, isBlank, outerIndent, pastRemarks, type Splice, splice, styleAt } from './layout.ts'
import { type Markup, type RawElement, render } from './markup.ts'
import {
  chainOf,
  NEW_FILE_MADE,
  NEW_FILE_TEXT,
  pathBelow,
  pathOf,
  remember,
  type Segment,
  sectionMarkup,
} from './section.ts'

/** A changed text, and what we have made in this file by now. */
export interface Edited {
  readonly text: string
  readonly made: readonly Made[]
}

/** first: behind the collection's own leading `clear` and `remove` elements. A sibling must stand in the section. */
export type Position = 'first' | 'last' | { readonly after: Element } | { readonly before: Element }

/** A section below `scope`, which is the root or a `<location>`; what is missing on the way is made. */
export interface SectionPath {
  readonly scope: Element
  /** Empty: `scope` itself. */
  readonly sections: readonly Segment[]
}

export interface Insertion extends SectionPath {
  readonly markup: Markup | RawElement
  readonly position: Position
}

/** A web.config that does not exist yet, to be edited; its `made` lets the file go with the last of ours. */
export function newDocument(): { readonly document: XmlDocument; readonly made: readonly Made[] } {
  const document = parseText(NEW_FILE_TEXT)
  if (document.is === 'refused') throw new StopgapError('BUG', { detail: document.why })
  return { document, made: NEW_FILE_MADE }
}

/** Inserts an element, making the sections around it where they are missing. `made` is what is known of this file. */
export function insertElement(document: XmlDocument, insertion: Insertion, made: readonly Made[]): Edited {
  const { scope, sections, markup, position } = insertion
  const chain = chainOf(scope, sections)
  const parent = chain.at(-1) ?? scope
  const missing = sections.slice(chain.length)
  if (missing.length > 0) return insertSections(document, parent, missing, { markup, made })
  if ('text' in markup && !parent.selfClosing) {
    return { text: splice(document.text, [rawSplice(document, parent, markup, position)]), made }
  }
  return insertChild(document, parent, { markup, position, made })
}

/** Gives an attribute of a section a value, making the section where it is missing. */
export function setSectionAttribute(
  document: XmlDocument,
  path: SectionPath,
  [name, value]: readonly [name: string, value: string],
  made: readonly Made[],
): Edited {
  const chain = chainOf(path.scope, path.sections)
  const parent = chain.at(-1) ?? path.scope
  const missing = path.sections.slice(chain.length)
  if (missing.length === 0) return { text: setAttribute(document, parent, name, value), made }
  return insertSections(document, parent, missing, { made, attribute: [name, value] })
}

/** Writes an element anew in place of one that is there; markup equal to what stands there changes nothing. */
export function replaceElement(document: XmlDocument, element: Element, markup: Markup): string {
  const style = styleAt(document, element, element.start)
  const text = render(markup, outerIndent(document, element), style)
  return splice(document.text, [{ start: element.start, end: element.end, text }])
}

interface Inner {
  readonly markup?: Markup | RawElement
  readonly attribute?: readonly [name: string, value: string]
  readonly made: readonly Made[]
}

/** Makes missing sections and what goes into the innermost of them, as one piece of markup. */
function insertSections(
  document: XmlDocument,
  parent: Element,
  missing: readonly Segment[],
  inner: Inner,
): Edited {
  const nested = missing.reduceRight<Markup | RawElement | undefined>((child, segment, index) => {
    const section = sectionMarkup(segment, child === undefined ? [] : [child])
    const here = index === missing.length - 1 ? inner.attribute : undefined
    return here === undefined ? section : { ...section, attributes: [...section.attributes, here] }
  }, inner.markup)
  if (nested === undefined) return { text: document.text, made: inner.made }
  const edited = insertChild(document, parent, { markup: nested, position: 'last', made: inner.made })
  let at = pathOf(parent)
  let { made } = edited
  for (const segment of missing) {
    at = pathBelow(at, segment)
    made = remember(made, { at, tail: null })
  }
  return { text: edited.text, made }
}

interface Child {
  readonly markup: Markup | RawElement
  readonly position: Position
  readonly made: readonly Made[]
}

function insertChild(document: XmlDocument, parent: Element, { markup, position, made }: Child): Edited {
  if (isOneLineEmpty(document, parent)) return fill(document, parent, markup, made)
  const at = offsetOf(document, parent, position)
  const style = styleAt(document, parent, at)
  const indent = innerIndent(document, parent, at)
  const text = `${style.lineEnd}${indent}${render(markup, indent, style)}`
  return { text: splice(document.text, [{ start: at, end: at, text }]), made }
}

/** Empty over several lines is not meant: there, an insertion behind the start tag looks right and leaves no trace. */
export function isOneLineEmpty(
  document: XmlDocument,
  { openEnd, closeStart, selfClosing }: Element,
): boolean {
  if (selfClosing) return true
  return isBlank(document, openEnd, closeStart) && !document.text.slice(openEnd, closeStart).includes('\n')
}

/** Opens up a section that was empty on one line; how it looked is remembered, unless we made the section itself. */
function fill(
  document: XmlDocument,
  section: Element,
  markup: Markup | RawElement,
  made: readonly Made[],
): Edited {
  const start = attributesEnd(section)
  const style = styleAt(document, section, section.start)
  const outer = outerIndent(document, section)
  const inner = innerIndent(document, section, section.openEnd)
  const body = `${style.lineEnd}${inner}${render(markup, inner, style)}${style.lineEnd}${outer}`
  const text = splice(document.text, [{ start, end: section.end, text: `>${body}</${section.name}>` }])
  const at = pathOf(section)
  if (made.some((entry) => entry.at === at && entry.tail === null)) return { text, made }
  return { text, made: remember(made, { at, tail: document.text.slice(start, section.end) }) }
}

/** Where an insertion goes: directly behind what precedes it. */
function offsetOf(document: XmlDocument, parent: Element, position: Position): number {
  if (position === 'first') return pastRemarks(document, headEnd(parent))
  if (position === 'last') return contentEnd(document, parent)
  return pastRemarks(document, siblingEnd(parent, position))
}

/** The end of the element that an insertion follows; the start tag's when there is none. */
function siblingEnd(parent: Element, position: Position): number {
  if (position === 'first') return headEnd(parent)
  if (position === 'last') return parent.children.at(-1)?.end ?? parent.openEnd
  const sibling = 'after' in position ? position.after : position.before
  const index = parent.children.indexOf(sibling)
  if (index < 0) throw new StopgapError('BUG', { detail: `<${sibling.name}> is not in <${parent.name}>` })
  return 'after' in position ? sibling.end : (parent.children[index - 1]?.end ?? parent.openEnd)
}

/** What clears or removes inherited elements must stay first: behind it, our element would be cleared too. */
function headEnd(parent: Element): number {
  const next = parent.children.findIndex(({ name }) => name !== 'clear' && name !== 'remove')
  const head = next < 0 ? parent.children.at(-1) : parent.children[next - 1]
  return head?.end ?? parent.openEnd
}

/** Behind the last child, comment or text of an element. */
function contentEnd({ text }: XmlDocument, parent: Element): number {
  let at = parent.closeStart
  while (at > parent.openEnd && /\s/.test(text[at - 1] ?? '')) at--
  return at
}

/** What is put back goes behind the remarks that stood before it, if they are still there. */
function rawSplice(document: XmlDocument, parent: Element, raw: RawElement, position: Position): Splice {
  // What is put back may have stood before the `clear` elements, so `first` means the very first here.
  const before = position === 'first' ? parent.openEnd : siblingEnd(parent, position)
  const at = document.text.startsWith(raw.gap, before) ? before + raw.gap.length : before
  return { start: at, end: at, text: raw.text }
}
