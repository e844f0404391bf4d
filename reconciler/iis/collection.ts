import type { See } from '../model/thing.ts'
import type { Configuration } from './configuration.ts'
import { attribute, type Element } from './document.ts'
import { type Known, known, unknown } from './known.ts'
import { type Layer, layers } from './layers.ts'
import { elementsAt } from './lookup.ts'
import { samePath, sitePathOf } from './paths.ts'
import { attributeText, canonical } from './schema/normalise.ts'
import { schemaOf } from './schema/schema.ts'
import type { CollectionSchema } from './schema/types.ts'

/** One entry that is in effect at a path. */
export interface Entry {
  /** Its unique key, canonical; null where entries have none. */
  readonly key: string | null
  readonly element: Element
  readonly layer: Layer
  /** True when markup about a higher path brought it. */
  readonly inherited: boolean
}

/** A `clear` or `remove` that was met on the way, and the entries it took away. */
export interface Operation {
  readonly is: 'clear' | 'remove'
  readonly key: string | null
  readonly element: Element
  readonly layer: Layer
  readonly dropped: readonly Entry[]
}

/** Two entries with one key: IIS refuses the path (0x800700b7). */
export interface Duplicate {
  readonly entry: Entry
  readonly earlier: Entry
}

export interface Collection {
  /** In the order in which they are evaluated: levels above first, own level last. */
  readonly entries: readonly Entry[]
  readonly operations: readonly Operation[]
  readonly duplicates: readonly Duplicate[]
}

/**
 * What a collection holds at a path, after every `clear` and `remove` on the way.
 * `path` is the whole path of the collection's element, such as `system.webServer/rewrite/rules`.
 * Unknown when a file on the way is not readable, or when the schema knows no collection there.
 */
export function collection(
  see: See,
  configuration: Configuration,
  at: string,
  path: string,
): Known<Collection> {
  const all = layers(see, configuration, at)
  if (all.is === 'unknown') return all
  return collectionIn(all.value, path, sitePathOf(at))
}

/** The same over layers that were read already for the site path `at`. */
export function collectionIn(all: readonly Layer[], path: string, at: string): Known<Collection> {
  const schema = schemaOf(path)?.collection
  if (schema === undefined) return unknown(`no collection is known at ${path}`)
  const merge = new Merge(schema, at)
  for (const layer of all)
    for (const element of elementsAt(layer.element, path))
      for (const child of element.children) merge.take(child, layer)
  return known(merge)
}

/** The canonical key of an entry, or of what removes one; null where entries have none. */
export function keyOf(schema: CollectionSchema, element: Element): string | null {
  if (schema.key.length === 0) return null
  const key = schema.key.map((name) => keyPart(schema, element, name)).join('\u0000')
  return schema.cased ? key : key.toLowerCase()
}

function keyPart(schema: CollectionSchema, element: Element, name: string): string {
  const known = schema.entry.attributes[name]
  const text = attribute(element, name)
  if (known === undefined) return text ?? ''
  const normal = text === undefined ? undefined : canonical(known, text)
  return attributeText(normal?.is === 'value' ? normal.value : (text ?? known.otherwise))
}

/** The collection while it is built up. */
class Merge implements Collection {
  entries: Entry[] = []
  readonly operations: Operation[] = []
  readonly duplicates: Duplicate[] = []
  readonly schema: CollectionSchema
  readonly at: string
  readonly byKey = new Map<string, Entry>()

  constructor(schema: CollectionSchema, at: string) {
    this.schema = schema
    this.at = at
  }

  take(element: Element, layer: Layer): void {
    if (this.schema.add.includes(element.name)) this.add(element, layer)
    else if (element.name === this.schema.clear) this.drop('clear', element, layer)
    else if (element.name === this.schema.remove) this.drop('remove', element, layer)
  }

  add(element: Element, layer: Layer): void {
    const key = keyOf(this.schema, element)
    const entry = { key, element, layer, inherited: !samePath(layer.path, this.at) }
    const earlier = key === null ? undefined : this.byKey.get(key)
    if (earlier !== undefined) this.duplicates.push({ entry, earlier })
    else if (key !== null) this.byKey.set(key, entry)
    this.entries.push(entry)
  }

  drop(is: Operation['is'], element: Element, layer: Layer): void {
    const key = is === 'clear' ? null : keyOf(this.schema, element)
    const goes = (entry: Entry) => is === 'clear' || (key !== null && entry.key === key)
    const dropped = this.entries.filter(goes)
    this.entries = this.entries.filter((entry) => !goes(entry))
    for (const { key: gone } of dropped) if (gone !== null) this.byKey.delete(gone)
    this.operations.push({ is, key, element, layer, dropped })
  }
}
