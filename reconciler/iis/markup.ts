import { StopgapError } from '../errors/error.ts'
import type { Json } from '../model/resource.ts'
import { parseText } from './document.ts'
import { NAME } from './tokens.ts'

/** An element to be written, as values: names and values are escaped, never pasted. */
export interface Markup {
  readonly name: string
  readonly attributes: readonly (readonly [name: string, value: string])[]
  readonly children: readonly (Markup | RawElement)[]
}

/**
 * A foreign element as it stood, so that it can be put back byte for byte. A plain JSON value, for the record.
 * `text` starts with the white space that stood before it; `gap` is what stood between that and the sibling
 * element (or the parent's start tag) before it, such as a comment.
 */
export type RawElement = { readonly text: string; readonly gap: string }

const WHOLE_NAME = new RegExp(`^${NAME}$`, 'u')
const ESCAPES: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '"': '&quot;',
  "'": '&apos;',
  '\n': '&#xA;',
  '\r': '&#xD;',
  '\t': '&#x9;',
}

/** A value as it stands between quotes of that sort. */
export function escapeValue(value: string, quote: '"' | "'" = '"'): string {
  return value.replace(quote === '"' ? /[&<"\n\r\t]/g : /[&<'\n\r\t]/g, (found) => ESCAPES[found] ?? found)
}

function checkedName(name: string): string {
  if (WHOLE_NAME.test(name)) return name
  throw new StopgapError('BUG', { detail: `${JSON.stringify(name)} is no XML name` })
}

/** An attribute as text, without white space before it. Throws a BUG for what is no XML name. */
export function renderAttribute(name: string, value: string, quote: '"' | "'" = '"'): string {
  return `${checkedName(name)}=${quote}${escapeValue(value, quote)}${quote}`
}

/** How lines are made at one place of a file. */
export interface LineStyle {
  readonly lineEnd: string
  /** What one level of depth adds. */
  readonly unit: string
}

/** Markup as text; its first line starts without, its other lines with `indent`. Throws a BUG for what is no XML name. */
export function render(markup: Markup | RawElement, indent: string, style: LineStyle): string {
  if ('text' in markup) return markup.text.trimStart()
  const attributes = markup.attributes.map(([name, value]) => ` ${renderAttribute(name, value)}`).join('')
  const open = `<${checkedName(markup.name)}${attributes}`
  if (markup.children.length === 0) return `${open} />`
  const lead = `${style.lineEnd}${indent}`
  const children = markup.children.map(
    (child) => `${lead}${style.unit}${render(child, indent + style.unit, style)}`,
  )
  return `${open}>${children.join('')}${lead}</${markup.name}>`
}

/** Reads a `RawElement` out of a record; null unless it is exactly one element with only white space before it. */
export function asRawElement(value: Json): RawElement | null {
  if (value === null || typeof value !== 'object' || !('text' in value) || !('gap' in value)) return null
  const { text, gap } = value
  if (typeof text !== 'string' || typeof gap !== 'string') return null
  const wrapped = parseText(`<x>${text}</x>`)
  if (wrapped.is === 'refused') return null
  const [only, second] = wrapped.root.children
  const alone = only !== undefined && second === undefined && only.end === wrapped.root.closeStart
  return alone && wrapped.text.slice(wrapped.root.openEnd, only.start).trim() === '' ? { text, gap } : null
}
