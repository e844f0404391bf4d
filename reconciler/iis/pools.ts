import type { Json } from '../model/resource.ts'
import type { Configuration } from './configuration.ts'
import { attribute as attributeOf, childrenNamed, type Element } from './document.ts'
import { type Known, known, unknown } from './known.ts'
import { childNamed, elementsAt } from './lookup.ts'
import { samePath } from './paths.ts'
import { normalise, otherwise } from './schema/normalise.ts'

const SECTION = 'system.applicationHost/applicationPools'

/** The element of an application pool; undefined when there is none of that name. */
export function poolElement(configuration: Configuration, name: string): Element | undefined {
  return elementsAt(configuration.root, SECTION)
    .flatMap((section) => childrenNamed(section, 'add'))
    .find((each) => samePath(attributeOf(each, 'name') ?? '', name))
}

/**
 * The value of a pool's attribute in effect: its own, else that of `applicationPoolDefaults`, else the schema's.
 * `inner` names an element inside the pool, such as `processModel`; empty: the pool itself.
 */
export function poolSetting(
  configuration: Configuration,
  pool: Element,
  attribute: string,
  inner = '',
): Known<{ readonly value: Json; readonly own: boolean }> {
  const path = [SECTION, 'add', inner].filter(Boolean).join('/')
  const defaults = elementsAt(configuration.root, SECTION).flatMap(
    (section) => childNamed(section, 'applicationPoolDefaults') ?? [],
  )
  for (const from of [pool, ...defaults]) {
    const text = within(from, inner).map((each) => attributeOf(each, attribute))[0]
    if (text === undefined) continue
    const normal = normalise(path, attribute, text)
    if (normal.is === 'fault')
      return unknown(`application pool ${attributeOf(pool, 'name')}: ${attribute}: ${normal.why}`)
    return known({ value: normal.value, own: from === pool })
  }
  return known({ value: otherwise(path, attribute), own: false })
}

function within(element: Element, inner: string): readonly Element[] {
  return inner === '' ? [element] : elementsAt(element, inner)
}
