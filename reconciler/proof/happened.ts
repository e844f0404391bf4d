import type { Headers, Request, RuleTrace } from '../rewrite/exchange.ts'
import { cooked } from '../rewrite/url.ts'
import { type Answer, type Responded, statusOf } from './answer.ts'

/** Whether the application gets the request that was sent: the same path and query in meaning, the same headers. */
export function arrivesUnchanged(answer: Answer, request: Request): boolean {
  if (answer.is !== 'pass' && answer.is !== 'rewrite') return false
  return sameAddress(answer.url, request.url) && sameHeaders(answer.requestHeaders, request.headers)
}

/** Paths are compared as IIS reads them, decoded and without case; of the query every character counts. */
function sameAddress(a: string, b: string): boolean {
  if (a === b) return true
  if (!a.startsWith('/')) return false
  const [one, other] = [cooked(a), cooked(b)]
  return one.path.toLowerCase() === other.path.toLowerCase() && one.query === other.query
}

/** Names without case; several values of one name in their order. */
export function sameHeaders(a: Headers, b: Headers): boolean {
  return a === b || canonical(a) === canonical(b)
}

function canonical(headers: Headers): string {
  const all = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value].flat()] as const)
  return JSON.stringify(all.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

/** What a client or the application would notice of an answer, on one line; equal texts are equal effects. */
export function effectText(answer: Answer, request: Request): string {
  switch (answer.is) {
    case 'pass':
    case 'rewrite':
      return arrivesUnchanged(answer, request) ? 'it passes' : movedText(answer, request)
    case 'redirect':
      return `it is answered ${answer.status}, to ${answer.location}`
    case 'response':
      return `it is answered ${answer.status}${answer.subStatus === 0 ? '' : `.${answer.subStatus}`}${answer.reason === '' ? '' : ` (${answer.reason})`}`
    case 'abort':
      return 'the connection is cut'
    case 'parse-error':
      return `every such request is answered 500.${answer.error.subStatus}: ${ruleOf(answer.error.rule)}${answer.error.message}`
    case 'broken':
      return `it is answered 500.19: ${answer.fault.file}:${answer.fault.line}:${answer.fault.column}: ${answer.fault.what}`
    case 'timeout':
      return `its rules take longer than ${answer.milliseconds} ms`
    case 'unknown':
      return `nobody can tell: ${answer.why}`
    default:
      return `it is answered ${answer.status}: ${answer.why}`
  }
}

function movedText(answer: Extract<Answer, { readonly is: 'pass' | 'rewrite' }>, request: Request): string {
  if (!sameAddress(answer.url, request.url)) return `it arrives as ${answer.url}`
  const before = new Map(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]))
  const moved = Object.entries(answer.requestHeaders).filter(
    ([name, value]) =>
      JSON.stringify([before.get(name.toLowerCase())].flat()) !== JSON.stringify([value].flat()),
  )
  const set = moved.map(([name, value]) => `${name}: ${[value].flat().join(', ')}`)
  return `it arrives with other headers${set.length === 0 ? '' : `, ${set.join('; ')}`}`
}

/** The same with what the outbound rules did to the response, where that is an error. */
export function happenedText({ answer, outbound }: Responded, request: Request): string {
  if (outbound?.is === 'timeout') return `its outbound rules take longer than ${outbound.milliseconds} ms`
  if (outbound?.is === 'parse-error')
    return `its response becomes 500.${outbound.error.subStatus}: ${ruleOf(outbound.error.rule)}${outbound.error.message}`
  return effectText(answer, request)
}

/** Which rules did it, or why none did. */
export function becauseText({ answer, outbound }: Responded): string {
  const trace = [...answer.trace, ...(outbound !== null && 'trace' in outbound ? outbound.trace : [])]
  const matched = trace.filter((one) => one.matched)
  if (matched.length > 0) return `the rule ${matched.map(named).join(', then ')} matched`
  if (answer.served === null) return 'it reached no application'
  const { level } = answer.served
  if (answer.is === 'timeout' || outbound?.is === 'timeout')
    return `the patterns of the rules at ${level} take that long`
  if (trace.length > 0) return `none of the rules at ${level} matched: ${trace.map(why).join('; ')}`
  return answer.is === 'pass'
    ? `no rule acts at ${level}`
    : `no rule did it, but the configuration at ${level}`
}

function named({ name }: RuleTrace): string {
  return `'${name}'`
}

function why(one: RuleTrace): string {
  return one.missed === undefined ? named(one) : `${named(one)}, since ${one.missed}`
}

function ruleOf(name: string | null): string {
  return name === null ? '' : `rule '${name}': `
}

/** What the client gets at the end. */
export interface Received {
  /** Null: nothing at all, or nobody knows. */
  readonly status: number | null
  readonly headers: Headers
  readonly body: string | null
}

/** What the client gets when both ways are gone. */
export function received({ answer, outbound }: Responded): Received {
  if (outbound?.is === 'response') return outbound.response
  if (outbound?.is === 'parse-error') return { status: 500, headers: {}, body: null }
  if (outbound?.is === 'timeout') return { status: null, headers: {}, body: null }
  const headers: Headers = answer.is === 'redirect' ? { Location: answer.location } : {}
  return { status: statusOf(answer), headers, body: null }
}
