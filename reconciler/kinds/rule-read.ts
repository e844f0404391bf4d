import type { Collection, Entry } from '../iis/collection.ts'
import { isTrue } from '../iis/lookup.ts'
import { pathOf } from '../iis/section.ts'
import { equalJson } from '../model/equal.ts'
import type { Fields, Reading } from '../model/resource.ts'
import type { See } from '../model/thing.ts'
import { nameOf, sameName, unmarked } from './mark.ts'
import { missing } from './missing.ts'
import { type Effect, effectAt, fieldsIn, flawOf } from './rule-effect.ts'
import { type Home, homeOf, type Occurrence, occurrences } from './rule-place.ts'
import { formFields, type Rule } from './rule-spec.ts'

/** What the rule should read as. */
export function wantedFields(rule: Rule): Fields {
  return { ...(rule.fields.is === 'known' ? rule.fields.value : {}), in: rule.in }
}

/** Reads a rule: ours, or an equal one by somebody else, and whether it is in effect. */
export function readRule(see: See, rule: Rule): Reading {
  const home = homeOf(see, rule)
  if (home.is === 'nowhere') return missing(home.why, rule.spec.ifMissing ?? 'fail')
  if (home.is === 'unknown') return home
  const ours = occurrences(see, rule, home.value)
  const effect = effectAt(see, rule, home.value)
  if (ours.is === 'unknown') return ours
  if (effect.is === 'unknown') return effect
  const others = foreignIn(effect.value.rules)
  const equal = others.find((entry) => standsIn(effect.value, rule, entry, home.value))
  const where = equal === undefined ? undefined : wordsFor(equal)
  const [first] = ours.value
  const weaker = others.find((entry) => isWeaker(effect.value, rule, entry))
  const beside = weaker === undefined ? {} : { beside: wordsFor(weaker) }
  if (first === undefined)
    return where === undefined ? { is: 'absent', ...beside } : { is: 'elsewhere', where }
  const mark = unmarked(nameOf(first.element))?.mitigation
  // In the wrong place it will be moved anyway, so what hinders it there is no news.
  const flaw = first.right ? flawOf(effect.value, rule, first.element, home.value) : undefined
  return {
    is: 'present',
    fields: presentFields(effect.value, rule, ours.value),
    ours: true,
    ...(mark === undefined ? {} : { mark }),
    ...(flaw === undefined ? {} : { flaw }),
    ...(where === undefined ? {} : { duplicate: where }),
    ...beside,
  }
}

const foreign = new WeakMap<Collection, readonly Entry[]>()

/** The rules in effect that carry no mark of ours. Every rule of ours is compared with them. */
function foreignIn(rules: Collection): readonly Entry[] {
  const before = foreign.get(rules)
  if (before !== undefined) return before
  const found = rules.entries.filter(({ element }) => unmarked(nameOf(element)) === null)
  foreign.set(rules, found)
  return found
}

/** A rule for people: its name and its file. */
function wordsFor({ element, layer }: Entry): string {
  return `rule "${nameOf(element)}" in ${layer.file}`
}

/** Canonical fields of ours. What must be corrected, however it came about, makes them differ from what is wanted. */
export function presentFields(effect: Effect, rule: Rule, ours: readonly Occurrence[]): Fields {
  const [first, second] = ours
  if (first === undefined) return {}
  const read = fieldsIn(effect, rule, first.element)
  const fields = read.is === 'known' ? read.value : { fault: read.why }
  if (second !== undefined) return { ...fields, in: `${ours.length} places` }
  if (first.right) return { ...fields, in: first.in }
  const parent = first.element.parent
  return { ...fields, in: `${first.in}, ${parent === null ? '' : pathOf(parent)}` }
}

/** A foreign rule that does the same here, in full: equal or an equivalent that is enough, and nothing in its way. */
function standsIn(effect: Effect, rule: Rule, entry: Entry, home: Home): boolean {
  if (!isTrue(entry.element, 'enabled', true)) return false
  const read = fieldsIn(effect, rule, entry.element)
  if (read.is === 'unknown') return false
  const equal = rule.fields.is === 'known' && equalJson(read.value, rule.fields.value)
  if (!equal && !equivalent(rule, nameOf(entry.element), { fields: read.value, enough: true })) return false
  return flawOf(effect, rule, entry.element, home) === undefined
}

/** A foreign rule that the specification knows to be like ours, but not enough. */
function isWeaker(effect: Effect, rule: Rule, entry: Entry): boolean {
  if ((rule.spec.equivalents ?? []).length === 0) return false
  const read = fieldsIn(effect, rule, entry.element)
  if (read.is === 'unknown') return false
  return equivalent(rule, nameOf(entry.element), { fields: read.value, enough: false })
}

function equivalent(
  rule: Rule,
  name: string,
  form: { readonly fields: Fields; readonly enough: boolean },
): boolean {
  return (rule.spec.equivalents ?? []).some((one) => {
    if (one.enough !== form.enough || !one.names.some((each) => sameName(each, name))) return false
    const wanted = formFields(rule, one.form)
    return wanted.is === 'known' && equalJson(wanted.value, form.fields)
  })
}
