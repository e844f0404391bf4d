import type { See } from '../model/thing.ts'
import { compile } from '../rewrite/compile.ts'
import type { Inbound, Reading, Request } from '../rewrite/exchange.ts'
import { inbound } from '../rewrite/inbound.ts'
import { parted } from '../rewrite/url.ts'
import { limitedEach } from '../util/limited.ts'
import { type Answer, type Authentication, type Both, difference } from './answer.ts'
import { authenticationAt } from './authentication.ts'
import { type Ask, type Reached, Router } from './router.ts'

export type { Ask } from './router.ts'

/** What may be told beside the request itself. */
export interface AnswerOptions extends Omit<Ask, 'request'> {
  readonly reading: Reading
}

/** A server whose configuration answers requests, as IIS would. What was worked out is kept, so ask the same one again. */
export interface WebServer {
  answer(request: Request, options: AnswerOptions): Answer
  /** The same for many; they share time limits, which makes each of them some ten times as fast. */
  answerEach(asks: readonly Ask[], reading: Reading): readonly Answer[]
  /** The answers in both readings of what is unsettled of IIS. */
  answerBoth(request: Request, options?: Omit<AnswerOptions, 'reading'>): Both
  answerBothEach(asks: readonly Ask[]): readonly Both[]
  /** Apart from the answer, because a 401 says nothing of what somebody with a password can do. */
  authentication(request: Request, options?: Omit<AnswerOptions, 'reading'>): Authentication
}

/** How long the rules may take over one request, in milliseconds. */
export const LIMIT = 200

const NO_RULES = compile({
  globalRules: [],
  rules: [],
  outboundRules: [],
  customTags: {},
  rewriteMaps: [],
  allowedServerVariables: [],
})

/** The web server of the machine that `see` shows; it must not change, or make another one of what is seen then. */
export function webServer(see: See): WebServer {
  const router = new Router(see)
  const answerEach = (asks: readonly Ask[], reading: Reading): readonly Answer[] => {
    const reached = asks.map((ask) => router.reach(ask))
    const running = reached.filter((each) => each.is === 'reached')
    const done = limitedEach(LIMIT, running, (each) => ruled(router, each, reading))
    let next = 0
    return reached.map((each) => {
      if (each.is !== 'reached') return { ...each.refused, trace: [], served: each.served }
      const result = done[next++]
      return result?.is === 'done'
        ? result.value
        : { is: 'timeout', milliseconds: LIMIT, trace: [], served: each.state.served }
    })
  }
  const answerBothEach = (asks: readonly Ask[]): readonly Both[] => {
    const raw = answerEach(asks, 'raw')
    // Most paths are spelled as they are meant, and then there is nothing to read in two ways.
    const odd = asks.flatMap((ask, index) => (isPlain(ask.request) ? [] : [index]))
    const second = answerEach(
      odd.map((index) => asks[index] as Ask),
      'decoded',
    )
    const decoded = new Map(odd.map((index, at) => [index, second[at]]))
    return raw.map((each, index) => bothOf(each, decoded.get(index) ?? each))
  }
  return {
    answer: (request, { reading, ...rest }) => answerEach([{ request, ...rest }], reading)[0] as Answer,
    answerEach,
    answerBoth: (request, options = {}) => answerBothEach([{ request, ...options }])[0] as Both,
    answerBothEach,
    authentication: (request, options = {}) => {
      const reached = router.reach({ request, ...options })
      if (reached.is !== 'reached') return { is: 'unknown', why: 'the request reaches no application' }
      return authenticationAt(see, reached.configuration, reached.state.place.path)
    },
  }
}

function bothOf(raw: Answer, decoded: Answer): Both {
  return { raw, decoded, differs: difference(raw, decoded) }
}

/** Cooking only takes away what these characters stand for. */
function isPlain({ url }: Request): boolean {
  return !/%|\\|\/\/|\/\./.test(parted(url).path)
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
  if (place.is === 'reached') return { ...result, served: place.state.served }
  return goesOn(result)
    ? { ...place.refused, trace: result.trace, served: place.served }
    : { ...result, served: state.served }
}

type Going = Extract<Inbound, { readonly is: 'pass' | 'rewrite' }>

function goesOn(result: Answer | Inbound): result is Going & Answer {
  return result.is === 'pass' || result.is === 'rewrite'
}
