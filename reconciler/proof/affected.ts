import type { RuleTrace } from '../rewrite/exchange.ts'
import type { Answer, Both, Responded } from './answer.ts'
import { USUAL_RESPONSE } from './case.ts'
import { becauseText, effectText, happenedText } from './happened.ts'
import type { TrafficRequest } from './traffic.ts'
import type { WebServer } from './web-server.ts'

/** A request that is answered otherwise than on the same server without the mitigation. */
export interface Affected {
  readonly one: TrafficRequest
  /** answer: by a rule; response: an outbound rule breaks what comes back; stopped: what serves it is switched off. */
  readonly how: 'answer' | 'response' | 'stopped'
  readonly happened: string
  readonly because: string
  /** The rule that did it; null: none did. */
  readonly rule: RuleTrace | null
}

interface Servers {
  readonly before: WebServer
  readonly after: WebServer
  /** Whether the mitigation has rules for responses; without any, none can break one. */
  readonly outbound: boolean
}

/** The requests of a corpus that a mitigation affects, each with the first way in which it does. */
export function affectedBy(servers: Servers, corpus: readonly TrafficRequest[]): readonly Affected[] {
  const { before, after, outbound } = servers
  const usual = usually(before, corpus)
  const now = after.answerBothEach(corpus.map(({ request }) => ({ request })))
  return corpus.flatMap((one, index) => {
    const [was, is] = [usual[index] as Both, now[index] as Both]
    const affected = answerMoved(one, was, is) ?? (outbound ? responseBroken(one, is.raw, after) : null)
    return affected === null ? [] : [affected]
  })
}

// Many mitigations are tried on one server, and without them it answers all of them alike.
const known = new WeakMap<WebServer, { readonly corpus: object; readonly answers: readonly Both[] }>()

function usually(before: WebServer, corpus: readonly TrafficRequest[]): readonly Both[] {
  const last = known.get(before)
  if (last?.corpus === corpus) return last.answers
  const answers = before.answerBothEach(corpus.map(({ request }) => ({ request })))
  known.set(before, { corpus, answers })
  return answers
}

function answerMoved(one: TrafficRequest, was: Both, is: Both): Affected | null {
  for (const reading of ['raw', 'decoded'] as const) {
    const [usual, answer] = [was[reading], is[reading]]
    const happened = effectText(answer, one.request)
    if (happened === effectText(usual, one.request)) continue
    const because = becauseText({ answer, outbound: null })
    const how = answer.is === 'stopped' ? 'stopped' : 'answer'
    return { one, how, happened, because, rule: lastMatched(answer.trace) }
  }
  return null
}

/** Only errors count: that a response comes back otherwise is what outbound rules are for. */
function responseBroken(one: TrafficRequest, answer: Answer, after: WebServer): Affected | null {
  if (answer.is !== 'pass' && answer.is !== 'rewrite') return null
  const done: Responded = after.respond(one.request, USUAL_RESPONSE, { reading: 'raw' })
  const { outbound } = done
  if (outbound === null || outbound.is === 'response') return null
  const trace = outbound.is === 'parse-error' ? outbound.trace : []
  return {
    one,
    how: 'response',
    happened: happenedText(done, one.request),
    because: becauseText(done),
    rule: lastMatched(trace),
  }
}

function lastMatched(trace: readonly RuleTrace[]): RuleTrace | null {
  return trace.findLast(({ matched }) => matched) ?? null
}
