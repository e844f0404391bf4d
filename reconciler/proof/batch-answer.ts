import type { Headers, Outbound, RuleTrace } from '../rewrite/exchange.ts'
import type { Answer, Responded } from './answer.ts'

export const OUTCOMES = [
  'pass',
  'rewrite',
  'redirect',
  'response',
  'abort',
  'parse-error',
  'timeout',
] as const
export type Outcome = (typeof OUTCOMES)[number]

/** One line of the output of `stopgap request --batch`. A line that could not be understood has only `id` and `error`. */
export interface BatchAnswer {
  readonly id: unknown
  readonly outcome?: Outcome
  readonly status?: number
  readonly subStatus?: number
  readonly reason?: string
  /** What the module would send; a path from the root where the target was relative. */
  readonly location?: string
  /** Path and query after all rules. */
  readonly url?: string
  readonly requestHeaders?: Headers
  readonly responseHeaders?: Headers
  readonly body?: string
  readonly ruleCount?: number
  readonly rules?: readonly Pick<RuleTrace, 'name' | 'matched' | 'captures'>[]
  readonly error?: string
  /** The answer in the other reading of the path, where one lets through what the other stops. */
  readonly differs?: Omit<BatchAnswer, 'id'> & { readonly reading: 'decoded'; readonly blocked: boolean }
}

type Part = Omit<BatchAnswer, 'id'>

/** What became of the request. `whole`: the configuration is a file of the user's, so its lines say something. */
export function inboundPart(answer: Answer, whole: boolean): Part {
  const rules = answer.trace.map(ruleOf)
  const count = answer.served === null || answer.is === 'broken' ? {} : { ruleCount: answer.served.ruleCount }
  return { ...resultOf(answer, whole), ...count, rules }
}

function resultOf(answer: Answer, whole: boolean): Part {
  switch (answer.is) {
    case 'pass':
    case 'rewrite':
      return { outcome: answer.is, url: answer.url, requestHeaders: answer.requestHeaders }
    case 'redirect':
      return { outcome: 'redirect', status: answer.status, location: answer.location }
    case 'response': {
      const { status, subStatus, reason, description } = answer
      return {
        outcome: 'response',
        status,
        subStatus,
        reason,
        ...(description === '' ? {} : { body: description }),
      }
    }
    case 'abort':
      return { outcome: 'abort' }
    case 'parse-error': {
      const { rule, subStatus, message } = answer.error
      const error = rule === null ? message : `${rule}: ${message}`
      return { outcome: 'parse-error', status: 500, subStatus, error }
    }
    case 'broken':
      return { outcome: 'parse-error', status: 500, subStatus: 19, error: faultText(answer.fault, whole) }
    case 'timeout':
      return { outcome: 'timeout', error: `the rules took longer than ${answer.milliseconds} ms` }
    case 'unknown':
      return { outcome: 'parse-error', status: 500, subStatus: 19, error: answer.why }
    case 'refused':
      return { outcome: 'response', status: 400, subStatus: 0, reason: 'Bad Request', error: answer.why }
    default:
      return {
        outcome: 'response',
        status: answer.status,
        subStatus: answer.is === 'filtered' ? answer.subStatus : 0,
        reason: reasonOf(answer.status),
        error: answer.why,
      }
  }
}

function reasonOf(status: 404 | 503): string {
  return status === 404 ? 'Not Found' : 'Service Unavailable'
}

type BrokenFault = Extract<Answer, { is: 'broken' }>['fault']

function faultText({ line, column, what, code }: BrokenFault, whole: boolean): string {
  return `${whole ? `web.config:${line}:${column}: ` : ''}${what} (${code})`
}

/** What became of the response on its way back; nothing where there was none. */
export function backPart(outbound: Responded['outbound'], answer: Answer): Part {
  if (outbound === null) return {}
  if (outbound.is === 'timeout')
    return { outcome: 'timeout', error: `the outbound rules took longer than ${outbound.milliseconds} ms` }
  const rules = [...answer.trace, ...outbound.trace].map(ruleOf)
  if (outbound.is === 'parse-error') {
    const { rule, subStatus, message } = outbound.error
    const error = rule === null ? message : `${rule}: ${message}`
    return { outcome: 'parse-error', status: 500, subStatus, error, rules }
  }
  const { status, headers, body } = (outbound as Extract<Outbound, { is: 'response' }>).response
  return { status, responseHeaders: headers, body, rules }
}

function ruleOf({ name, matched, captures }: RuleTrace): Pick<RuleTrace, 'name' | 'matched' | 'captures'> {
  return { name, matched, captures }
}
