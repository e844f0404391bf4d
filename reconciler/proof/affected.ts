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
  readonly timeout: boolean
}

interface Servers {
  readonly before: WebServer
  readonly after: WebServer
  /** Whether the mitigation has rules for responses; without any, none can break one. */
  readonly outbound: boolean
}

/** What a mitigation does to a corpus. */
export interface Effects {
  readonly affected: readonly Affected[]
  /** How many requests were not tried, because too many before them had taken too long. */
  readonly untried: number
}

/** Requests that are tried before anybody looks whether it is worth to go on. */
const SLICE = 16
/** Each costs the time limit, in both readings; a rule that takes for ever on these needs no further proof. */
const MOST_TIMEOUTS = 8

/** Each affected request of a corpus, with the first way in which it is. */
export function affectedBy(servers: Servers, corpus: readonly TrafficRequest[]): Effects {
  const usual = usually(servers.before, corpus)
  const affected: Affected[] = []
  let timeouts = 0
  for (let start = 0; start < corpus.length; start += SLICE) {
    if (timeouts >= MOST_TIMEOUTS) return { affected, untried: corpus.length - start }
    const slice = corpus.slice(start, start + SLICE)
    const now = servers.after.answerBothEach(slice.map(({ request }) => ({ request })))
    for (const [index, one] of slice.entries()) {
      const [was, is] = [usual[start + index] as Both, now[index] as Both]
      const found = answerMoved(one, was, is) ?? responseBroken(one, is.raw, servers)
      if (found === null) continue
      affected.push(found)
      if (found.timeout) timeouts += 1
    }
  }
  return { affected, untried: 0 }
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
    return { one, how, happened, because, rule: lastMatched(answer.trace), timeout: answer.is === 'timeout' }
  }
  return null
}

/** Only errors count: that a response comes back otherwise is what outbound rules are for. */
function responseBroken(
  one: TrafficRequest,
  answer: Answer,
  { after, outbound: has }: Servers,
): Affected | null {
  if (!has) return null
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
    timeout: outbound.is === 'timeout',
  }
}

function lastMatched(trace: readonly RuleTrace[]): RuleTrace | null {
  return trace.findLast(({ matched }) => matched) ?? null
}
