import { keyOf } from './collection.ts'
import { type Declarations, declarations } from './declared.ts'
import { attribute, childrenNamed, type Element } from './document.ts'
import { locations } from './locations.ts'
import { canonical } from './schema/normalise.ts'
import { ANYWHERE, inside, sections } from './schema/schema.ts'
import type { CollectionSchema, ElementSchema } from './schema/types.ts'

/** Something in one file that IIS refuses, whatever else is read with it. */
export interface MarkupFault {
  readonly element: Element
  readonly what: string
  readonly code: string
}

export const MALFORMED = '0x8007000d'
export const DUPLICATE = '0x800700b7'
export const LOCKED = '0x80070021'

const judged = new WeakMap<Element, { readonly host: Element; readonly faults: readonly MarkupFault[] }>()

/**
 * Faults that a file has by itself: strange or invalid attributes and elements in sections that are known, sections
 * given twice for one path, configSections in a wrong place. `host` is the root of applicationHost.config.
 */
export function markupFaults(root: Element, host: Element): readonly MarkupFault[] {
  const before = judged.get(root)
  if (before?.host === host) return before.faults
  const declared = declarations(host)
  const faults = [
    ...configSectionsFaults(root),
    ...locationFaults(root),
    ...twice(root, declared),
    ...[root, ...childrenNamed(root, 'location')].flatMap((layer) => knownSections(layer, declared)),
  ]
  judged.set(root, { host, faults })
  return faults
}

function configSectionsFaults(root: Element): readonly MarkupFault[] {
  const wrong = root.children.find((child, index) => child.name === 'configSections' && index > 0)
  if (wrong === undefined) return []
  const what =
    'Only one <configSections> element allowed. It must be the first child element of <configuration>'
  return [{ element: wrong, what, code: MALFORMED }]
}

function locationFaults(root: Element): readonly MarkupFault[] {
  const what = 'a location has overrideMode or allowOverride, not both'
  return childrenNamed(root, 'location')
    .filter(
      (each) =>
        attribute(each, 'overrideMode') !== undefined && attribute(each, 'allowOverride') !== undefined,
    )
    .map((element) => ({ element, what, code: MALFORMED }))
}

const found = new WeakMap<
  Element,
  { readonly declared: Declarations; readonly sections: readonly SectionElement[] }
>()

/** The elements of declared sections in a layer, with their whole paths; what no group or section declares too. */
export function sectionsIn(layer: Element, declared: Declarations): readonly SectionElement[] {
  const before = found.get(layer)
  if (before?.declared === declared) return before.sections
  const sections: SectionElement[] = []
  for (const child of layer.children)
    if (declared.groups.has(child.name) || declared.sections.has(child.name) || NATIVE.has(child.name))
      gather(child, child.name, declared, sections)
  found.set(layer, { declared, sections })
  return sections
}

export interface SectionElement {
  readonly path: string
  readonly element: Element
  readonly declared: boolean
}

/** Groups whose sections are declared in applicationHost.config; those of .NET are declared in files not read here. */
const NATIVE: ReadonlySet<string> = new Set(['system.webServer', 'system.applicationHost'])

function gather(element: Element, path: string, declared: Declarations, found: SectionElement[]): void {
  if (declared.sections.has(path)) found.push({ path, element, declared: true })
  else if (declared.groups.has(path) || NATIVE.has(path))
    for (const child of element.children) gather(child, `${path}/${child.name}`, declared, found)
  else found.push({ path, element, declared: false })
}

/** A section may be given once for a path: outside of locations, or in one of them. */
function twice(root: Element, declared: Declarations): readonly MarkupFault[] {
  const own = [root, ...(locations(root).get('') ?? [])]
  const others = [...locations(root)].flatMap(([path, elements]) => (path === '' ? [] : [elements]))
  return [own, ...others].flatMap((elements) => {
    const seen = new Set<string>()
    return elements
      .flatMap((layer) => sectionsIn(layer, declared))
      .filter(({ path, declared: is }) => is && seen.size === seen.add(path).size)
      .map(({ path, element }) => ({
        element,
        what: `There is a duplicate '${path}' section defined`,
        code: DUPLICATE,
      }))
  })
}

