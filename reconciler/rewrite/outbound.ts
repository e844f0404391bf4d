import type { RuleSet } from './compile.ts'
import type { Outbound, Request, Response, RuleError, Surroundings } from './exchange.ts'
import { unworkable } from './expand.ts'
import type { OutboundRule } from './outbound-rule.ts'
import { rewriteBody } from './response-body.ts'
import { headerValues, responseHeader, withHeader } from './response-headers.ts'
import { variableKey } from './variables.ts'
import { Unworkable, WayBack } from './way-back.ts'

/**
 * What becomes of a response. Rules for headers and other variables come first, in their order, then those for the body.
 * Which pre-conditions hold is asked before any of them. Has no time limit of its own.
 */
export function outbound(
  rules: RuleSet,
  request: Request,
  response: Response,
  around: Surroundings,
): Outbound {
  const unread = unreadable(rules)
  if (unread !== null) return { trace: [], is: 'parse-error', error: unread }
  const all = rules.outboundRules
  if (all.length === 0) return { trace: [], is: 'response', response }
  const back = new WayBack(request, response, around)
  try {
    const applying = new Set(all.filter((rule) => back.applies(rule)))
    const [variables, body] = [all.filter(ofVariable), all.filter((rule) => !ofVariable(rule))]
    rewriteVariables(variables, applying, back)
    rewriteBody(body, applying, back)
    return { trace: back.trace(all), is: 'response', response: back.response }
  } catch (thrown) {
    return { trace: back.trace(all), is: 'parse-error', error: errorOf(thrown) }
  }
}

/** The error of the rule that threw, or of all of them together. */
function errorOf(thrown: unknown): RuleError {
  if (thrown instanceof Unworkable) return thrown.error
  const message = unworkable(thrown)
  if (message === null) throw thrown
  return { rule: null, subStatus: 52, message }
}

/** Why IIS cannot read the outbound rules of a set: then it serves no request, whatever the response would be. */
export function unreadable({ faults }: RuleSet): RuleError | null {
  const fault = faults.find(({ scope, strikes }) => scope === 'outbound' && strikes === 'always')
  if (fault === undefined) return null
  const { rule, where, message, subStatus } = fault
  return { rule, subStatus, message: `${where}: ${message}` }
}

function ofVariable({ target }: OutboundRule): boolean {
  return target.is === 'variable'
}

function rewriteVariables(
  rules: readonly OutboundRule[],
  applying: ReadonlySet<OutboundRule>,
  back: WayBack,
): void {
  for (const rule of rules) {
    back.reach(rule)
    if (!applying.has(rule) || rule.target.is !== 'variable') continue
    if (rewriteVariable(rule, rule.target.name, back) && rule.stopProcessing) return
  }
}

/** Whether the rule acted. */
function rewriteVariable(rule: OutboundRule, name: string, back: WayBack): boolean {
  let acted = false
  const rewritten = valuesOf(name, back).map((before) => {
    const act = back.meet(rule, rule.pattern.exec(before))
    if (!act.acts) return before
    acted = true
    // What is missing is the empty text: only that is set where nothing may be replaced.
    return act.value === null || (!rule.replace && before !== '') ? before : act.value
  })
  if (acted && rule.value !== null) setValues(name, rewritten, back)
  return acted
}

/** Several headers of one name are rewritten each for itself; one that is missing is the empty text. */
function valuesOf(name: string, back: WayBack): readonly string[] {
  const header = responseHeader(name)
  if (header === null || isStatus(header)) return [back.variable(name)]
  const values = headerValues(back.response.headers, header)
  return values.length === 0 ? [''] : values
}

function setValues(name: string, values: readonly string[], back: WayBack): void {
  const header = responseHeader(name)
  const { response } = back
  // Rules put what they took from a request back so (HTTP_ACCEPT_ENCODING behind a proxy), and later rules read it.
  if (header === null) back.set.set(variableKey(name), values[0] ?? '')
  else if (!isStatus(header))
    back.response = { ...response, headers: withHeader(response.headers, header, values) }
  else back.response = { ...response, status: statusIn(values[0] ?? '') ?? response.status }
}

function isStatus(header: string): boolean {
  return header.toUpperCase() === 'STATUS'
}

/** `404` or `404 Not Found`; null for what is no status, which changes nothing. */
function statusIn(text: string): number | null {
  const status = /^\s*([1-9]\d\d)(?!\d)/.exec(text)?.[1]
  return status === undefined ? null : Number(status)
}
