import { collectionIn, type Entry, type Operation } from './collection.ts'
import type { Configuration } from './configuration.ts'
import { type Declaration, type Declarations, declarations } from './declared.ts'
import type { Element } from './document.ts'
import type { Layer } from './layers.ts'
import { carriesLocks, elementLock, type Lock, sectionLock } from './locked.ts'
import { elementsAt } from './lookup.ts'
import {
  DUPLICATE,
  duplicateText,
  LOCKED,
  MALFORMED,
  type SectionElement,
  sectionsIn,
} from './markup-faults.ts'
import { samePath } from './paths.ts'
import { mergedCollections, schemaOf, sectionOf } from './schema/schema.ts'
import { applicationsOf } from './sites.ts'

/** Something that IIS refuses because of what is read together for one path. */
export interface PathFault {
  readonly layer: Layer
  readonly element: Element
  readonly what: string
  readonly code: string
}

/**
 * Faults that appear at exactly one path: sections that are not declared, not allowed or locked there, and entries that
 * were there before. `layers` is everything that is read for the path; what only levels above say is judged there.
 */
export function pathFaults(
  configuration: Configuration,
  layers: readonly Layer[],
  path: string,
): readonly PathFault[] {
  const here = layers.filter((layer) => samePath(layer.path, path))
  const faults = here.flatMap((layer) => sectionFaults(configuration, layers, layer))
  const host = declarations(configuration.root)
  const said = new Set(here.flatMap(({ element }) => sectionsIn(element, host).map((each) => each.path)))
  return [...faults, ...collectionFaults(layers, said, path)]
}

function sectionFaults(
  configuration: Configuration,
  all: readonly Layer[],
  layer: Layer,
): readonly PathFault[] {
  const host = declarations(configuration.root)
  return sectionsIn(layer.element, host).flatMap((section) => {
    const found = declarationFor(section, host, all)
    if (found === undefined) return [undeclared(layer, section)]
    const misplaced = placeFault(configuration, layer, found)
    if (misplaced !== null) return [{ layer, element: section.element, what: misplaced, code: LOCKED }]
    return locksOf(configuration, all, { layer, found, section: section.element })
  })
}

/** A web.config may declare sections of its own for itself and what lies below. */
function declarationFor(
  { path }: SectionElement,
  host: Declarations,
  all: readonly Layer[],
): Declaration | 'group' | undefined {
  const found = host.sections.get(path)
  if (found !== undefined) return found
  for (const layer of all) {
    const own = declarations(layer.text.root)
    const declared = own.sections.get(path) ?? (own.groups.has(path) ? 'group' : undefined)
    if (declared !== undefined) return declared
  }
  return undefined
}

/** The commonest cause: URL Rewrite is not installed, and a `<rewrite>` element makes every request a 500.19. */
function undeclared(layer: Layer, { path, element }: SectionElement): PathFault {
  const what = `The configuration section '${path}' cannot be read because it is missing a section declaration`
  return { layer, element, what, code: MALFORMED }
}

function placeFault(configuration: Configuration, layer: Layer, found: Declaration | 'group'): string | null {
  if (found === 'group') return null
  const cannot = `This configuration section cannot be used at this path: ${found.section}`
  const { allowDefinition, allowLocation } = found
  if (allowDefinition === 'AppHostOnly' && layer.path !== '')
    return `${cannot} is for applicationHost.config alone`
  if (!allowLocation && layer.element.name === 'location') return `${cannot} may not stand in a location`
  const root = (path: string) => applicationsOf(configuration.sites).some((each) => samePath(each.path, path))
  if (allowDefinition === 'MachineToApplication' && layer.path !== '' && !root(layer.path))
    return `${cannot} may stand at the root of an application only`
  return null
}

interface Said {
  readonly layer: Layer
  readonly found: Declaration | 'group'
  readonly section: Element
}

