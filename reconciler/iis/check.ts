import type { See } from '../model/thing.ts'
import { type Configuration, configuration } from './configuration.ts'
import { attribute, childrenNamed, type Element } from './document.ts'
import { type Layer, layers } from './layers.ts'
import { MALFORMED, markupFaults } from './markup-faults.ts'
import { pathFaults } from './path-faults.ts'
import { joinSitePath, pathAndAbove, sitePath } from './paths.ts'
import { place } from './place.ts'
import { readersOf } from './readers.ts'
import { type Malformed, readText, type Text } from './seen.ts'
import { standing } from './standing.ts'

/** Why IIS refuses requests to a path (500.19), or the whole server (503) when the path is empty. */
export interface Fault {
  /** Site path; empty for the server. */
  readonly path: string
  readonly file: string
  readonly line: number
  readonly column: number
  /** As IIS says it, where it has words for it. */
  readonly what: string
  /** The HRESULT that IIS shows: 0x80070021 locked, 0x8007000d malformed or unknown, 0x800700b7 duplicate. */
  readonly code: string
}

/**
 * What IIS refuses at every known path that reads one of the files: applications, virtual directories and locations.
 * A path that cannot be judged yet (a file nobody has looked at) has no faults; its files are all asked for.
 */
export function faults(see: See, files: readonly string[]): readonly Fault[] {
  const broken = files.flatMap((file) => {
    const read = readText(see, file)
    return read.is === 'malformed' ? [read] : []
  })
  const read = configuration(see)
  if (read.is === 'unknown') return broken.map((each) => malformedFault('', each))
  const found = files.flatMap((file) => readersOf(read.value, file))
  const paths = new Map(found.map((path) => [path.toLowerCase(), path]))
  return [...paths.values()].flatMap((path) => faultsAt(see, read.value, path))
}

/**
 * The faults that a change brings: those of `after` that were not there in `before`. Faults are the same when path, file
 * and words are, wherever in the file they stand; of several equal ones only those beyond the former number are new.
 */
export function newFaults(before: See, after: See, files: readonly string[]): readonly Fault[] {
  const former = new Map<string, number>()
  for (const fault of faults(before, files))
    former.set(identity(fault), (former.get(identity(fault)) ?? 0) + 1)
  return faults(after, files).filter((fault) => {
    const left = former.get(identity(fault)) ?? 0
    former.set(identity(fault), left - 1)
    return left <= 0
  })
}

/**
 * What keeps one path from being served: the faults of everything that is read for it, on its own level and on those
 * above. What stands in a location that does not reach the path is not one of them. A file that is not readable at all
 * stands first and alone; of files that nobody has looked at nothing is said.
 */
export function faultsOf(see: See, host: Configuration, path: string): readonly Fault[] {
  const paths = pathAndAbove(path)
  const texts = paths.map((each) => ({ path: each, text: ownText(see, host, each) }))
  const broken = texts.find(({ text }) => text?.is === 'malformed')
  if (broken?.text?.is === 'malformed') return [malformedFault(broken.path, broken.text)]
  const all = layers(see, host, path)
  if (all.is === 'unknown') return []
  const reaching = new Set(all.value.map(({ element }) => element))
  return texts.flatMap(({ path: at, text }) => {
    const alone = text?.is === 'text' ? markupFaults(text.root, host.root) : []
    const there = layers(see, host, at)
    const met = there.is === 'unknown' ? [] : pathFaults(host, there.value, at)
    return [
      ...alone
        .filter(({ element }) => reaching.has(layerElement(element)))
        .map((fault) => faultOf({ ...fault, text: text as Text }, at)),
      ...met
        .filter(({ layer }) => reaching.has(layer.element))
        .map((fault) => faultOf({ ...fault, text: fault.layer.text }, at)),
    ]
  })
}

/** The root of a file or the location in which an element stands. */
function layerElement(element: Element): Element {
  if (element.parent === null) return element
  return element.name === 'location' && element.parent.parent === null
    ? element
    : layerElement(element.parent)
}

/** A fault that shows only to whoever uses what the element says; IIS would call the section invalid. */
export function refusal(text: Text, element: Element, { path, what }: Pick<Fault, 'path' | 'what'>): Fault {
  return faultOf({ text, element, what, code: MALFORMED }, path)
}

function identity({ path, file, what }: Fault): string {
  return [path.toLowerCase(), file.toLowerCase(), what].join('\u0000')
}

/** Faults of a path itself and of the paths below it that its own web.config names in locations. */
function faultsAt(see: See, host: Configuration, path: string): readonly Fault[] {
  const own = ownText(see, host, path)
  if (own?.is === 'malformed') return [malformedFault(path, own)]
  const text = own?.is === 'text' ? own : null
  const alone = text === null ? [] : markupFaults(text.root, host.root)
  const below = text === null || path === '' ? [] : locatedBelow(text, path)
  return [
    ...alone.map((fault) => faultOf({ ...fault, text: text as Text }, path)),
    ...[path, ...below].flatMap((each) => together(see, host, each)),
  ]
}

/** The file that speaks at exactly this level. */
function ownText(see: See, host: Configuration, path: string): Text | Malformed | null {
  if (path === '') return host.text
  const located = place(host, path)
  if (located.is !== 'place' || !located.application.override) return null
  const read = readText(see, located.webConfig)
  return read.is === 'text' || read.is === 'malformed' ? read : null
}

function locatedBelow(text: Text, path: string): readonly string[] {
  const found = childrenNamed(text.root, 'location')
    .map((each) => sitePath(attribute(each, 'path') ?? ''))
    .filter((below) => below !== '')
  return [...new Set(found)].map((below) => joinSitePath(path, below))
}

// Each change of a plan is judged on its own, and most paths read what they read before it.
const memory = new WeakMap<
  Element,
  Map<string, { readonly layers: readonly Layer[]; readonly faults: readonly Fault[] }>
>()

function together(see: See, host: Configuration, path: string): readonly Fault[] {
  const read = layers(see, host, path)
  if (read.is === 'unknown') return []
  const known = memory.get(host.root) ?? new Map()
  memory.set(host.root, known)
  const before = known.get(path)
  if (before !== undefined && sameLayers(before.layers, read.value)) return before.faults
  const found = pathFaults(host, read.value, path).map((fault) =>
    faultOf({ ...fault, text: fault.layer.text }, path),
  )
  known.set(path, { layers: read.value, faults: found })
  return found
}

function sameLayers(a: readonly Layer[], b: readonly Layer[]): boolean {
  return a.length === b.length && a.every((layer, index) => layer.element === b[index]?.element)
}

interface Found {
  readonly text: Text
  readonly element: Element
  readonly what: string
  readonly code: string
}

function faultOf({ text, element, what, code }: Found, path: string): Fault {
  return { path, file: text.file, ...standing(text.document, element), what, code }
}

function malformedFault(path: string, { file, line, column, why }: Malformed): Fault {
  const what = `Configuration file is not well-formed XML: ${why.slice(why.lastIndexOf(': ') + 2)}`
  return { path, file, line, column, what, code: MALFORMED }
}
