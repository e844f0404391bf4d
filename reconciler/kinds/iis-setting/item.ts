import { collection, type Entry } from '../../iis/collection.ts'
import { type Configuration, configuration } from '../../iis/configuration.ts'
import { sectionDeclared } from '../../iis/declared.ts'
import { attribute, childrenNamed, type Element } from '../../iis/document.ts'
import { insertElement } from '../../iis/edit.ts'
import { applicationsReading } from '../../iis/impact.ts'
import { type Known, known } from '../../iis/known.ts'
import { samePath, sitePathOf } from '../../iis/paths.ts'
import { removeElement } from '../../iis/remove.ts'
import { schemaOf } from '../../iis/schema/schema.ts'
import type { CollectionSchema } from '../../iis/schema/types.ts'
import { location, type Segment, sectionAt } from '../../iis/section.ts'
import { equalJson } from '../../model/equal.ts'
import type {
  Before,
  Fields,
  Impact,
  Json,
  MadeByFile,
  Reading,
  Resource,
  Wish,
} from '../../model/resource.ts'
import type { See } from '../../model/thing.ts'
import { type Draft, openDraft } from '../draft.ts'
import { returnEntry, takeEntry } from '../entry.ts'
import { find, missing } from '../missing.ts'
import { keyPath } from '../setting.ts'
import { specOf } from '../spec.ts'
import { held, nothing, unknownWish, unowned } from '../wishes.ts'

/** An atomic entry of kind `iis-setting` that names an item of a collection. */
export interface ItemSpec {
  readonly at: string
  readonly section: string
  readonly item: {
    readonly key: { readonly [attribute: string]: string }
    readonly attributes?: { readonly [attribute: string]: string }
    readonly present?: boolean
  }
  readonly ifMissing?: 'skip' | 'fail'
}

/** Why an item cannot be one of its section; null when it can. */
export function itemFault({ section, item }: ItemSpec): string | null {
  const schema = schemaOf(section)?.collection
  if (schema === undefined) return `No collection is known at ${section}.`
  const keys = Object.keys(item.key)
  const missing_ = schema.key.find((name) => !keys.includes(name))
  if (missing_ !== undefined) return `An item of ${section} is identified by ${schema.key.join(' and ')}.`
  if (item.present === false && schema.remove === undefined) return `Items of ${section} cannot be removed.`
  if (item.present === false && item.attributes !== undefined)
    return 'What is not to be there has no attributes.'
  return null
}

/** A lens on one item of a collection. */
export function itemResource(json: Json, mitigation: string): Resource {
  const spec = specOf<ItemSpec>(json)
  const key = Object.entries(spec.item.key).map(([name, value]) => `${name}=${value}`)
  const want = wanted(spec)
  return {
    kind: 'iis-setting',
    key: `iis-setting:${keyPath(spec.at)}:${spec.section}:[${key.join(',')}]`,
    mitigation,
    spec: json,
    want,
    stops: false,
    read: (see) => read(spec, see),
    put: (see, made) => put(spec, see, made),
    undo: (see, before, made, set) => undo(spec, { before, made, set: set ?? want }, see),
    impact: (see) => impactOf(spec, see),
  }
}

/** The item's other attributes are fields beside `present`, so that a changed one is seen. */
function wanted({ item }: ItemSpec): Fields {
  return item.present === false ? { present: false } : { present: true, ...item.attributes }
}

interface Now {
  readonly server: Configuration
  /** The element it is in, when it is in effect. */
  readonly entry: Entry | undefined
  readonly fields: Fields
}

/** As found at the path; nowhere: this server does not have the path. */
type Looked = Known<Now> | { readonly is: 'nowhere'; readonly why: string }

/** What is in effect for the path, whichever file says it. */
function look(spec: ItemSpec, see: See): Looked {
  const server = configuration(see)
  if (server.is === 'unknown') return server
  const found = find(see, server.value, spec.at)
  if (found.is === 'unknown' || found.is === 'nowhere') return found
  const read = collection(see, server.value, spec.at, spec.section)
  if (read.is === 'unknown') return read
  const entry = read.value.entries.find(({ element }) => isMeant(spec, element))
  const names = Object.keys(spec.item.attributes ?? {})
  const values = names.map((name): [string, Json] => [
    name,
    (entry && attribute(entry.element, name)) ?? null,
  ])
  const fields = entry === undefined ? { present: false } : { present: true, ...Object.fromEntries(values) }
  return known({ server: server.value, entry, fields })
}

/** Without case, as nearly all keys of IIS are; where they have case the checks of the plan find a second one. */
function isMeant({ item }: ItemSpec, element: Element): boolean {
  return Object.entries(item.key).every(([name, value]) => samePath(attribute(element, name) ?? '', value))
}

function read(spec: ItemSpec, see: See): Reading {
  const now = look(spec, see)
  if (now.is === 'nowhere') return missing(now.why, spec.ifMissing ?? 'fail')
  if (now.is === 'unknown') return now
  const { entry, fields } = now.value
  const inherited =
    entry === undefined || isOwn(spec, entry)
      ? {}
      : { inherited: `it is inherited, ${entry.layer.file} has it` }
  return { is: 'present', fields, ours: false, ...inherited }
}

