import { type Configuration, configuration } from '../iis/configuration.ts'
import { attribute, childrenNamed, type Element } from '../iis/document.ts'
import { locationPath, locationsAt } from '../iis/locations.ts'
import { elementsAt } from '../iis/lookup.ts'
import { SERVER } from '../iis/paths.ts'
import { place } from '../iis/place.ts'
import { outboundRuleFields, ruleFields } from '../iis/rule.ts'
import { readText } from '../iis/seen.ts'
import { applicationsOf } from '../iis/sites.ts'
import type { Fields, Json, Resource } from '../model/resource.ts'
import type { See } from '../model/thing.ts'
import { hasName, nameOf, unmarked } from './mark.ts'
import { ruleResource } from './rule-resource.ts'
import type { RuleFile, RuleKindName } from './rule-spec.ts'
import { keyPath } from './setting.ts'

/** A scope of a file that can hold rules, and the paths it speaks about. */
interface Scope {
  /** Several where paths share a file; the one that stands highest comes first. */
  readonly paths: readonly string[]
  readonly in: RuleFile
  readonly element: Element
}

/** Every rule on the server that carries our mark, as a resource that can take it back; see `Kind.ours`. */
export function ourRules(see: See, kind: RuleKindName, known: ReadonlySet<string>): readonly Resource[] {
  const server = configuration(see)
  if (server.is === 'unknown') return []
  const scopes = [...hostScopes(server.value), ...webScopes(see, server.value)]
  const found = new Map<string, Resource>()
  for (const scope of scopes) {
    for (const resource of inScope(scope, kind, known)) {
      const key = resource.key.toLowerCase()
      if (!found.has(`${key} ${resource.mitigation}`)) found.set(`${key} ${resource.mitigation}`, resource)
    }
  }
  return [...found.values()]
}

/** The root holds global rules, each location the rules of its path. */
function hostScopes({ root }: Configuration): readonly Scope[] {
  const located = childrenNamed(root, 'location').map((element) => ({
    paths: [locationPath(element)],
    element,
  }))
  return [{ paths: [''], element: root }, ...located].map((each) => ({
    ...each,
    in: 'applicationHost.config',
  }))
}

/** One scope for each file: applications that share a folder share its rules. */
function webScopes(see: See, server: Configuration): readonly Scope[] {
  const files = new Map<string, string[]>()
  const all = applicationsOf(server.sites).flatMap(({ virtualDirectories }) => virtualDirectories)
  for (const { path } of [...all].sort((a, b) => a.path.length - b.path.length)) {
    const located = place(server, path)
    if (located.is !== 'place') continue
    const key = located.webConfig.toLowerCase()
    const sharing = files.get(key)
    if (sharing === undefined) files.set(key, [path])
    else sharing.push(path)
  }
  return [...files].flatMap(([file, paths]) => {
    const text = readText(see, file)
    if (text.is !== 'text') return []
    return [text.root, ...locationsAt(text.root, '')].map((element) => ({
      paths,
      in: 'web.config' as const,
      element,
    }))
  })
}

/** Rules by mark in one scope. */
function inScope(scope: Scope, kind: RuleKindName, keys: ReadonlySet<string>): readonly Resource[] {
  const sections =
    kind === 'outbound-rule' ? (['outboundRules'] as const) : (['rules', 'globalRules'] as const)
  return sections.flatMap((section) =>
    elementsAt(scope.element, `system.webServer/rewrite/${section}`)
      .flatMap((found) => childrenNamed(found, 'rule'))
      .flatMap((rule) => {
        const mark = unmarked(nameOf(rule))
        if (mark === null) return []
        const paths = scope.paths.map((path) => keyPath(path))
        const isKnown = (path: string) => keys.has(`${kind}:${path}:${mark.name}`.toLowerCase())
        const at = paths.find(isKnown) ?? paths[0] ?? SERVER
        const make = () => ruleResource(specFrom(rule, { scope, kind, at, name: mark.name }), mark.mitigation)
        return [once(rule, at, make)]
      }),
  )
}

// A pass asks several times with the same documents.
const known = new WeakMap<Element, { readonly at: string; readonly resource: Resource }>()

function once(rule: Element, at: string, make: () => Resource): Resource {
  const before = known.get(rule)
  if (before?.at === at) return before.resource
  const resource = make()
  known.set(rule, { at, resource })
  return resource
}

/** The specification that would make this rule, as far as it can be read; enough to take it back in any case. */
function specFrom(
  rule: Element,
  { scope, kind, at, name }: { scope: Scope; kind: RuleKindName; at: string; name: string },
): Json {
  const parent = rule.parent
  const conditions = parent === null ? [] : elementsAt(parent, 'preConditions/preCondition')
  const read =
    kind === 'outbound-rule'
      ? outboundRuleFields(rule, conditions)
      : ruleFields(rule, parent?.name === 'globalRules' ? 'globalRules' : 'rules')
  const body: Fields =
    read.is === 'known' ? withoutNulls(read.value) : { match: { url: '.*' }, action: { type: 'None' } }
  const { enabled: _, responseCacheDirective: __, preCondition, ...others } = body
  const marked = preConditionOf(rule, conditions)
  const spec = { kind, at, in: scope.in, name, ...others }
  if (marked === null) return spec
  return { ...spec, preCondition: { ...(preCondition as Fields | undefined), name: marked } }
}

/** Name of the preCondition without our mark; null when the rule names none of ours. */
function preConditionOf(rule: Element, conditions: readonly Element[]): string | null {
  const wanted = attribute(rule, 'preCondition')
  if (wanted === undefined || !conditions.some((each) => hasName(each, wanted))) return null
  return unmarked(wanted)?.name ?? null
}

/** Canonical fields have null where IIS has no default; a specification leaves such a property out. */
function withoutNulls(fields: Fields): Fields {
  const kept = Object.entries(fields).flatMap(([key, value]): [string, Json][] => {
    if (value === null) return []
    const group = typeof value === 'object' && !Array.isArray(value)
    return [[key, group ? withoutNulls(value as Fields) : value]]
  })
  return Object.fromEntries(kept)
}
