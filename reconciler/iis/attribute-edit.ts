import type { Json } from '../model/resource.ts'
import { copied } from './copied.ts'
import { attributeNamed, type Element, parseText, type XmlDocument } from './document.ts'
import { splice } from './layout.ts'
import { escapeValue, renderAttribute } from './markup.ts'

/**
 * An attribute as it stood, so that it can be put back byte for byte. A plain JSON value, for the record.
 * `text` starts with the white space before it; `after` names the attribute that stood before it.
 */
export type RawAttribute = { readonly text: string; readonly after: string | null }

/** Where the attributes of a start tag end: behind the last one, or behind the name. */
export function attributesEnd(element: Element): number {
  return element.attributes.at(-1)?.end ?? nameEnd(element)
}

function nameEnd(element: Element): number {
  return element.start + 1 + element.name.length
}

/** Gives an attribute a value; an equal value is left as it is written, and the quotes that are there are kept. */
export function setAttribute(document: XmlDocument, element: Element, name: string, value: string): string {
  const there = attributeNamed(element, name)
  if (there?.value === value) return document.text
  if (there !== undefined) {
    const text = escapeValue(value, there.quote)
    return splice(document.text, [{ start: there.valueStart, end: there.valueEnd, text }])
  }
  const end = attributesEnd(element)
  return splice(document.text, [{ start: end, end, text: ` ${renderAttribute(name, value)}` }])
}

function endBefore(element: Element, name: string): { readonly end: number; readonly name: string | null } {
  const index = element.attributes.findIndex((candidate) => candidate.name === name)
  const before = element.attributes[index - 1]
  return { end: before?.end ?? nameEnd(element), name: before?.name ?? null }
}

/** Takes an attribute away with the white space before it; without effect when it is not there. */
export function removeAttribute(document: XmlDocument, element: Element, name: string): string {
  const there = attributeNamed(element, name)
  if (there === undefined) return document.text
  return splice(document.text, [{ start: endBefore(element, name).end, end: there.end, text: '' }])
}

/** An attribute as written, to be remembered before it is changed or removed; null when it is not there. */
export function rawAttribute(document: XmlDocument, element: Element, name: string): RawAttribute | null {
  const there = attributeNamed(element, name)
  if (there === undefined) return null
  const before = endBefore(element, name)
  return {
    text: copied(document.text.slice(before.end, there.end)),
    after: before.name,
  }
}

/** Reads a `RawAttribute` of that name out of a record; null when it is anything else. */
export function asRawAttribute(value: Json, name: string): RawAttribute | null {
  if (value === null || typeof value !== 'object' || !('text' in value) || !('after' in value)) return null
  const { text, after } = value
  if (typeof text !== 'string' || (after !== null && typeof after !== 'string')) return null
  const wrapped = parseText(`<x${text}/>`)
  if (wrapped.is === 'refused') return null
  const [only, second] = wrapped.root.attributes
  const whole = only?.name === name && second === undefined && only.end === 2 + text.length
  return whole && wrapped.root.end === wrapped.text.length ? { text, after } : null
}

/** Puts an attribute back as it was written, in its old place as far as that is still there. */
export function putRawAttribute(document: XmlDocument, element: Element, raw: RawAttribute): string {
  const name = raw.text.slice(0, raw.text.indexOf('=')).trim()
  const there = attributeNamed(element, name)
  if (there !== undefined) {
    const { start, end } = there
    return splice(document.text, [{ start, end, text: raw.text.trimStart() }])
  }
  const before = raw.after === null ? nameEnd(element) : attributeNamed(element, raw.after)?.end
  const at = before ?? attributesEnd(element)
  return splice(document.text, [{ start: at, end: at, text: raw.text }])
}
