import { copied } from './copied.ts'
import { type Fault, NAME, type Token } from './tokens.ts'

/** One attribute as it stands in a start tag. All offsets count UTF-16 units in the document's text. */
export interface Attribute {
  readonly name: string
  /** Decoded: entities and character references resolved, white space normalised as XML says. */
  readonly value: string
  readonly quote: '"' | "'"
  readonly start: number
  readonly end: number
  /** The value as written lies between these, without its quotes. */
  readonly valueStart: number
  readonly valueEnd: number
}

/** A start tag, read. */
export interface StartTag {
  readonly name: string
  readonly attributes: readonly Attribute[]
  readonly selfClosing: boolean
}

const TAG_NAME = new RegExp(NAME, 'uy')
const ATTRIBUTE = new RegExp(`\\s+(${NAME})\\s*=\\s*("[^"]*"|'[^']*')`, 'uy')
// `[^"]*` cannot run out of the tag: the tokenizer found its end by the same quotes.
const REST = /\s*(\/?)>/y
const ENTITIES: { readonly [name: string]: string } = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const REFERENCE = /&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(amp|lt|gt|quot|apos));|&/g
/** Shared, for most elements of a large file have none. */
const NO_ATTRIBUTES: readonly Attribute[] = []

function isCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd
  return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) && code !== 0xfffe && code !== 0xffff
}

/** Resolves the references of a text; null when one is unknown, malformed or names no character. */
export function resolveReferences(raw: string): string | null {
  if (!raw.includes('&')) return raw
  let sound = true
  const text = raw.replace(REFERENCE, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? ''
    const code = hex !== undefined ? Number.parseInt(hex, 16) : Number.parseInt(decimal ?? '', 10)
    if (isCharacter(code)) return String.fromCodePoint(code)
    sound = false
    return whole
  })
  return sound ? text : null
}

/** XML 1.0, 3.3.3: white space as written becomes a blank, white space as a reference stays. */
function attributeValue(raw: string): string | null {
  return resolveReferences(/[\t\n\r]/.test(raw) ? raw.replace(/\r\n|[\t\n\r]/g, ' ') : raw)
}

function readAttribute(match: RegExpExecArray): Attribute | null {
  const quoted = match[2] ?? ''
  const end = match.index + match[0].length
  const name = copied(match[1] ?? '')
  const decoded = attributeValue(quoted.slice(1, -1))
  if (decoded === null) return null
  // Names and values go into readings and reports, which outlive the document.
  const value = copied(decoded)
  const start = match.index + match[0].length - match[0].trimStart().length
  const quote = quoted.startsWith("'") ? "'" : '"'
  return { name, value, quote, start, end, valueStart: end - quoted.length + 1, valueEnd: end - 1 }
}

function readAttributes(text: string, from: number): readonly Attribute[] | Fault {
  let attributes: Attribute[] | undefined
  ATTRIBUTE.lastIndex = from
  for (let match = ATTRIBUTE.exec(text); match !== null; match = ATTRIBUTE.exec(text)) {
    const attribute = readAttribute(match)
    if (attribute === null) return { why: 'a value has an & that is no known reference', at: match.index }
    attributes ??= []
    attributes.push(attribute)
  }
  if (attributes === undefined) return NO_ATTRIBUTES
  const twice = attributes.length > 1 ? repeated(attributes) : undefined
  return twice === undefined
    ? attributes
    : { why: `attribute ${twice.name} stands twice in one tag`, at: twice.start }
}

/** A set first, because nearly all tags have no repetition and nobody then needs to know where. */
function repeated(attributes: readonly Attribute[]): Attribute | undefined {
  if (new Set(attributes.map(({ name }) => name)).size === attributes.length) return undefined
  const seen = new Set<string>()
  return attributes.find(({ name }) => seen.size === seen.add(name).size)
}

/** Reads a token of kind `open`. */
export function readStartTag(text: string, token: Token): StartTag | Fault {
  TAG_NAME.lastIndex = token.start + 1
  const found = TAG_NAME.exec(text)?.[0]
  if (found === undefined) return { why: 'a tag has no name', at: token.start }
  const name = copied(found)
  const nameEnd = token.start + 1 + name.length
  const attributes = readAttributes(text, nameEnd)
  if ('why' in attributes) return attributes
  REST.lastIndex = attributes.at(-1)?.end ?? nameEnd
  const rest = REST.exec(text)
  if (rest === null || REST.lastIndex !== token.end) {
    return { why: `tag ${name} is malformed`, at: attributes.at(-1)?.end ?? nameEnd }
  }
  return { name, attributes, selfClosing: rest[1] === '/' }
}
