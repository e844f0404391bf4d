import { hostSections } from './host.ts'
import { rewriteSections } from './rewrite.ts'
import { serverSections } from './server.ts'
import type { AttributeSchema, ElementSchema } from './types.ts'

/** All that we know of what may stand where; sections that are not here are left unjudged. */
export const sections: { readonly [section: string]: ElementSchema } = {
  ...rewriteSections,
  ...hostSections,
  ...serverSections,
}

/** Attributes that IIS takes on any element. */
export const ANYWHERE: ReadonlySet<string> = new Set([
  'lockItem',
  'lockAttributes',
  'lockElements',
  'lockAllAttributesExcept',
  'lockAllElementsExcept',
  'configSource',
  'configProtectionProvider',
])

/**
 * The schema of the element at a whole path of names, such as `system.webServer/rewrite/rules/rule/match` or
 * `system.webServer/security/authentication/windowsAuthentication/extendedProtection`; undefined where it is not known.
 */
export function schemaOf(path: string): ElementSchema | undefined {
  const section = sectionOf(path)
  if (section === undefined) return undefined
  return path
    .slice(section.length)
    .split('/')
    .filter(Boolean)
    .reduce<ElementSchema | undefined>((at, name) => at && inside(at, name), sections[section])
}

/** The schema of an element that stands directly in another: a child or a collection's entry. */
export function inside(schema: ElementSchema, name: string): ElementSchema | undefined {
  if (schema.collection?.add.includes(name)) return schema.collection.entry
  return Object.hasOwn(schema.children, name) ? schema.children[name] : undefined
}

/** The known section that a path of names is or lies in. */
export function sectionOf(path: string): string | undefined {
  const parts = path.split('/')
  for (let length = parts.length; length > 0; length--) {
    const section = parts.slice(0, length).join('/')
    if (Object.hasOwn(sections, section)) return section
  }
  return undefined
}

/** The schema of one attribute of the element at a path; undefined where it is not known. */
export function attributeSchema(path: string, attribute: string): AttributeSchema | undefined {
  const schema = schemaOf(path)
  return schema && Object.hasOwn(schema.attributes, attribute) ? schema.attributes[attribute] : undefined
}

/** Whole paths of all collections that are merged level by level; those inside an entry belong to that entry alone. */
export const mergedCollections: readonly string[] = Object.entries(sections).flatMap(([path, schema]) =>
  collectionsIn(path, schema),
)

function collectionsIn(path: string, schema: ElementSchema): readonly string[] {
  const below = Object.entries(schema.children).flatMap(([name, child]) =>
    collectionsIn(`${path}/${name}`, child),
  )
  return schema.collection === undefined ? below : [path, ...below]
}
