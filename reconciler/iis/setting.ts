import type { Json } from '../model/resource.ts'
import type { See } from '../model/thing.ts'
import type { Configuration } from './configuration.ts'
import { attribute as attributeOf, type Element } from './document.ts'
import { elsewhere } from './elsewhere.ts'
import { type Known, known, unknown } from './known.ts'
import { type Layer, layers } from './layers.ts'
import { elementsAt } from './lookup.ts'
import { normalise, otherwise } from './schema/normalise.ts'
import { standing } from './standing.ts'

/** A value that is in effect, and what says so. */
export interface Setting {
  /** Canonical; null when nobody says it and no default is known. */
  readonly value: Json
  /** As written, entities resolved; null: it is the default. */
  readonly text: string | null
  /** The element that says it and the layer it stands in; null: the default. */
  readonly element: Element | null
  readonly layer: Layer | null
}

/**
 * The value of an attribute in effect at a path: the last layer that says it wins, else the schema's default.
 * `path` is the whole path of the element, such as `system.webServer/security/access`; it must not be an entry of a
 * collection. Unknown when a file on the way is not readable or the value is none that IIS takes.
 */
export function setting(
  see: See,
  configuration: Configuration,
  at: string,
  [path, attribute]: readonly [path: string, attribute: string],
): Known<Setting> {
  const all = layers(see, configuration, at)
  if (all.is === 'unknown') return all
  for (const layer of all.value.toReversed()) {
    for (const element of elementsAt(layer.element, path).toReversed()) {
      const away = elsewhere(element, layer)
      if (away !== null) return unknown(away)
      const text = attributeOf(element, attribute)
      if (text !== undefined) return settingOf(path, attribute, { text, element, layer })
    }
  }
  return known({ value: otherwise(path, attribute), text: null, element: null, layer: null })
}

interface Said {
  readonly text: string
  readonly element: Element
  readonly layer: Layer
}

function settingOf(path: string, attribute: string, said: Said): Known<Setting> {
  const normal = normalise(path, attribute, said.text)
  if (normal.is === 'value') return known({ ...said, value: normal.value })
  const { file, text } = said.layer
  const { line, column } = standing(text.document, said.element)
  return unknown(`${file}:${line}:${column}: ${attribute}: ${normal.why}`)
}
