import { meet, missedText } from './conditions.ts'
import type { Outbound, Request, Response, RuleError, RuleTrace, Surroundings } from './exchange.ts'
import { expand, type Scope, unworkable } from './expand.ts'
import type { OutboundRule } from './outbound-rule.ts'
import { headerValues, responseHeader } from './response-headers.ts'
import { traceOf } from './trace.ts'
import { type Current, untouched, variable } from './variables.ts'

/** A rule that IIS cannot carry out: what it shows instead of the response. */
export class Unworkable extends Error {
  readonly error: RuleError

  constructor(rule: string, message: string) {
    super(message)
    this.error = { rule, subStatus: 52, message }
  }
}

function by(rule: string, thrown: unknown): unknown {
  const message = unworkable(thrown)
  return message === null ? thrown : new Unworkable(rule, message)
}

/** What a rule does where it was met: nothing, or this text in the place of what is there (null: it stays). */
export type Act = { readonly acts: false } | { readonly acts: true; readonly value: string | null }

const IDLE: Act = { acts: false }

/** A response on its way through rules: what they make of it, and what they did. */
export class WayBack implements Current {
  readonly request: Request
  readonly around: Surroundings
  readonly path: string
  readonly query: string
  readonly rewritten = false
  readonly set = new Map<string, string>()
  response: Response
  readonly #traces = new Map<OutboundRule, RuleTrace>()
  /** What of a rule did not hold, in words; it may act all the same, elsewhere. */
  readonly #missed = new Map<OutboundRule, string>()

  constructor(request: Request, response: Response, around: Surroundings) {
    const { path, query } = untouched(request, around)
    this.request = request
    this.around = around
    this.path = path
    this.query = query
    this.response = response
  }

  readonly variable = (name: string): string => {
    const known = variable(name, this)
    if (known !== '') return known
    const header = responseHeader(name)
    if (header === null) return ''
    if (header.toUpperCase() === 'STATUS') return String(this.response.status)
    return headerValues(this.response.headers, header).join(', ')
  }

  /** Whether the pre-condition of a rule holds. */
  applies(rule: OutboundRule): boolean {
    if (rule.preCondition === null) return true
    try {
      const met = meet(rule.preCondition, { variable: this.variable, R: [], C: [] }, this.around.onDisk)
      if (met.is === 'not-met') this.#missed.set(rule, `its pre-condition does not hold: ${met.missed}`)
      return met.is === 'met'
    } catch (thrown) {
      throw by(rule.name, thrown)
    }
  }

  /** The rule has its turn, whether it matches or not. */
  reach(rule: OutboundRule): void {
    if (!this.#traces.has(rule)) this.#note(rule, null)
  }

  /** What a rule does whose pattern made these captures; null: it did not match. */
  meet(rule: OutboundRule, match: readonly string[] | null): Act {
    if ((match !== null) === rule.negate) {
      const { target, pattern, negate } = rule
      const what = target.is === 'variable' ? `{${target.name}}` : 'the page'
      this.#missed.set(rule, missedText(what, pattern.text, negate))
      return IDLE
    }
    try {
      return this.#carriedOut(rule, match)
    } catch (thrown) {
      throw by(rule.name, thrown)
    }
  }

  #carriedOut(rule: OutboundRule, match: readonly string[] | null): Act {
    const scope: Scope = { variable: this.variable, R: match ?? [], C: [] }
    const met = meet(rule.conditions, scope, this.around.onDisk)
    if (met.is === 'not-met') {
      this.#missed.set(rule, met.missed)
      return IDLE
    }
    const whole = { ...scope, C: met.captures }
    // Of a rule that acts in many places, the first shows how it read the response.
    if (this.#traces.get(rule)?.matched !== true) this.#note(rule, whole)
    if (rule.broken !== null) throw new Unworkable(rule.name, rule.broken)
    return { acts: true, value: rule.value === null ? null : expand(rule.value, whole) }
  }

  /** In the order of the rules; those that nobody came to, because others ended processing, are left out. */
  trace(rules: readonly OutboundRule[]): Outbound['trace'] {
    return rules.flatMap((rule) => {
      const [trace, missed] = [this.#traces.get(rule), this.#missed.get(rule)]
      if (trace === undefined) return []
      return trace.matched || missed === undefined ? [trace] : [{ ...trace, missed }]
    })
  }

  #note(rule: OutboundRule, captured: Scope | null): void {
    this.#traces.set(rule, traceOf({ name: rule.name, scope: 'outbound' }, captured))
  }
}
