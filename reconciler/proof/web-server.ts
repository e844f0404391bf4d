import type { See } from '../model/thing.ts'
import type { Reading, Request, Response } from '../rewrite/exchange.ts'
import { parted } from '../rewrite/url.ts'
import { type Answer, type Authentication, type Both, difference, type Responded } from './answer.ts'
import { authenticationAt } from './authentication.ts'
import { type Begun, begin, beginBack, finish } from './begin.ts'
import { type Ask, Router } from './router.ts'

export { LIMIT } from './begin.ts'
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
  /** What becomes of a response to the request: the outbound rules, where the request comes through at all. */
  respond(request: Request, response: Response, options: AnswerOptions): Responded
  /** For whoever asks many servers: led to its level, still to be finished. */
  begin(ask: Ask, reading: Reading): Begun<Answer>
  beginBack(ask: Ask, back: Parameters<typeof beginBack>[2]): Begun<Responded['outbound']>
  /** Apart from the answer, because a 401 says nothing of what somebody with a password can do. */
  authentication(request: Request, options?: Omit<AnswerOptions, 'reading'>): Authentication
}

/** The web server of the machine that `see` shows; it must not change, or make another one of what is seen then. */
export function webServer(see: See): WebServer {
  const router = new Router(see)
  const answerEach: WebServer['answerEach'] = (asks, reading) =>
    finish(asks.map((ask) => begin(router, ask, reading)))
  const answerBothEach: WebServer['answerBothEach'] = (asks) => {
    const raw = answerEach(asks, 'raw')
    const odd = asks.filter(({ request }) => !isPlain(request))
    const decoded = new Map(answerEach(odd, 'decoded').map((each, index) => [odd[index], each]))
    return raw.map((each, index) => bothOf(each, decoded.get(asks[index]) ?? each))
  }
  return {
    answer: (request, { reading, ...rest }) => answerEach([{ request, ...rest }], reading)[0] as Answer,
    answerEach,
    answerBoth: (request, options = {}) => answerBothEach([{ request, ...options }])[0] as Both,
    answerBothEach,
    respond: (request, response, { reading, ...rest }) => {
      const ask = { request, ...rest }
      const answer = answerEach([ask], reading)[0] as Answer
      const [outbound = null] = finish([beginBack(router, ask, { answer, response, reading })])
      return { answer, outbound }
    },
    begin: (ask, reading) => begin(router, ask, reading),
    beginBack: (ask, back) => beginBack(router, ask, back),
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

/** Most paths are spelled as they are meant: cooking changes none, so there is nothing to read in two ways. */
export function isPlain({ url }: Request): boolean {
  return !/%|\\|\/\/|\/\./.test(parted(url).path)
}
