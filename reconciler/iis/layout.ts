import type { Element, XmlDocument } from './document.ts'
import type { LineStyle } from './markup.ts'

/** Replaces the text from `start` to `end`. */
export interface Splice {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** The native writer of IIS indents by four blanks and ends lines as Windows does. */
const USUAL_UNIT = '    '
const USUAL_LINE_END = '\r\n'
const BLANK = /^[ \t\r\n]*$/

/** A text with splices applied; they must not overlap. */
export function splice(text: string, splices: readonly Splice[]): string {
  const parts: string[] = []
  let at = 0
  for (const { start, end, text: replacement } of [...splices].sort((a, b) => a.start - b.start)) {
    parts.push(text.slice(at, start), replacement)
    at = end
  }
  parts.push(text.slice(at))
  return parts.join('')
}

/** The line end before an offset, else the first one after it: files mix them, so that each place has its own. */
function lineEndAt(text: string, offset: number): string {
  const before = offset === 0 ? -1 : text.lastIndexOf('\n', offset - 1)
  const found = before >= 0 ? before : text.indexOf('\n', offset)
  if (found < 0) return USUAL_LINE_END
  return text[found - 1] === '\r' ? '\r\n' : '\n'
}

/** Where the blanks and tabs before an offset start. */
function indentStart(text: string, offset: number): number {
  let at = offset
  while (at > 0 && (text[at - 1] === ' ' || text[at - 1] === '\t')) at--
  return at
}

/** The indentation of an element that stands first on its line; null for one that does not. */
function indentOf(document: XmlDocument, element: Element): string | null {
  const start = indentStart(document.text, element.start)
  return start === 0 || document.text[start - 1] === '\n' ? document.text.slice(start, element.start) : null
}

/** Start of the line end and indentation before an element: what an insertion puts there and a removal takes. */
export function leadStart(document: XmlDocument, element: Element): number {
  const { text } = document
  const start = indentStart(text, element.start)
  if (text[start - 1] !== '\n') return element.start
  return text[start - 2] === '\r' ? start - 2 : start - 1
}

/** What one level adds, read off the nearest pair of parent and child that stand on lines of their own. */
function unitAt(document: XmlDocument, element: Element): string {
  for (let parent: Element | null = element; parent !== null; parent = parent.parent) {
    const outer = indentOf(document, parent)
    const first = parent.children.find((child) => indentOf(document, child) !== null)
    if (outer === null || first === undefined) continue
    const inner = indentOf(document, first) ?? ''
    if (inner.length > outer.length && inner.startsWith(outer)) return inner.slice(outer.length)
  }
  const root = document.root.children.find((child) => indentOf(document, child) !== null)
  return (root === undefined ? '' : indentOf(document, root)) || USUAL_UNIT
}

function depthOf(element: Element): number {
  let depth = 0
  for (let above = element.parent; above !== null; above = above.parent) depth++
  return depth
}

/** How lines are made inside an element, at an offset. */
export function styleAt(document: XmlDocument, parent: Element, offset: number): LineStyle {
  return { lineEnd: lineEndAt(document.text, offset), unit: unitAt(document, parent) }
}

/** The indentation of an element's own line, worked out from its depth when it shares a line. */
export function outerIndent(document: XmlDocument, element: Element): string {
  return indentOf(document, element) ?? unitAt(document, element).repeat(depthOf(element))
}

/** The indentation for a new child: that of the sibling before (or after) the place, else one level more than the parent. */
export function innerIndent(document: XmlDocument, parent: Element, offset: number): string {
  const before = parent.children.filter(({ end }) => end <= offset).reverse()
  for (const sibling of [...before, ...parent.children]) {
    const indent = indentOf(document, sibling)
    if (indent !== null) return indent
  }
  return outerIndent(document, parent) + unitAt(document, parent)
}

/** True when the text between two offsets is white space or nothing. */
export function isBlank(document: XmlDocument, start: number, end: number): boolean {
  return BLANK.test(document.text.slice(start, end))
}

/** Past comments that start on the same line: they speak of what stands before them. */
export function pastRemarks(document: XmlDocument, offset: number): number {
  const remark = /[ \t]*<!--.*?-->/sy
  let at = offset
  do {
    remark.lastIndex = at
    at = remark.test(document.text) ? remark.lastIndex : at
  } while (remark.lastIndex !== 0)
  return at
}
