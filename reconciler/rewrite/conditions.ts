import type { Fields } from '../model/resource.ts'
import type { Surroundings } from './exchange.ts'
import { type Captured, danglingIn, expand, type Scope } from './expand.ts'
import type { Found } from './fault.ts'
import { flagIn, listIn, textIn } from './fields.ts'
import type { Maps } from './maps.ts'
import { compilePattern, type Pattern, type PatternSyntax } from './pattern.ts'
import { parseTemplate, type Template } from './template.ts'

/** One condition. `missed`: what is said where it does not hold. */
export type Condition = {
  readonly input: Template
  readonly negate: boolean
  readonly missed: string
} & (
  | { readonly is: 'pattern'; readonly pattern: Pattern }
  | { readonly is: 'file' }
  | { readonly is: 'directory' }
)

export interface Conditions {
  readonly all: boolean
  readonly trackAll: boolean
  readonly list: readonly Condition[]
}

/** What is needed to read the patterns and templates of one rule. */
export interface RuleReader {
  readonly syntax: PatternSyntax
  readonly maps: Maps
  readonly report: (found: Found) => void
}

/** What conditions come to. */
export type Met =
  | { readonly is: 'met'; readonly captures: readonly string[] }
  | { readonly is: 'not-met'; readonly missed: string }

/** A pattern of a rule. Where it cannot be read that is reported: nobody will ask the one that stands in for it. */
export function patternOf(
  text: string,
  ignoreCase: boolean,
  where: string,
  { syntax, report }: RuleReader,
): Pattern {
  const pattern = compilePattern(text, syntax, ignoreCase)
  if (pattern.is === 'pattern') return pattern
  report({ where, message: `the pattern cannot be read: ${pattern.why}`, at: pattern.at })
  return UNREAD
}

// Nobody knows how much it captures: references to it are not faults of their own.
const UNREAD: Pattern = { ...(compilePattern('', 'ExactMatch', false) as Pattern), groups: 1000 }

/** A template of a rule; an empty one with the fault reported where it cannot be read. */
export function templateOf(text: string, where: string, { maps, report }: RuleReader): Template {
  const parsed = parseTemplate(text, maps)
  if (parsed.is === 'template') return parsed.pieces
  report({ where, message: parsed.why, at: parsed.at })
  return []
}

/**
 * The conditions of a rule (`conditions`, `logicalGrouping` and `trackAllCaptures` of its fields). `references`: how many
 * `{R:n}` its pattern makes.
 */
export function compileConditions(fields: Fields, references: number, reader: RuleReader): Conditions {
  const list: Condition[] = []
  const all = textIn(fields, 'logicalGrouping') !== 'MatchAny'
  const trackAll = flagIn(fields, 'trackAllCaptures')
  let captures = 0
  for (const [i, each] of listIn(fields, 'conditions').entries()) {
    // Where any is enough, one that held would have ended it.
    const captured = { R: references, C: all ? captures : 0 }
    const condition = compileCondition(each, captured, `conditions[${i}]`, reader)
    list.push(condition)
    captures = captureCountBehind(captures, condition, { all, trackAll })
  }
  return { all, trackAll, list }
}

function compileCondition(fields: Fields, captured: Captured, where: string, reader: RuleReader): Condition {
  const type = textIn(fields, 'matchType')
  const files = type === 'IsFile' || type === 'IsDirectory'
  const written = textIn(fields, 'input')
  // Without an input these two ask for the file of the request.
  const input = templateOf(files && written === '' ? '{REQUEST_FILENAME}' : written, `${where}.input`, reader)
  const dangling = danglingIn(input, captured)
  if (dangling !== null) {
    const message = `there is no ${dangling}: nothing before captures it`
    reader.report({ where: `${where}.input`, message, strikes: 'acting' })
  }
  const common = { input, negate: flagIn(fields, 'negate') }
  if (files) {
    const is = type === 'IsFile' ? 'file' : 'directory'
    const missed = `${written === '' ? '{REQUEST_FILENAME}' : written} is ${common.negate ? 'a' : 'no'} ${is}`
    return { ...common, is, missed }
  }
  const text = textIn(fields, 'pattern')
  const pattern = patternOf(text, flagIn(fields, 'ignoreCase'), `${where}.pattern`, reader)
  return { ...common, is: 'pattern', pattern, missed: missedText(written, text, common.negate) }
}

/** How many `{C:n}` there can be behind these conditions. */
export function captureCount(conditions: Conditions): number {
  return conditions.list.reduce((count, each) => captureCountBehind(count, each, conditions), 0)
}

/** The same behind one more condition. Negated ones capture nothing. */
function captureCountBehind(
  before: number,
  condition: Condition,
  { all, trackAll }: Pick<Conditions, 'all' | 'trackAll'>,
): number {
  if (condition.is !== 'pattern' || condition.negate) return before
  const own = condition.pattern.groups + 1
  // One that is enough ends it, and it may be any.
  if (!all) return Math.max(before, own)
  return trackAll && before > 0 ? before + own - 1 : own
}

/** Whether the conditions hold, and what they captured. `scope.C` is not looked at. Throws `Dangling`. */
export function meet(conditions: Conditions, scope: Scope, onDisk: Surroundings['onDisk']): Met {
  let captures: readonly string[] = []
  for (const [i, condition] of conditions.list.entries()) {
    const match = matched(condition, expand(condition.input, { ...scope, C: captures }), onDisk)
    if ((match !== null) === condition.negate) {
      if (conditions.all) return { is: 'not-met', missed: `condition ${i + 1}: ${condition.missed}` }
      continue
    }
    if (condition.is === 'pattern' && match !== null) captures = tracked(captures, match, conditions.trackAll)
    if (!conditions.all) return { is: 'met', captures }
  }
  if (conditions.all || conditions.list.length === 0) return { is: 'met', captures }
  return {
    is: 'not-met',
    missed: `none of its conditions holds: ${conditions.list.map(({ missed }) => missed).join(', and ')}`,
  }
}

/** That a text is not matched as it should be, for people. */
export function missedText(what: string, pattern: string, negate: boolean): string {
  return `${what} ${negate ? 'matches' : 'does not match'} '${pattern}'`
}

const THERE: readonly string[] = []

function matched(
  condition: Condition,
  input: string,
  onDisk: Surroundings['onDisk'],
): readonly string[] | null {
  if (condition.is === 'pattern') return condition.pattern.exec(input)
  return onDisk(input) === condition.is ? THERE : null
}

// All captures: those of later conditions follow without their whole match ({C:0} is that of the first).
function tracked(before: readonly string[], match: readonly string[], trackAll: boolean): readonly string[] {
  return trackAll && before.length > 0 ? [...before, ...match.slice(1)] : match
}
