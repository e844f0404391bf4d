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
import { fieldsIn, flagIn, listIn, numberIn, textIn } from './fields.ts'
import type { Maps } from './maps.ts'
import type { Pattern, PatternSyntax } from './pattern.ts'
import type { RuleSource } from './rule-set.ts'
import type { Template } from './template.ts'

/** What a rule does once it matched. */
export type Action =
  | { readonly is: 'none' }
  | { readonly is: 'abort' }
  | { readonly is: 'rewrite'; readonly url: Template; readonly appendQuery: boolean }
  | {
      readonly is: 'redirect'
      readonly url: Template
      readonly appendQuery: boolean
      readonly status: number
    }
  | {
      readonly is: 'response'
      readonly status: number
      readonly subStatus: number
      readonly reason: Template
      readonly description: Template
    }

/** A variable that a rule sets. */
export interface Setting {
  /** In upper case. */
  readonly name: string
  readonly value: Template
  readonly replace: boolean
}

/** An inbound rule that is ready to be carried out. */
export interface Rule {
  readonly name: string
  readonly scope: 'global' | 'distributed'
  /** As in `RuleSource`. */
  readonly base: string
  readonly pattern: Pattern
  readonly negate: boolean
  readonly conditions: Conditions
  readonly settings: readonly Setting[]
  readonly action: Action
  readonly stopProcessing: boolean
  /** Why IIS answers 500 once the rule would act; null where it would not. */
  readonly broken: string | null
}

/** What a rule stands in. `allowed`: names that it may set, in upper case; null: all. */
export interface Context {
  readonly scope: 'global' | 'distributed'
  readonly maps: Maps
  readonly allowed: ReadonlySet<string> | null
  readonly report: (found: Found) => void
}

/** Makes a rule ready; what IIS could not read or carry out is reported. */
export function compileRule(source: RuleSource, context: Context): Rule {
  const { fields } = source
  const syntax = textIn(fields, 'patternSyntax') as PatternSyntax
  const reader: RuleReader = { syntax, maps: context.maps, report: context.report }
  const match = fieldsIn(fields, 'match')
  const pattern = matchPattern(match, reader)
  const negate = flagIn(match, 'negate')
  // What did not match has nothing to refer to, not even as a whole.
  const references = negate ? 0 : pattern.groups + 1
  const conditions = compileConditions(fields, references, reader)
  const captured = { R: references, C: captureCount(conditions) }
  const settings = compileSettings(fields, reader)
  const action = compileAction(fieldsIn(fields, 'action'), reader)
  return {
    name: source.name,
    scope: context.scope,
    base: source.base,
    pattern,
    negate,
    conditions,
    settings,
    action,
    stopProcessing: flagIn(fields, 'stopProcessing'),
    broken: brokenBy({ settings, action }, captured, context),
  }
}

function matchPattern(match: Fields, reader: RuleReader): Pattern {
  const text = textIn(match, 'url')
  // The schema of IIS does not let an empty one pass; what a rule without any would match nobody tells.
  if (text === '') reader.report({ where: 'match.url', message: 'the pattern is empty', invalid: true })
  return patternOf(text, flagIn(match, 'ignoreCase'), 'match.url', reader)
}

// Names are compared without case wherever variables are: in upper case once, here.
function compileSettings(fields: Fields, reader: RuleReader): readonly Setting[] {
  return listIn(fields, 'serverVariables').map((each, i) => ({
    name: textIn(each, 'name').toUpperCase(),
    value: templateOf(textIn(each, 'value'), `serverVariables[${i}].value`, reader),
    replace: flagIn(each, 'replace'),
  }))
}

// 308 is none of them: the module does not send it.
const REDIRECTS: { readonly [type: string]: number } = {
  Permanent: 301,
  Found: 302,
  SeeOther: 303,
  Temporary: 307,
}

function compileAction(fields: Fields, reader: RuleReader): Action {
  const appendQuery = flagIn(fields, 'appendQueryString')
  switch (textIn(fields, 'type')) {
    case 'Rewrite':
      return { is: 'rewrite', url: actionUrl(fields, reader), appendQuery }
    case 'Redirect': {
      const status = REDIRECTS[textIn(fields, 'redirectType')] ?? 301
      return { is: 'redirect', url: actionUrl(fields, reader), appendQuery, status }
    }
    case 'CustomResponse':
      return customResponse(fields, reader)
    case 'AbortRequest':
      return { is: 'abort' }
    default:
      return { is: 'none' }
  }
}

// An empty one is refused by IIS Manager, and there is no URL that it could mean.
function actionUrl(fields: Fields, reader: RuleReader): Template {
  const text = textIn(fields, 'url')
  if (text === '') reader.report({ where: 'action.url', message: 'the action has no URL to go to' })
  return templateOf(text, 'action.url', reader)
}

// In `rules` the schema has no default for the status, in `globalRules` it is 0: neither can be sent.
function customResponse(fields: Fields, reader: RuleReader): Action {
  const status = numberIn(fields, 'statusCode')
  if (status === 0) reader.report({ where: 'action.statusCode', message: 'the response has no status code' })
  return {
    is: 'response',
    status,
    subStatus: numberIn(fields, 'subStatusCode'),
    // Both may hold variables and references, as the reference of the module has it.
    reason: templateOf(textIn(fields, 'statusReason'), 'action.statusReason', reader),
    description: templateOf(textIn(fields, 'statusDescription'), 'action.statusDescription', reader),
  }
}

/** What goes wrong only when the rule acts: the first of it, after all of it was reported. */
function brokenBy(
  { settings, action }: Pick<Rule, 'settings' | 'action'>,
  captured: Captured,
  { allowed, report }: Context,
): string | null {
  const messages: string[] = []
  const found = (where: string, message: string): void => {
    messages.push(`${where}: ${message}`)
    report({ where, message, strikes: 'acting' })
  }
  const refers = (where: string, template: Template): void => {
    const dangling = danglingIn(template, captured)
    if (dangling !== null) found(where, `there is no ${dangling}: nothing captures it`)
  }
  for (const [i, { name, value }] of settings.entries()) {
    if (allowed !== null && !allowed.has(name)) {
      found(
        `serverVariables[${i}].name`,
        `the server variable "${name}" is not allowed to be set: allowedServerVariables does not have it`,
      )
    }
    refers(`serverVariables[${i}].value`, value)
  }
  if (action.is === 'rewrite' || action.is === 'redirect') refers('action.url', action.url)
  if (action.is === 'response') {
    refers('action.statusReason', action.reason)
    refers('action.statusDescription', action.description)
  }
  return messages[0] ?? null
}
