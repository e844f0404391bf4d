import { type Collection, collection, type Entry } from '../iis/collection.ts'
import type { Configuration } from '../iis/configuration.ts'
import { attribute, type Element } from '../iis/document.ts'
import { type Known, known } from '../iis/known.ts'
import { webConfigsOf } from '../iis/layers.ts'
import { isTrue } from '../iis/lookup.ts'
import { applicationsBelow, place } from '../iis/place.ts'
import { outboundRuleFields, ruleFields } from '../iis/rule.ts'
import type { Fields, Flaw } from '../model/resource.ts'
import type { See } from '../model/thing.ts'
import { nameOf } from './mark.ts'
import type { Home } from './rule-place.ts'
import type { Rule } from './rule-spec.ts'

/** The rules in effect at a rule's path, with what is needed to understand them. */
export interface Effect {
  readonly rules: Collection
  readonly preConditions: readonly Element[]
  /** What applications below make of the collection; those that cannot be read by IIS either are left out. */
  readonly below: readonly { readonly path: string; readonly rules: Collection }[]
}

/** Reads the collection at the rule's path and at every application below it. */
export function effectAt(see: See, rule: Rule, { server, place: found }: Home): Known<Effect> {
  const at = found.is === 'server' ? 'server' : found.path
  const rules = collection(see, server, at, rule.path)
  const preConditions =
    rule.section === 'outboundRules' ? collection(see, server, at, `${rule.path}/preConditions`) : null
  const below = found.is === 'server' ? known([]) : effectsBelow(see, rule, server, found.path)
  if (rules.is === 'unknown') return rules
  if (preConditions?.is === 'unknown') return preConditions
  if (below.is === 'unknown') return below
  const elements = preConditions?.value.entries.map(({ element }) => element) ?? []
  return known({ rules: rules.value, preConditions: elements, below: below.value })
}

/** Only applications: a plain folder below has the rule by the same inheritance, and rarely a web.config. */
function effectsBelow(see: See, rule: Rule, server: Configuration, above: string): Known<Effect['below']> {
  const effects: { path: string; rules: Collection }[] = []
  let blind: Known<never> | null = null
  for (const { path } of applicationsBelow(server, above)) {
    const rules = collection(see, server, path, rule.path)
    if (rules.is === 'known') effects.push({ path, rules: rules.value })
    // A file that nobody could look at may hold anything; one that is malformed keeps the application from running.
    else if (unseen(see, server, path)) blind ??= rules
  }
  return blind ?? known(effects)
}

function unseen(see: See, server: Configuration, path: string): boolean {
  const located = place(server, path)
  if (located.is !== 'place') return false
  return webConfigsOf(server, located).some((file) => see('file', file).is === 'unknown')
}

/** Canonical fields of a rule in effect; unknown when it holds what the schema does not know. */
export function fieldsIn(effect: Effect, rule: Rule, element: Element): Known<Fields> {
  return rule.section === 'outboundRules'
    ? outboundRuleFields(element, effect.preConditions)
    : ruleFields(element, rule.section)
}

/** What foreign keeps a rule from acting at its path or at an application below; undefined: nothing does. */
export function flawOf(effect: Effect, rule: Rule, element: Element, home: Home): Flaw | undefined {
  const index = effect.rules.entries.findIndex((entry) => entry.element === element)
  if (index < 0) return lost(effect.rules, element, home)
  const before = firstTakingAll(effect.rules, rule.section)
  if (before !== undefined && effect.rules.entries.indexOf(before) < index) {
    const detail = `the rule "${nameOf(before.element)}" stands before it, matches everything and ends processing`
    return { file: before.layer.file, detail }
  }
  for (const { path, rules } of effect.below) {
    const taken = rules.operations.find(({ dropped }) => dropped.some((entry) => entry.element === element))
    if (taken === undefined) continue
    const what =
      taken.is === 'clear' ? '<clear />' : `<remove name="${attribute(taken.element, 'name') ?? ''}" />`
    return { file: taken.layer.file, detail: `${what} takes the rule away from ${path}` }
  }
  return undefined
}

/** Why a rule that stands in the right place is not among those in effect. */
function lost({ operations }: Collection, element: Element, home: Home): Flaw {
  const taken = operations.find(({ dropped }) => dropped.some((entry) => entry.element === element))
  if (taken !== undefined) {
    return { file: taken.layer.file, detail: `<${taken.element.name}> in it takes the rule away` }
  }
  const pool = home.place.is === 'place' ? home.place.application.pool : ''
  const detail = `IIS does not read ${home.file} for this path (enableConfigurationOverride of the pool ${pool}, or allowSubDirConfig)`
  return { file: home.server.file, detail }
}

// The spellings that are seen in the field. A pattern that is everything in a cleverer way goes unnoticed here.
const EVERYTHING = [
  '',
  '.*',
  '(.*)',
  '^.*',
  '^(.*)',
  '.*$',
  '(.*)$',
  '^.*$',
  '^(.*)$',
  '^',
  '.*?',
  '^.*?$',
  '.?',
]

// Every rule behind it asks.
const first = new WeakMap<Collection, Entry | undefined>()

function firstTakingAll(rules: Collection, section: Rule['section']): Entry | undefined {
  if (!first.has(rules))
    first.set(
      rules,
      rules.entries.find(({ element }) => takesAll(element, section)),
    )
  return first.get(rules)
}

/** Whether no request gets past a rule. A rule that cannot be understood is not accused. */
function takesAll(element: Element, section: Rule['section']): boolean {
  const outbound = section === 'outboundRules'
  // One that looks only at some responses leaves others to the rules behind it.
  if (!isTrue(element, 'enabled', true) || (outbound && attribute(element, 'preCondition'))) return false
  const read = outbound ? outboundRuleFields(element, []) : ruleFields(element, section)
  if (read.is === 'unknown') return false
  const { conditions, stopProcessing, patternSyntax } = read.value
  const action = (read.value['action'] ?? {}) as Fields
  const match = (read.value['match'] ?? {}) as Fields
  const ends =
    stopProcessing === true || ['Redirect', 'CustomResponse', 'AbortRequest'].includes(`${action['type']}`)
  if (!ends || match['negate'] === true || (Array.isArray(conditions) && conditions.length > 0)) return false
  // So does one that looks at tags.
  if (outbound && match['serverVariable'] === '') return false
  const pattern = `${match[outbound ? 'pattern' : 'url'] ?? ''}`
  if (patternSyntax === 'Wildcard') return pattern === '*'
  return patternSyntax === 'ECMAScript' && EVERYTHING.includes(pattern)
}
