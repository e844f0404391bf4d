import { type Configuration, configuration } from '../iis/configuration.ts'
import { childrenNamed, type Element } from '../iis/document.ts'
import { type Known, known, unknown } from '../iis/known.ts'
import { locationsAt } from '../iis/locations.ts'
import { elementsAt } from '../iis/lookup.ts'
import { samePath } from '../iis/paths.ts'
import { applicationsBelow, type Place, place } from '../iis/place.ts'
import { location, pathBelow, pathOf, type Segment } from '../iis/section.ts'
import { readText } from '../iis/seen.ts'
import type { See } from '../model/thing.ts'
import { hasName, nameOf, unmarked } from './mark.ts'
import { find } from './missing.ts'
import type { Rule, RuleFile } from './rule-spec.ts'

/** Where a rule belongs on one server. */
export interface Home {
  readonly server: Configuration
  readonly place: Place | { readonly is: 'server'; readonly path: '' }
  readonly file: string
  /** From the root of that file to the collection. */
  readonly segments: readonly Segment[]
}

/** An element with a rule's name, wherever it stands among the files that speak about its path. */
export interface Occurrence {
  readonly file: string
  readonly in: RuleFile
  readonly element: Element
  /** It stands in the file and section where it belongs. */
  readonly right: boolean
}

/** Where a rule belongs, or that this server has no such path. */
export type Homed = Known<Home> | { readonly is: 'nowhere'; readonly why: string }

/** Finds where a rule belongs: file, and `location` in it where one is needed. */
export function homeOf(see: See, rule: Rule): Homed {
  const server = configuration(see)
  if (server.is === 'unknown') return server
  const found = find(see, server.value, rule.at === '' ? 'server' : rule.at)
  if (found.is === 'unknown' || found.is === 'nowhere') return found
  const section = rule.path.split('/')
  const home = (file: string, segments: readonly Segment[]): Homed =>
    known({ server: server.value, place: found, file, segments })
  if (found.is === 'server') return home(server.value.file, section)
  if (rule.in === 'applicationHost.config') {
    return home(server.value.file, [location(found.path), ...section])
  }
  // Applications below that read the same file would get the rule twice, and IIS would refuse them (500.19).
  const shared = applicationsBelow(server.value, found.path).some(({ path }) => {
    const below = place(server.value, path)
    return below.is === 'place' && samePath(below.folder, found.folder)
  })
  return home(found.webConfig, shared ? [location('.', false), ...section] : section)
}

/** Every element of ours with the rule's name in the files that can hold it for this path. Unknown when one is unreadable. */
export function occurrences(see: See, rule: Rule, home: Home): Known<readonly Occurrence[]> {
  const { server, place: found } = home
  const hostScopes =
    found.is === 'server'
      ? [server.root, ...locationsAt(server.root, '')]
      : locationsAt(server.root, found.path)
  const inHost = named(hostScopes, rule).map((element) => ({
    file: server.file,
    in: 'applicationHost.config',
    element,
  }))
  if (found.is === 'server') return known(judged(inHost as Found[], rule, home))
  const web = readText(see, found.webConfig)
  if (web.is === 'unknown' || web.is === 'malformed') return unknown(web.why)
  const webScopes = web.is === 'absent' ? [] : [web.root, ...locationsAt(web.root, '')]
  const inWeb = named(webScopes, rule).map((element) => ({
    file: found.webConfig,
    in: 'web.config',
    element,
  }))
  return known(judged([...inHost, ...inWeb] as Found[], rule, home))
}

type Found = Omit<Occurrence, 'right'>

function named(scopes: readonly Element[], rule: Rule): readonly Element[] {
  return scopes
    .flatMap((scope) => elementsAt(scope, rule.path))
    .flatMap((section) => oursIn(section).get(rule.spec.name.toLowerCase()) ?? [])
}

const marked = new WeakMap<Element, ReadonlyMap<string, readonly Element[]>>()

/** The rules of ours in one section by their specified names, in lower case. Every rule looks for itself there. */
function oursIn(section: Element): ReadonlyMap<string, readonly Element[]> {
  const before = marked.get(section)
  if (before !== undefined) return before
  const byName = new Map<string, Element[]>()
  for (const element of childrenNamed(section, 'rule')) {
    const name = unmarked(nameOf(element))?.name.toLowerCase()
    if (name === undefined) continue
    const same = byName.get(name)
    if (same === undefined) byName.set(name, [element])
    else same.push(element)
  }
  marked.set(section, byName)
  return byName
}

function judged(found: readonly Found[], rule: Rule, home: Home): readonly Occurrence[] {
  const right = home.segments.reduce<string>((path, segment) => pathBelow(path, segment), 'configuration')
  return found.map((one) => ({
    ...one,
    right:
      samePath(one.file, home.file) &&
      // The same rule of a mitigation that has another name by now is ours, but not as it should be.
      hasName(one.element, rule.name) &&
      one.element.parent !== null &&
      samePath(pathOf(one.element.parent), right),
  }))
}
