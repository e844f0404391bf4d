import { act, failure } from './action.ts'
import type { RuleSet } from './compile.ts'
import { meet, missedText } from './conditions.ts'
import type { Inbound, Request, Surroundings } from './exchange.ts'
import { unworkable } from './expand.ts'
import { type Ending, Journey } from './journey.ts'
import type { Rule } from './rule.ts'
import { traceOf } from './trace.ts'

/** The rules in effect where a path (decoded, from the root of the site) lies. */
export type At = (path: string) => RuleSet

/**
 * What becomes of a request. Global rules come first and on their own; then those of the place that its URL has by
 * then, which is that of `rules` unless `at` knows better. Has no time limit of its own.
 */
export function inbound(rules: RuleSet, request: Request, around: Surroundings, at?: At): Inbound {
  const journey = new Journey(request, around)
  const early = met(rules, 'global', journey)
  if (early !== null) return journey.end(early)
  return journey.end(met(at?.(journey.path) ?? rules, 'distributed', journey))
}

/** A set with a rule that IIS cannot read serves nobody. */
function met(set: RuleSet, scope: Rule['scope'], journey: Journey): Ending | null {
  const fault = set.faults.find((each) => each.scope === scope && each.strikes === 'always')
  if (fault !== undefined) {
    const { rule, where, message, subStatus } = fault
    return { is: 'parse-error', error: { rule, subStatus, message: `${where}: ${message}` } }
  }
  for (const rule of scope === 'global' ? set.globalRules : set.rules) {
    const input = inputOf(rule, journey.path)
    // It is in effect elsewhere: whoever reads the trace should not take it for one that did not match.
    if (input === null) continue
    const result = meetRule(rule, input, journey)
    if (result.ending !== null) return result.ending
    if (result.matched && rule.stopProcessing) return null
  }
  return null
}

interface Result {
  readonly matched: boolean
  readonly ending: Ending | null
}

const NO_MATCH: Result = { matched: false, ending: null }

/** What IIS cannot carry out is its answer. */
function meetRule(rule: Rule, input: string, journey: Journey): Result {
  try {
    return carriedOut(rule, input, journey)
  } catch (thrown) {
    const message = unworkable(thrown)
    if (message === null) throw thrown
    return { matched: false, ending: { is: 'parse-error', error: failure(rule, message) } }
  }
}

function carriedOut(rule: Rule, input: string, journey: Journey): Result {
  const match = rule.pattern.exec(input)
  const scope = { variable: journey.variable, R: rule.negate ? [] : (match ?? []), C: [] }
  if ((match !== null) === rule.negate) {
    const missed = missedText('the URL', rule.pattern.text, rule.negate)
    journey.trace.push(traceOf(rule, null, missed))
    return NO_MATCH
  }
  const conditions = meet(rule.conditions, scope, journey.around.onDisk)
  if (conditions.is === 'not-met') {
    journey.trace.push(traceOf(rule, null, conditions.missed))
    return NO_MATCH
  }
  const whole = { ...scope, C: conditions.captures }
  journey.trace.push(traceOf(rule, whole))
  return { matched: true, ending: act(rule, whole, journey) }
}

/** What the pattern of a rule sees: what follows its folder, without the slash. Null: the request is elsewhere. */
function inputOf({ base }: Rule, path: string): string | null {
  if (base === '') return path.slice(1)
  const end = base.length + 1
  if (path.slice(1, end).toLowerCase() !== base.toLowerCase()) return null
  if (path.length > end && path[end] !== '/') return null
  return path.slice(end + 1)
}