/** Locks hold for files of lower levels, so applicationHost.config itself has none. */
function locksOf(configuration: Configuration, all: readonly Layer[], said: Said): readonly PathFault[] {
  const { layer, found, section } = said
  if (layer.level === '' || found === 'group') return []
  // A location of a higher file about this very path counts too, so what is above is a matter of levels, not of paths.
  const above = all.slice(0, all.indexOf(layer)).filter((each) => !samePath(each.level, layer.level))
  const lock = sectionLock(above, found, configuration)
  if (lock !== null) return [lockFault(layer, section, lock)]
  const locking = above.filter((each) => elementsAt(each.element, found.section).some(carriesLocks))
  return locking.length === 0 ? [] : elementLocks(locking, said, found.section, section)
}

/** One fault for each element that says something locked, for the first lock on it. */
function elementLocks(
  above: readonly Layer[],
  said: Said,
  path: string,
  element: Element,
): readonly PathFault[] {
  const { layer, section } = said
  const start = (said.found as Declaration).section
  const lockOf = (name?: string, inner = path) =>
    elementLock(above, start, name === undefined ? [inner] : [inner, name])
  const locks = [
    ...element.attributes.map(({ name }) => lockOf(name)),
    ...element.children.map(({ name }) =>
      isOperation(path, name) ? null : lockOf(undefined, `${path}/${name}`),
    ),
    element === section ? lockOf() : null,
  ].filter((lock) => lock !== null)
  const own = locks.slice(0, 1).map((lock) => lockFault(layer, element, lock))
  const inner = element.children
    .filter((child) => !isOperation(path, child.name))
    .flatMap((child) => elementLocks(above, said, `${path}/${child.name}`, child))
  return [...own, ...inner]
}

/** Entries of a collection are others than those of the level above, though their elements have one name. */
function isOperation(path: string, name: string): boolean {
  const collection = schemaOf(path)?.collection
  if (collection === undefined) return ['add', 'remove', 'clear'].includes(name)
  return collection.add.includes(name) || name === collection.remove || name === collection.clear
}

function lockFault(layer: Layer, element: Element, lock: Lock): PathFault {
  return {
    layer,
    element,
    what: `This configuration section cannot be used at this path: ${lock.why}`,
    code: LOCKED,
  }
}

/** `said`: the sections of which the path's own layers speak; no others can bring two of their entries together. */
function collectionFaults(
  all: readonly Layer[],
  said: ReadonlySet<string>,
  path: string,
): readonly PathFault[] {
  return mergedCollections
    .filter((each) => said.has(sectionOf(each) ?? each))
    .flatMap((each) => {
      const merged = collectionIn(all, each, path)
      const schema = schemaOf(each)?.collection
      if (merged.is === 'unknown' || schema === undefined) return []
      const { duplicates, operations } = merged.value
      // An inherited pair is the fault of the path above that brought it together, and told there.
      const twice = duplicates
        .filter(({ entry }) => !entry.inherited)
        .map(({ entry: { layer, element }, earlier }) => ({
          layer,
          element,
          what: `${duplicateText(schema, element)}, which ${whereFrom(earlier, layer)} has`,
          code: DUPLICATE,
        }))
      return [...twice, ...violations(operations, path)]
    })
}

/** Modules and handlers of the server are often locked one by one, with `lockItem`. */
function violations(operations: readonly Operation[], path: string): readonly PathFault[] {
  const what = 'Lock violation: it takes a locked entry away'
  return operations
    .filter(
      ({ layer, dropped }) => samePath(layer.path, path) && dropped.some((each) => isLocked(each, layer)),
    )
    .map(({ layer, element }) => ({ layer, element, what, code: LOCKED }))
}

function isLocked({ element, layer }: Entry, by: Layer): boolean {
  const text = element.attributes.find(({ name }) => name === 'lockItem')?.value
  return text?.toLowerCase() === 'true' && !samePath(layer.level, by.level)
}

/** Names the earlier one without a line, so that the fault is known again when the file moved around it. */
function whereFrom({ layer }: Entry, later: Layer): string {
  if (layer === later) return 'this section itself'
  const level = layer.path === '' ? 'the server' : layer.path
  return samePath(layer.file, later.file)
    ? `this file, read for ${level} already,`
    : `${layer.file} for ${level}`
}
