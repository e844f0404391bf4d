import { compile } from '../rewrite/compile.ts'
import type { Inbound, Outbound, Reading, Request, Response } from '../rewrite/exchange.ts'
import { inbound } from '../rewrite/inbound.ts'
import { outbound, unreadable } from '../rewrite/outbound.ts'
import { cooked } from '../rewrite/url.ts'
import { originals } from '../rewrite/variables.ts'
import { limitedEach } from '../util/limited.ts'
import type { Answer, Refused, Responded } from './answer.ts'
import type { Ask, Reached, Router } from './router.ts'

/** How long the rules may take over one request, in milliseconds of processor time. */
export const LIMIT = 200

/** Work that is worked out as far as that needs no rules. Setting a time limit is dear, so many share one. */
export interface Begun<T> {
  /** Null: it is done, `otherwise` is the result. */
  readonly run: (() => T) | null
  /** The result when there is nothing to run, or when running took too long. */
  readonly otherwise: T
}

/** Carries out what was begun, each within the time limit. */
export function finish<T>(begun: readonly Begun<T>[]): readonly T[] {
  const open = begun.filter((each) => each.run !== null)
  const done = limitedEach(LIMIT, open, ({ run }) => (run as () => T)())
  let next = 0
  return begun.map(({ run, otherwise }) => {
    if (run === null) return otherwise
    const result = done[next++]
    return result?.is === 'done' ? result.value : otherwise
  })
}

const NO_RULES = compile({
  globalRules: [],
  rules: [],
  outboundRules: [],
  customTags: {},
  rewriteMaps: [],
  allowedServerVariables: [],
})

/** Leads a request to its level; what is left to do is to meet the rules. */
export function begin(router: Router, ask: Ask, reading: Reading): Begun<Answer> {
  const reached = router.reach(ask)
  if (reached.is !== 'reached')
    return { run: null, otherwise: { ...reached.refused, trace: [], served: reached.served } }
  const filtered = reached.state.filter?.(ask.request) ?? null
  if (filtered !== null) {
    const refused = { is: 'filtered', status: 404, ...filtered } as const
    return { run: null, otherwise: { ...refused, trace: [], served: reached.state.served } }
  }
  const late: Answer = { is: 'timeout', milliseconds: LIMIT, trace: [], served: reached.state.served }
  return { run: () => ruled(router, reached, reading), otherwise: late }
}

type Running = Extract<Reached, { readonly is: 'reached' }>

/** Global rules come first and may move the request, so the distributed ones are those of the place it then has. */
function ruled(router: Router, reached: Running, reading: Reading): Answer {
  const { ask, state } = reached
  const { request } = ask
  if (state.rules === null)
    return { is: 'pass', trace: [], url: request.url, requestHeaders: request.headers, served: state.served }
  const last: { place: Reached } = { place: reached }
  const result = inbound(state.rules, request, router.surroundings(reached, reading), (path) => {
    last.place = router.at(reached, path)
    const { place } = last
    return place.is === 'reached' ? (place.state.rules ?? NO_RULES) : NO_RULES
  })
  const { place } = last
  if (place.is === 'reached') {
    const { served, rules } = place.state
    const error = goesOn(result) && rules !== null ? unreadable(rules) : null
    if (error !== null) return { is: 'parse-error', error, trace: result.trace, served }
    const hidden =
      result.is === 'rewrite' ? filteredAgain(router, place, { ...request, url: result.url }) : null
    return hidden === null ? { ...result, served } : { ...hidden, trace: result.trace, served }
  }
  return goesOn(result)
    ? { ...place.refused, trace: result.trace, served: place.served }
    : { ...result, served: state.served }
}

// Measured on IIS 10: what filtering hides, no rule brings to light.
function filteredAgain(router: Router, before: Running, request: Request): Refused | null {
  const url = request.url.startsWith('/') ? cooked(request.url) : null
  const place = url === null ? before : router.at(before, url.path)
  const filtered = url !== null && place.is === 'reached' ? place.state.filter?.(request) : null
  return filtered ? { is: 'filtered', status: 404, ...filtered } : null
}

type Going = Extract<Inbound, { readonly is: 'pass' | 'rewrite' }>

function goesOn(result: Answer | Inbound): result is Going & Answer {
  return result.is === 'pass' || result.is === 'rewrite'
}

/**
 * The request as the application and outbound rules see it: with the URL, headers and variables that rules gave it. What
 * it was before stays visible in the variables that are for that.
 */
function arrived(ask: Ask, { is, url, requestHeaders, variables }: Going, reading: Reading): Ask {
  // Handed to another server it keeps its place here: the response comes back the same way.
  const inside = url.startsWith('/') ? url : ask.request.url
  const request = { ...ask.request, url: inside, headers: requestHeaders }
  if (is === 'pass' && variables === undefined) return { ...ask, request }
  const before = is === 'rewrite' ? originals(ask.request, reading) : {}
  return { ...ask, request, variables: { ...before, ...ask.variables, ...variables } }
}

/** A response to a request that was answered so, on its way back through the outbound rules. */
export function beginBack(
  router: Router,
  ask: Ask,
  { answer, response, reading }: { answer: Answer; response: Response; reading: Reading },
): Begun<Responded['outbound']> {
  const reached = goesOn(answer) ? router.reach(arrived(ask, answer, reading)) : null
  if (reached?.is !== 'reached') return { run: null, otherwise: null }
  const { rules } = reached.state
  if (rules === null) return { run: null, otherwise: { is: 'response', response, trace: [] } }
  const run = (): Outbound =>
    outbound(rules, reached.ask.request, response, router.surroundings(reached, reading))
  return { run, otherwise: { is: 'timeout', milliseconds: LIMIT } }
}
