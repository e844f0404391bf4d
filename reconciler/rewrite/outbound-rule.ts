import type { Fields } from '../model/resource.ts'
import {
  type Conditions,
  captureCount,
  compileConditions,
  patternOf,
  type RuleReader,
  templateOf,
} from './conditions.ts'
import { type Captured, danglingIn } from './expand.ts'
import type { Found } from './fault.ts'
import { fieldsIn, flagIn, numberIn, textIn } from './fields.ts'
import type { TagAttributes } from './html.ts'
import type { Maps } from './maps.ts'
import { pageSearch } from './page.ts'
import type { Pattern, PatternSyntax } from './pattern.ts'
import type { CustomTag, RuleSetSource, RuleSource } from './rule-set.ts'
import type { Template } from './template.ts'

/** What the pattern of a rule is matched against: a variable, the attributes of tags, or the whole page. */
export type Target =
  | { readonly is: 'variable'; readonly name: string }
  | { readonly is: 'tags'; readonly attributes: TagAttributes }
  | { readonly is: 'page'; readonly search: RegExp }

/** An outbound rule that is ready to be carried out. */
export interface OutboundRule {
  readonly name: string
  /** Null: it has none. */
  readonly preCondition: Conditions | null
  readonly target: Target
  readonly pattern: Pattern
  readonly negate: boolean
  /** How often it acts on one page; 0: without end. */
  readonly occurrences: number
  readonly conditions: Conditions
  /** Null: the action None, which only ends processing where the rule says so. */
  readonly value: Template | null
  /** False: what is there already stays. */
  readonly replace: boolean
  readonly stopProcessing: boolean
  /** Why IIS answers 500 once the rule would act; null where it would not. */
  readonly broken: string | null
}

/** What an outbound rule stands in. */
export interface OutboundContext {
  readonly maps: Maps
  readonly customTags: RuleSetSource['customTags']
  readonly report: (found: Found) => void
}

/** Makes a rule ready; what IIS could not read or carry out is reported. */
export function compileOutboundRule({ name, fields }: RuleSource, context: OutboundContext): OutboundRule {
  const reader: RuleReader = { ...context, syntax: textIn(fields, 'patternSyntax') as PatternSyntax }
  const match = fieldsIn(fields, 'match')
  const pattern = patternOf(textIn(match, 'pattern'), flagIn(match, 'ignoreCase'), 'match.pattern', reader)
  const negate = flagIn(match, 'negate')
  const references = negate ? 0 : pattern.groups + 1
  const conditions = compileConditions(fields, references, reader)
  const action = fieldsIn(fields, 'action')
  const acts = textIn(action, 'type') === 'Rewrite'
  const value = acts ? templateOf(textIn(action, 'value'), 'action.value', reader) : null
  return {
    name,
    preCondition: compilePreCondition(fields, context),
    target: targetOf(match, pattern, context),
    pattern,
    negate,
    occurrences: numberIn(match, 'occurrences'),
    conditions,
    value,
    replace: flagIn(action, 'replace'),
    stopProcessing: flagIn(fields, 'stopProcessing'),
    broken: brokenBy(value, { R: references, C: captureCount(conditions) }, context),
  }
}

function compilePreCondition(fields: Fields, { maps, report }: OutboundContext): Conditions | null {
  if (fields['preCondition'] === null) return null
  const preCondition = fieldsIn(fields, 'preCondition')
  return compileConditions(preCondition, 0, {
    syntax: textIn(preCondition, 'patternSyntax') as PatternSyntax,
    maps,
    report: (found) => report({ ...found, where: `preCondition.${found.where}` }),
  })
}

function targetOf(match: Fields, pattern: Pattern, context: OutboundContext): Target {
  const name = textIn(match, 'serverVariable')
  if (name !== '') return { is: 'variable', name }
  const tags = tagsIn(match)
  if (tags.length > 0)
    return { is: 'tags', attributes: attributesOf(tags, textIn(match, 'customTags'), context) }
  const search = pageSearch(pattern)
  if (search === null) {
    const message =
      'a wildcard cannot be searched for in a whole page; it needs filterByTags or serverVariable'
    context.report({ where: 'rule.patternSyntax', message })
  }
  return { is: 'page', search: search ?? /$^/g }
}

function tagsIn(match: Fields): readonly string[] {
  const flags = match['filterByTags']
  return Array.isArray(flags) ? flags.filter((tag) => tag !== 'None').map(String) : []
}

/** The attributes that the module rewrites in each of the tags it knows. */
const KNOWN: { readonly [tag: string]: readonly string[] } = {
  A: ['href'],
  Area: ['href'],
  Base: ['href'],
  Form: ['action'],
  Frame: ['src', 'longdesc'],
  Head: ['profile'],
  IFrame: ['src', 'longdesc'],
  Img: ['src', 'longdesc', 'usemap'],
  Input: ['src', 'usemap'],
  Link: ['href'],
  Script: ['src'],
}

function attributesOf(tags: readonly string[], group: string, context: OutboundContext): TagAttributes {
  const wanted = new Map<string, Set<string>>()
  const add = (tag: string, attribute: string): void => {
    const key = tag.toLowerCase()
    wanted.set(key, (wanted.get(key) ?? new Set()).add(attribute.toLowerCase()))
  }
  for (const tag of tags) {
    for (const attribute of KNOWN[tag] ?? []) add(tag, attribute)
    if (tag !== 'CustomTags') continue
    for (const { name, attribute } of customTags(group, context)) add(name, attribute)
  }
  return wanted
}

function customTags(group: string, context: OutboundContext): readonly CustomTag[] {
  const key = group.toLowerCase()
  const found = Object.hasOwn(context.customTags, key) ? context.customTags[key] : undefined
  if (found === undefined) {
    context.report({ where: 'match.customTags', message: `there is no group of custom tags "${group}"` })
  }
  return found ?? []
}

/** What goes wrong only when the rule acts. */
function brokenBy(value: Template | null, captured: Captured, { report }: OutboundContext): string | null {
  const dangling = value === null ? null : danglingIn(value, captured)
  if (dangling === null) return null
  const message = `there is no ${dangling}: nothing captures it`
  report({ where: 'action.value', message, strikes: 'acting' })
  return `action.value: ${message}`
}
