import type { Made } from '../model/resource.ts'
import { copied } from './copied.ts'
import { attribute, type Element, type XmlDocument } from './document.ts'
import type { Markup, RawElement } from './markup.ts'

/**
 * One step of a path of sections: an element name, or a `<location>` with its path (compared without case, as IIS does).
 */
export type Segment = string | LocationSegment

export interface LocationSegment {
  readonly location: string
  /** Written as `inheritInChildApplications="false"`; only a location with that setting is the one meant. */
  readonly inherit: boolean
}

/** Attributes that a `<location>` of ours may have; with any other, somebody has made it theirs. */
const LOCATION_ATTRIBUTES = ['path', 'inheritInChildApplications']

/** A step through a `<location>`; `inherit: false` keeps what is in it from applications below. */
export function location(path: string, inherit = true): LocationSegment {
  return { location: path, inherit }
}

function inherits(element: Element): boolean {
  return attribute(element, 'inheritInChildApplications')?.toLowerCase() !== 'false'
}

/** A location with a lock of its own would lock (or unlock) a new section in it too, for everything below. */
function locks(element: Element): boolean {
  const mode = attribute(element, 'overrideMode')?.toLowerCase() ?? 'inherit'
  return mode !== 'inherit' || attribute(element, 'allowOverride') !== undefined
}

/** A missing or empty path means the same as `.`: the level of the file itself. */
function pathOfLocation(element: Element): string {
  return (attribute(element, 'path') || '.').toLowerCase()
}

function fits(element: Element, segment: Segment): boolean {
  if (typeof segment === 'string') return element.name === segment
  if (element.name !== 'location') return false
  return pathOfLocation(element) === segment.location.toLowerCase() && inherits(element) === segment.inherit
}

/**
 * The elements along a path, as far as they exist: the longest chain, the first of equals. A file can hold two
 * sections of one name and several locations of one path; what is missing is made in the one that holds most of it.
 */
export function chainOf(scope: Element, path: readonly Segment[]): readonly Element[] {
  const [segment, ...rest] = path
  if (segment === undefined) return []
  let best: readonly Element[] = []
  for (const child of scope.children) {
    if (!fits(child, segment)) continue
    const chain = [child, ...chainOf(child, rest)]
    const usable = typeof segment === 'string' || chain.length === path.length || !locks(child)
    if (usable && chain.length > best.length) best = chain
  }
  return best
}

/** The element at the end of a path; null when there is none. */
export function sectionAt(scope: Element, path: readonly Segment[]): Element | null {
  const chain = chainOf(scope, path)
  return chain.length === path.length ? (chain.at(-1) ?? scope) : null
}

function locationStep(path: string, inherit: boolean): string {
  return `location[${path.toLowerCase()}${inherit ? '' : ' only'}]`
}

function ownStep(element: Element): string {
  return element.name === 'location' ? locationStep(pathOfLocation(element), inherits(element)) : element.name
}

/**
 * Where an element stands, as `Made.at` says it: names from the root, a location with its path in brackets (and `only`
 * where it does not inherit, for that is another one).
 */
export function pathOf(element: Element): string {
  return element.parent === null ? element.name : `${pathOf(element.parent)}/${ownStep(element)}`
}

/** `pathOf` for a child that does not exist yet. */
export function pathBelow(parentPath: string, segment: Segment): string {
  const own = typeof segment === 'string' ? segment : locationStep(segment.location, segment.inherit)
  return `${parentPath}/${own}`
}

/** A section as markup, with what stands in it. */
export function sectionMarkup(segment: Segment, children: readonly (Markup | RawElement)[]): Markup {
  if (typeof segment === 'string') return { name: segment, attributes: [], children }
  const attributes: [string, string][] = [['path', segment.location]]
  if (!segment.inherit) attributes.push(['inheritInChildApplications', 'false'])
  return { name: 'location', attributes, children }
}

/** False once somebody set an attribute on a section that we made. */
export function isBare(section: Element): boolean {
  const allowed = section.name === 'location' ? LOCATION_ATTRIBUTES : []
  return section.attributes.every(({ name }) => allowed.includes(name))
}

/** `made` with an entry that takes the place of an older one for the same path. */
export function remember(made: readonly Made[], entry: Made): readonly Made[] {
  const kept: Made = { at: copied(entry.at), tail: entry.tail === null ? null : copied(entry.tail) }
  return [...made.filter(({ at }) => at !== entry.at), kept]
}

/** The markup of a new web.config, and what to remember so that the file can become absent again. */
export const NEW_FILE_TEXT =
  '<?xml version="1.0" encoding="UTF-8"?>\r\n<configuration>\r\n</configuration>\r\n'
export const NEW_FILE_MADE: readonly Made[] = [{ at: 'configuration', tail: null }]

/** True when nothing but our own declaration stands around the root. */
export function isOurFile(document: XmlDocument): boolean {
  const { text, root } = document
  return /^(?:<\?xml\s[^>]*\?>)?\s*$/.test(text.slice(0, root.start)) && text.slice(root.end).trim() === ''
}