/** Said for the very path. */
function isOwn({ at }: ItemSpec, { layer }: Entry): boolean {
  return samePath(layer.path, sitePathOf(at))
}

/** Ours always go to applicationHost.config: there they survive an Exchange update, and nothing is locked. */
function sectionsOf(spec: ItemSpec): readonly Segment[] {
  const at = sitePathOf(spec.at)
  return [...(at === '' ? [] : [location(at)]), ...spec.section.split('/')]
}

/** Adds, takes out, or removes for the path. An item with other attributes is somebody's choice and is not changed. */
function put(spec: ItemSpec, see: See, made: MadeByFile): Wish {
  const now = look(spec, see)
  if (now.is === 'nowhere') return { is: 'unknown', why: now.why }
  if (now.is === 'unknown') return unknownWish(now)
  const { server, entry, fields } = now.value
  const before: Before = { fields }
  if (equalJson(fields, wanted(spec))) return nothing(before)
  const schema = schemaOf(spec.section)?.collection
  if (schema === undefined || !isDeclared(server, spec.section)) {
    return held('would-break', `${server.file} declares no section for ${spec.section}`)
  }
  if (entry !== undefined && spec.item.present !== false) {
    const detail = `${entry.layer.file} already has this item, with other attributes; a second one would be refused (500.19)`
    return held('would-break', detail)
  }
  const own = entry !== undefined && isOwn(spec, entry) ? entry : undefined
  const draft = openDraft(see, own?.layer.file ?? server.file, made)
  if (draft.is === 'unknown') return unknownWish(draft)
  if (own !== undefined) {
    const raw = { file: draft.value.file, ...takeEntry(draft.value, own.element) }
    return wishOf(draft.value, { ...before, raw })
  }
  insert(draft.value, spec, entry === undefined ? (schema.add[0] ?? 'add') : (schema.remove ?? 'remove'))
  return wishOf(draft.value, before)
}

/** A collection can lie deeper than the section that is declared, as customHeaders does. */
function isDeclared(server: Configuration, path: string): boolean {
  const parts = path.split('/')
  return parts.some((_, index) => sectionDeclared(server, parts.slice(0, index + 1).join('/')) !== undefined)
}

function insert(draft: Draft, spec: ItemSpec, name: string): void {
  const { key, attributes, present } = spec.item
  const all = Object.entries(present === false ? key : { ...key, ...attributes })
  const markup = { name, attributes: all, children: [] }
  // A `remove` speaks about what is inherited, so it must stand before what is added here.
  const position = present === false ? 'first' : 'last'
  const insertion = { scope: draft.root, sections: sectionsOf(spec), markup, position } as const
  draft.take(insertElement(draft.document, insertion, draft.made))
}

interface Past {
  readonly before: Before | null
  readonly made: MadeByFile
  readonly set: Fields
}

/** Only what still is as it was set; bytes where there were some, else our own element goes. */
function undo(spec: ItemSpec, { before, made, set }: Past, see: See): Wish {
  const now = look(spec, see)
  if (now.is === 'nowhere') return nothing(before)
  if (now.is === 'unknown') return unknownWish(now)
  const untouched = before?.fields?.['present'] === set['present']
  if (!equalJson(now.value.fields, set) || untouched) return nothing(before)
  if (before === null) return unowned(`the item of ${spec.section} at ${spec.at}`)
  const raw = specOf<Fields>(before.raw ?? {})
  const file = typeof raw['file'] === 'string' ? raw['file'] : now.value.server.file
  const draft = openDraft(see, file, made)
  if (draft.is === 'unknown') return unknownWish(draft)
  const schema = schemaOf(spec.section)?.collection
  if (raw['element'] !== undefined) returnEntry(draft.value, placeIn(draft.value, spec), before.raw)
  else if (schema !== undefined) takeOurs(draft.value, spec, schema)
  return wishOf(draft.value, before)
}

/** The section that the item came from: in a web.config its own, else in the location. */
function placeIn(draft: Draft, spec: ItemSpec): readonly Segment[] {
  const located = sectionsOf(spec)
  const own = spec.section.split('/')
  return sectionAt(draft.root, located) === null && sectionAt(draft.root, own) !== null ? own : located
}

/** Ours is the one in the location where `put` writes; an equal one in another file is somebody else's. */
function takeOurs(draft: Draft, spec: ItemSpec, schema: CollectionSchema): void {
  const names = spec.item.present === false ? [schema.remove ?? 'remove'] : schema.add
  const section = sectionAt(draft.root, sectionsOf(spec))
  const ours = names
    .flatMap((name) => (section === null ? [] : childrenNamed(section, name)))
    .find((element) => isMeant(spec, element))
  if (ours !== undefined) draft.take(removeElement(draft.document, ours, draft.made))
}

function wishOf(draft: Draft, before: Before): Wish {
  return { is: 'wish', parts: draft.parts(), before, made: draft.madeByFile() }
}

function impactOf(spec: ItemSpec, see: See): Impact {
  const now = look(spec, see)
  if (now.is !== 'known' || now.value.entry === undefined || spec.item.present !== false) {
    return { stops: [], restarts: [] }
  }
  return { stops: [], restarts: applicationsReading(now.value.server, now.value.entry.layer.file) }
}
