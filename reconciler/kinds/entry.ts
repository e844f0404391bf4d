import type { Element } from '../iis/document.ts'
import { insertElement } from '../iis/edit.ts'
import { asRawElement } from '../iis/markup.ts'
import { rawElement, removeElement } from '../iis/remove.ts'
import { type Segment, sectionAt } from '../iis/section.ts'
import type { Fields, Json } from '../model/resource.ts'
import type { Draft } from './draft.ts'
import { specOf } from './spec.ts'

/** Takes an entry of a collection away; what is returned is enough to bring its bytes back to their place. */
export function takeEntry(draft: Draft, element: Element): Fields {
  const siblings = element.parent?.children ?? []
  const index = siblings.indexOf(element)
  const raw = {
    element: rawElement(draft.document, element),
    previous: signature(siblings[index - 1]),
    next: signature(siblings[index + 1]),
  }
  draft.take(removeElement(draft.document, element, draft.made))
  return raw
}

/** What tells a sibling from others even when its details were changed: its first attribute is its key. */
function signature(element: Element | undefined): string | null {
  if (element === undefined) return null
  const [first] = element.attributes
  return first === undefined ? element.name : `${element.name} ${first.name}=${first.value}`
}

/**
 * Puts such an entry back, behind what stood before it; if that is gone, before what followed. False when `raw` is
 * nothing that `takeEntry` gave: it comes out of a record.
 */
export function returnEntry(draft: Draft, sections: readonly Segment[], raw: Json | undefined): boolean {
  const remembered = raw === null || typeof raw !== 'object' ? {} : specOf<Fields>(raw)
  const element = asRawElement(remembered['element'] ?? null)
  if (element === null) return false
  const siblings = sectionAt(draft.root, sections)?.children ?? []
  const named = (wanted: Json | undefined): Element | undefined =>
    typeof wanted === 'string' ? siblings.find((each) => signature(each) === wanted) : undefined
  const previous = named(remembered['previous'])
  const next = named(remembered['next'])
  const otherwise = remembered['previous'] === null ? 'first' : 'last'
  const position = previous ? { after: previous } : next ? { before: next } : otherwise
  draft.take(
    insertElement(draft.document, { scope: draft.root, sections, markup: element, position }, draft.made),
  )
  return true
}
