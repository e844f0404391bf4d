import fc from 'fast-check'
import type { Element, XmlDocument } from '../../reconciler/iis/document.ts'
import { type Edited, insertElement, type Position } from '../../reconciler/iis/edit.ts'
import { leadStart } from '../../reconciler/iis/layout.ts'
import type { Markup } from '../../reconciler/iis/markup.ts'
import { chainOf, location, pathOf, type Segment } from '../../reconciler/iis/section.ts'
import type { Made } from '../../reconciler/model/resource.ts'
import { named } from './xml.ts'

/** An insertion as a value that fits every document: siblings are chosen by number, among what is there. */
export interface Wanted {
  readonly name: string
  readonly sections: readonly Segment[]
  readonly where: 'first' | 'last' | 'after' | 'before'
  readonly sibling: number
}

const PATHS: readonly (readonly Segment[])[] = [
  ['system.webServer', 'rewrite', 'rules'],
  ['system.webServer', 'rewrite', 'outboundRules', 'preConditions'],
  ['system.webServer'],
  [location('Default Web Site/OWA'), 'system.webServer', 'rewrite', 'rules'],
  [location('.', false), 'system.webServer', 'rewrite', 'rules'],
  [location('.'), 'system.webServer', 'rewrite', 'rules'],
  [],
]

/** Insertions of an element of that name. */
export const wanted = (name: string): fc.Arbitrary<Wanted> =>
  fc.record({
    name: fc.constant(name),
    sections: fc.constantFrom(...PATHS),
    where: fc.constantFrom('first', 'last', 'after', 'before'),
    sibling: fc.nat({ max: 20 }),
  })

/** A rule with children and a value full of what must be escaped. */
export function ruleMarkup(name: string): Markup {
  return {
    name: 'rule',
    attributes: [
      ['name', name],
      ['stopProcessing', 'true'],
    ],
    children: [
      { name: 'match', attributes: [['url', `<"&'>\r\n\t`]], children: [] },
      { name: 'action', attributes: [['type', 'AbortRequest']], children: [] },
    ],
  }
}

/** The element that an insertion goes into as far as it is there already. */
export function parentOf(document: XmlDocument, { sections }: Wanted): Element {
  return chainOf(document.root, sections).at(-1) ?? document.root
}

function positionIn(parent: Element, { where, sibling }: Wanted): Position {
  const chosen = parent.children[sibling % Math.max(1, parent.children.length)]
  if (chosen === undefined || where === 'first' || where === 'last')
    return where === 'first' ? 'first' : 'last'
  return where === 'after' ? { after: chosen } : { before: chosen }
}

/** Carries out an insertion. */
export function insert(document: XmlDocument, want: Wanted, made: readonly Made[] = []): Edited {
  const scope = document.root
  const position = positionIn(parentOf(document, want), want)
  return insertElement(
    document,
    { scope, sections: want.sections, markup: ruleMarkup(want.name), position },
    made,
  )
}

/** The one stretch in which `after` differs from `before`: where it starts, and how long it is in each. */
export interface Stretch {
  readonly start: number
  readonly before: number
  readonly after: number
}

/** Finds the stretch by the rule that insertions follow: behind what precedes, or the whole tail of an empty section. */
export function stretchOf(
  before: XmlDocument,
  after: XmlDocument,
  made: readonly Made[],
  name: string,
): Stretch {
  let outer = named(after, name)
  const entryOf = (element: Element) => made.find(({ at }) => at === pathOf(element))
  while (outer.parent !== null && entryOf(outer.parent)?.tail === null) outer = outer.parent
  const tail = outer.parent === null ? undefined : entryOf(outer.parent)?.tail
  const grown = after.text.length - before.text.length
  if (tail === undefined || tail === null || outer.parent === null) {
    return { start: leadStart(after, outer), before: 0, after: grown }
  }
  const start = outer.parent.attributes.at(-1)?.end ?? outer.parent.start + 1 + outer.parent.name.length
  return { start, before: tail.length, after: tail.length + grown }
}