/** Sections that nothing declares are refused as such, so what stands in them is not judged. */
function knownSections(layer: Element, declared: Declarations): readonly MarkupFault[] {
  return sectionsIn(layer, declared).flatMap(({ path, element }) => {
    const schema = Object.hasOwn(sections, path) ? sections[path] : undefined
    return schema === undefined ? [] : elementFaults(element, schema, false)
  })
}

function elementFaults(element: Element, schema: ElementSchema, isEntry: boolean): readonly MarkupFault[] {
  const faults = attributeFaults(element, schema, isEntry)
  for (const child of element.children) faults.push(...childFaults(child, schema))
  if (isEntry) faults.push(...childrenFaults(element, schema))
  return faults
}

function childFaults(child: Element, schema: ElementSchema): readonly MarkupFault[] {
  const { collection } = schema
  const known = inside(schema, child.name)
  if (known !== undefined) return elementFaults(child, known, collection?.add.includes(child.name) ?? false)
  if (child.name === collection?.clear) return []
  if (collection !== undefined && child.name === collection.remove) return removeFaults(child, collection)
  return schema.open === true
    ? []
    : [{ element: child, what: `Unrecognized element '${child.name}'`, code: MALFORMED }]
}

function removeFaults(element: Element, { key }: CollectionSchema): readonly MarkupFault[] {
  const has = new Set(element.attributes.map(({ name }) => name))
  return key
    .slice(0, 1)
    .filter((name) => !has.has(name))
    .map((name) => missing(element, name))
}

function missing(element: Element, name: string): MarkupFault {
  return { element, what: `Missing required attribute '${name}'`, code: MALFORMED }
}

/** Prefixed names and namespaces are left to XML; the lock attributes may stand anywhere. */
function attributeFaults(element: Element, schema: ElementSchema, isEntry: boolean): MarkupFault[] {
  const faults: MarkupFault[] = []
  for (const { name, value } of element.attributes) {
    const attribute = Object.hasOwn(schema.attributes, name) ? schema.attributes[name] : undefined
    const normal = attribute === undefined ? null : canonical(attribute, value)
    if (normal?.is === 'fault') {
      faults.push({ element, what: `The '${name}' attribute is invalid: ${normal.why}`, code: MALFORMED })
    } else if (normal === null && !ANYWHERE.has(name) && !/^xmlns|:/.test(name) && schema.open !== true) {
      faults.push({ element, what: `Unrecognized attribute '${name}'`, code: MALFORMED })
    }
  }
  if (!isEntry) return faults
  for (const [name, { required }] of Object.entries(schema.attributes))
    if (required && !element.attributes.some((each) => each.name === name))
      faults.push(missing(element, name))
  return faults
}

/** Collections inside an entry are not merged with those of other levels, so equal keys show in the file alone. */
function childrenFaults(entry: Element, schema: ElementSchema): readonly MarkupFault[] {
  const own = duplicateKeys(entry, schema.collection)
  const inner = Object.entries(schema.children).flatMap(([name, child]) =>
    childrenNamed(entry, name).flatMap((element) => duplicateKeys(element, child.collection)),
  )
  return [...own, ...inner]
}

function duplicateKeys(element: Element, collection: CollectionSchema | undefined): readonly MarkupFault[] {
  if (collection === undefined || collection.key.length === 0) return []
  const seen = new Set<string>()
  const faults: MarkupFault[] = []
  for (const child of element.children) {
    const key = keyOf(collection, child) ?? ''
    if (child.name === collection.clear) seen.clear()
    else if (child.name === collection.remove) seen.delete(key)
    else if (collection.add.includes(child.name) && seen.size === seen.add(key).size)
      faults.push({ element: child, what: duplicateText(collection, child), code: DUPLICATE })
  }
  return faults
}

/** In the words of IIS, which administrators search for. */
export function duplicateText({ key }: CollectionSchema, element: Element): string {
  const [first = ''] = key
  const value = (name: string) => element.attributes.find((each) => each.name === name)?.value ?? ''
  const start = `Cannot add duplicate collection entry of type '${element.name}' with`
  if (key.length === 1) return `${start} unique key attribute '${first}' set to '${value(first)}'`
  return `${start} combined key attributes '${key.join(', ')}' set to '${key.map(value).join(', ')}'`
}
