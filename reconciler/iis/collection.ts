import type { See } from '../model/thing.ts'
import type { Configuration } from './configuration.ts'
import { attribute, type Element } from './document.ts'
import { elsewhere } from './elsewhere.ts'
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
 * Unknown when a file on the way is not readable, when a section is in a file of its own, or when the schema knows no
 * collection there.
 */
export function collection(
  see: See,
  configuration: Configuration,
  at: string,
  path: string,
): Known<Collection> {
  const all = layers(see, configuration, at)
  if (all.is === 'unknown') return all
  const known = merged.get(configuration) ?? new Map<string, Merged>()
  merged.set(configuration, known)
  const key = `${at}\0${path}`
  const before = known.get(key)
  if (before !== undefined && sameLayers(before.layers, all.value)) return before.collection
  const made = collectionIn(all.value, path, sitePathOf(at))
  known.set(key, { layers: all.value, collection: made })
  return made
}

interface Merged {
  readonly layers: readonly Layer[]
  readonly collection: Known<Collection>
}

// Every entry of ours asks for the whole collection that it stands in, and again below it.
const merged = new WeakMap<Configuration, Map<string, Merged>>()

function sameLayers(one: readonly Layer[], other: readonly Layer[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ element, file }, at) => element === other[at]?.element && file === other[at]?.file)
  )
}

/** The same over layers that were read already for the site path `at`. */
export function collectionIn(all: readonly Layer[], path: string, at: string): Known<Collection> {
  const schema = schemaOf(path)?.collection
  if (schema === undefined) return unknown(`no collection is known at ${path}`)
  const merge = new Merge(schema, at)
  for (const layer of all)
    for (const element of elementsAt(layer.element, path)) {
      const away = elsewhere(element, layer)
      if (away !== null) return unknown(away)
      for (const child of element.children) merge.take(child, layer)
    }
  const { entries, operations, duplicates } = merge
  return known({ entries, operations, duplicates })
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

/** The collection while it is built up. Sets keep order and forget quickly, so that it is linear in what is read. */
class Merge implements Collection {
  readonly operations: Operation[] = []
  readonly duplicates: Duplicate[] = []
  readonly schema: CollectionSchema
  readonly at: string
  readonly all = new Set<Entry>()
  readonly byKey = new Map<string, Entry[]>()

  constructor(schema: CollectionSchema, at: string) {
    this.schema = schema
    this.at = at
  }

  get entries(): readonly Entry[] {
    return [...this.all]
  }

  take(element: Element, layer: Layer): void {
    if (this.schema.add.includes(element.name)) this.add(element, layer)
    else if (element.name === this.schema.clear) this.clear(element, layer)
    else if (element.name === this.schema.remove) this.remove(element, layer)
  }

  add(element: Element, layer: Layer): void {
    const key = keyOf(this.schema, element)
    const entry = { key, element, layer, inherited: !samePath(layer.path, this.at) }
    this.all.add(entry)
    if (key === null) return
    const same = this.byKey.get(key)
    const earlier = same?.[0]
    if (earlier !== undefined) this.duplicates.push({ entry, earlier })
    if (same === undefined) this.byKey.set(key, [entry])
    else same.push(entry)
  }

  clear(element: Element, layer: Layer): void {
    const dropped = this.entries
    this.all.clear()
    this.byKey.clear()
    this.operations.push({ is: 'clear', key: null, element, layer, dropped })
  }

  remove(element: Element, layer: Layer): void {
    const key = keyOf(this.schema, element)
    const dropped = key === null ? [] : (this.byKey.get(key) ?? [])
    for (const entry of dropped) this.all.delete(entry)
    if (key !== null) this.byKey.delete(key)
    this.operations.push({ is: 'remove', key, element, layer, dropped })
  }
}
