import { type Attribute, readStartTag, resolveReferences } from './attribute.ts'
import { decode, type Encoding, encode, UTF8 } from './encoding.ts'
import { type Fault, forbidden, nextToken, type Token } from './tokens.ts'

/** An element and where it stands. All offsets count UTF-16 units in the document's text. */
export interface Element {
  /** As written, with its prefix. */
  readonly name: string
  readonly attributes: readonly Attribute[]
  readonly children: readonly Element[]
  /** Null for the root. */
  readonly parent: Element | null
  readonly start: number
  /** End of the start tag. */
  readonly openEnd: number
  /** Start of the end tag; for a self-closed element all three of openEnd, closeStart and end are equal. */
  readonly closeStart: number
  readonly end: number
  readonly selfClosing: boolean
}

/** A text and its elements; nothing is lost, for the text itself is kept and edits are splices of it. */
export interface XmlDocument {
  readonly is: 'document'
  /** Without the byte order mark. */
  readonly text: string
  readonly encoding: Encoding
  readonly root: Element
}

/** Why a file is not read. Line and column count from 1. */
export interface Refused {
  readonly is: 'refused'
  readonly why: string
  readonly line: number
  readonly column: number
}

export type Parsed = XmlDocument | Refused

type Building = { -readonly [key in keyof Element]: Element[key] } & { children: Element[] }

/** IIS configuration is some ten elements deep; this keeps hostile files from deep recursion anywhere later. */
const DEEPEST = 200
const NO_CHILDREN: Element[] = []

/** Line and column of an offset; both count from 1. A lone carriage return is not counted as a line end. */
export function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  let line = 1
  let lineStart = 0
  for (let next = text.indexOf('\n'); next >= 0 && next < offset; next = text.indexOf('\n', lineStart)) {
    line++
    lineStart = next + 1
  }
  return { line, column: offset - lineStart + 1 }
}

function refuse(text: string, fault: Fault): Refused {
  return { is: 'refused', why: fault.why, ...placeOf(text, fault.at) }
}

/** Character by character, for most text is a line end and indentation, and none of it needs cutting out. */
function isWhite(text: string, { start, end }: Token): boolean {
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at)
    if (code !== 0x20 && code !== 0xa && code !== 0xd && code !== 0x9) return false
  }
  return true
}

/** Builds elements token by token, with a stack of its own: hostile depth must not become depth of calls. */
class TreeBuilder {
  readonly text: string
  readonly open: Building[] = []
  root: Building | undefined

  constructor(text: string) {
    this.text = text
  }

  take(token: Token): Fault | null {
    if (token.kind === 'open') return this.start(token)
    if (token.kind === 'close') return this.close(token)
    if (token.kind === 'text') return this.characters(token)
    if (token.kind === 'cdata' && this.open.length === 0)
      return { why: 'text outside the root', at: token.start }
    return null
  }

  start(token: Token): Fault | null {
    const tag = readStartTag(this.text, token)
    if ('why' in tag) return tag
    const parent = this.open.at(-1)
    if (parent === undefined && this.root !== undefined) return { why: 'a second root', at: token.start }
    if (this.open.length >= DEEPEST) return { why: `more than ${DEEPEST} elements deep`, at: token.start }
    const { start, end } = token
    const element: Building = {
      name: tag.name,
      attributes: tag.attributes,
      selfClosing: tag.selfClosing,
      children: tag.selfClosing ? NO_CHILDREN : [],
      parent: parent ?? null,
      start,
      openEnd: end,
      closeStart: end,
      end,
    }
    parent?.children.push(element)
    this.root ??= element
    if (!tag.selfClosing) this.open.push(element)
    return null
  }

  close(token: Token): Fault | null {
    const element = this.open.pop()
    const name = this.text.slice(token.start + 2, token.end - 1).trimEnd()
    if (element === undefined || element.name !== name) {
      return {
        why: `</${name}> closes ${element === undefined ? 'nothing' : `<${element.name}>`}`,
        at: token.start,
      }
    }
    element.closeStart = token.start
    element.end = token.end
    return null
  }

  characters(token: Token): Fault | null {
    if (isWhite(this.text, token)) return null
    const raw = this.text.slice(token.start, token.end)
    if (this.open.length === 0) return { why: 'text outside the root', at: token.start }
    if (raw.includes(']]>')) return { why: ']]> in text', at: token.start + raw.indexOf(']]>') }
    return resolveReferences(raw) === null
      ? { why: 'an & that is no known reference', at: token.start + raw.indexOf('&') }
      : null
  }
}

/** Parses a text. Linear in its length; never throws. */
export function parseText(text: string, encoding: Encoding = UTF8): Parsed {
  const outcast = forbidden(text)
  if (outcast !== null) return refuse(text, outcast)
  const builder = new TreeBuilder(text)
  // Tokens are not kept: a large file has hundreds of thousands, and what they say is in the elements.
  for (let at = 0; at < text.length; ) {
    const token = nextToken(text, at)
    if ('why' in token) return refuse(text, token)
    const fault = builder.take(token)
    if (fault !== null) return refuse(text, fault)
    at = token.end
  }
  const unclosed = builder.open.at(-1)
  if (unclosed !== undefined)
    return refuse(text, { why: `<${unclosed.name}> is not closed`, at: unclosed.start })
  if (builder.root === undefined) return refuse(text, { why: 'it holds no element', at: 0 })
  return { is: 'document', text, encoding, root: builder.root }
}

const parsed = new WeakMap<Uint8Array, Parsed>()

/** Parses a file, once per bytes object (which must not be written to). Never throws. */
export function parseDocument(bytes: Uint8Array): Parsed {
  const known = parsed.get(bytes)
  if (known !== undefined) return known
  const decoded = decode(bytes)
  const result =
    decoded.is === 'text'
      ? parseText(decoded.text, decoded.encoding)
      : refuse(decoded.text, { why: decoded.why, at: decoded.at })
  parsed.set(bytes, result)
  return result
}

/** A changed text as bytes, in the document's encoding and with its byte order mark. */
export function bytesOf(document: XmlDocument, newText: string): Uint8Array {
  return encode(newText, document.encoding)
}

/** Child elements of that exact name: IIS compares element names with case. */
export function childrenNamed(element: Element, name: string): readonly Element[] {
  return element.children.filter((child) => child.name === name)
}

/** The decoded value of an attribute; undefined when it does not stand there. */
export function attribute(element: Element, name: string): string | undefined {
  return attributeNamed(element, name)?.value
}

/** The attribute itself, with its offsets. */
export function attributeNamed(element: Element, name: string): Attribute | undefined {
  return element.attributes.find((candidate) => candidate.name === name)
}

/** The line, from 1, on which an offset lies. */
export function lineOf(document: XmlDocument, offset: number): number {
  return placeOf(document.text, offset).line
}

/** An element exactly as written. */
export function textOf(document: XmlDocument, element: Element): string {
  return document.text.slice(element.start, element.end)
}
