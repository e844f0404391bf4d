import type { Mitigation } from '../../model/catalogue.ts'
import { isObject } from '../../model/object.ts'
import type { Json } from '../../model/resource.ts'

export type Syntax = 'ECMAScript' | 'Wildcard' | 'ExactMatch'

/** One pattern of a rule, where it stands and how it is read. */
export interface PatternPlace {
  /** JSON pointer into the document of the mitigation. */
  readonly pointer: string
  readonly pattern: string
  readonly syntax: Syntax
  readonly flags: '' | 'i'
  readonly negate: boolean
}

/** A condition: its input, and its pattern where it has one. */
export interface ConditionPlace {
  readonly input: TemplatePlace
  /** Null: it asks whether there is a file or folder. */
  readonly pattern: PatternPlace | null
}

/** A text with `{…}` in it. */
export interface TemplatePlace {
  readonly pointer: string
  readonly text: string
}

/** A rule as it is written in a mitigation, with the places of what can be wrong in it. Defaults are filled in. */
export interface WrittenRule {
  readonly mitigation: string
  /** JSON pointer of the entry. */
  readonly pointer: string
  readonly kind: 'rewrite-rule' | 'outbound-rule'
  readonly name: string
  readonly at: readonly string[]
  /** It stands in applicationHost.config, not in a web.config. */
  readonly inHost: boolean
  readonly position: 'first' | 'last'
  /** Null: an inbound rule of which nothing is said, so that it matches nothing. */
  readonly match: PatternPlace | null
  /** What an outbound rule rewrites; null: the body. */
  readonly matchVariable: TemplatePlace | null
  readonly conditions: readonly ConditionPlace[]
  readonly preConditions: readonly ConditionPlace[]
  readonly grouping: 'MatchAll' | 'MatchAny'
  readonly trackAll: boolean
  readonly action: string
  readonly stops: boolean
  /** What is filled in when the rule acts: the action, and values of server variables. */
  readonly results: readonly TemplatePlace[]
  /** Names of server variables that it sets. */
  readonly sets: readonly TemplatePlace[]
}

type Object_ = { readonly [key: string]: Json }

const ACTION_TEXTS = ['url', 'value', 'statusReason', 'statusDescription'] as const

/** The rules that a mitigation asks for; what is no rule has none. */
export function writtenRules({ name, resources }: Mitigation): readonly WrittenRule[] {
  return resources.flatMap(({ kind, entry }, index) =>
    kind === 'rewrite-rule' || kind === 'outbound-rule'
      ? [writtenRule(name, objectOf(entry), { pointer: `/spec/resources/${index}`, kind })]
      : [],
  )
}

function writtenRule(
  mitigation: string,
  entry: Object_,
  { pointer, kind }: Pick<WrittenRule, 'pointer' | 'kind'>,
): WrittenRule {
  const [match, action] = [objectOf(entry['match']), objectOf(entry['action'])]
  const syntax = syntaxOf(entry['patternSyntax'], 'ECMAScript')
  const preCondition = objectOf(entry['preCondition'])
  const actionTexts = ACTION_TEXTS.flatMap((key) => textAt(action, `${pointer}/action`, key))
  return {
    mitigation,
    pointer,
    kind,
    name: String(entry['name'] ?? ''),
    at: listOf(entry['at']).map(String),
    inHost: entry['in'] === 'applicationHost.config',
    position: entry['position'] === 'last' ? 'last' : 'first',
    match: patternAt(match, `${pointer}/match`, kind === 'rewrite-rule' ? 'url' : 'pattern', syntax),
    matchVariable: textAt(match, `${pointer}/match`, 'serverVariable')[0] ?? null,
    conditions: conditionsAt(entry['conditions'], `${pointer}/conditions`, syntax),
    preConditions: conditionsAt(
      preCondition['conditions'],
      `${pointer}/preCondition/conditions`,
      syntaxOf(preCondition['patternSyntax'], 'ECMAScript'),
    ),
    grouping: entry['logicalGrouping'] === 'MatchAny' ? 'MatchAny' : 'MatchAll',
    // Of an outbound rule the schema of IIS has the other default.
    trackAll:
      entry['trackAllCaptures'] === undefined ? kind === 'outbound-rule' : entry['trackAllCaptures'] === true,
    action: String(action['type'] ?? 'None'),
    stops: entry['stopProcessing'] === true,
    results: [...actionTexts, ...eachAt(entry['serverVariables'], `${pointer}/serverVariables`, 'value')],
    sets: eachAt(entry['serverVariables'], `${pointer}/serverVariables`, 'name'),
  }
}

/** All patterns of a rule. */
export function patternsOf({ match, conditions, preConditions }: WrittenRule): readonly PatternPlace[] {
  const others = [...preConditions, ...conditions].map(({ pattern }) => pattern)
  return [match, ...others].filter((place) => place !== null)
}

/** All texts of a rule in which variables are filled in. */
export function templatesOf({ conditions, preConditions, results }: WrittenRule): readonly TemplatePlace[] {
  return [...[...preConditions, ...conditions].map(({ input }) => input), ...results]
}

function conditionsAt(list: Json | undefined, pointer: string, syntax: Syntax): readonly ConditionPlace[] {
  return listOf(list).flatMap((each, index) => {
    const [condition, at] = [objectOf(each), `${pointer}/${index}`]
    const input = textAt(condition, at, 'input')[0] ?? { pointer: at, text: '' }
    const files = condition['matchType'] === 'IsFile' || condition['matchType'] === 'IsDirectory'
    // Without a pattern it is the empty one.
    const pattern = patternAt({ pattern: '', ...condition }, at, 'pattern', syntax)
    return [{ input, pattern: files ? null : pattern }]
  })
}

function patternAt(holder: Object_, pointer: string, key: string, syntax: Syntax): PatternPlace | null {
  const pattern = holder[key]
  if (typeof pattern !== 'string') return null
  return {
    pointer: `${pointer}/${key}`,
    pattern,
    syntax,
    flags: holder['ignoreCase'] === false ? '' : 'i',
    negate: holder['negate'] === true,
  }
}

function eachAt(list: Json | undefined, pointer: string, key: string): readonly TemplatePlace[] {
  return listOf(list).flatMap((each, index) => textAt(objectOf(each), `${pointer}/${index}`, key))
}

function textAt(holder: Object_, pointer: string, key: string): readonly TemplatePlace[] {
  const text = holder[key]
  return typeof text === 'string' ? [{ pointer: `${pointer}/${key}`, text }] : []
}

function syntaxOf(value: Json | undefined, otherwise: Syntax): Syntax {
  return value === 'Wildcard' || value === 'ExactMatch' || value === 'ECMAScript' ? value : otherwise
}

function objectOf(value: Json | undefined): Object_ {
  return isObject(value) ? (value as Object_) : {}
}

// Some fields take one thing or a list of them.
function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? (value as readonly Json[]) : [value]
}
