import type { Fault } from '../iis/check.ts'
import type { Inbound, Outbound, RuleTrace } from '../rewrite/exchange.ts'

/** Which part of the server a request reached. */
export interface Served {
  readonly site: string
  /** The deepest site path that the configuration says something of: `Default Web Site/owa`. */
  readonly level: string
  /** Site path of the application, and its pool. */
  readonly application: string
  readonly pool: string
  /** How many rules act there: global, distributed and outbound. */
  readonly ruleCount: number
}

/** Why a request never comes to the rules, or why nobody can tell what they do. */
export type Refused =
  /** HTTP.sys itself answers: the URL cannot be read, or no site has that name and port. */
  | { readonly is: 'refused'; readonly status: 400; readonly why: string }
  /** No application of the site serves the path. */
  | { readonly is: 'not-found'; readonly status: 404; readonly why: string }
  | {
      readonly is: 'stopped'
      readonly status: 503
      readonly what: 'server' | 'site' | 'pool'
      readonly why: string
    }
  /** IIS cannot read the configuration of that path. */
  | { readonly is: 'broken'; readonly status: 500; readonly subStatus: 19; readonly fault: Fault }
  /** Request filtering, where its module is. */
  | { readonly is: 'filtered'; readonly status: 404; readonly subStatus: number; readonly why: string }
  /** The rules took longer than the limit; IIS would go on, at the expense of everybody. */
  | { readonly is: 'timeout'; readonly milliseconds: number }
  /** Something that decides was not seen. */
  | { readonly is: 'unknown'; readonly why: string }

/** What a server does with a request, as its configuration has it. Who may come in is not looked at, see `Authentication`. */
export type Answer = (Inbound | (Refused & { readonly trace: readonly RuleTrace[] })) & {
  /** Null when the request reached no application. */
  readonly served: Served | null
}

/** What the server says to a request without credentials, when nothing else stops it. */
export type Authentication =
  | { readonly is: 'open' }
  /** 401, with one `WWW-Authenticate` header each; none: nobody can sign in. */
  | { readonly is: 'asked'; readonly challenges: readonly string[] }
  | { readonly is: 'unknown'; readonly why: string }

/** The two answers to a request where it is unsettled how IIS reads the path, and how far they are from each other. */
export interface Both {
  readonly raw: Answer
  readonly decoded: Answer
  /** `blocked`: one lets through what the other stops; `detail`: they differ in something less. */
  readonly differs: 'nothing' | 'detail' | 'blocked'
}

/** A response on its way back. `outbound` null: the request did not come through, so there is no response to rewrite. */
export interface Responded {
  readonly answer: Answer
  readonly outbound: Outbound | { readonly is: 'timeout'; readonly milliseconds: number } | null
}

/** The status that a client sees; null: the connection is cut (abort), or nobody knows (timeout, unknown). */
export function statusOf(answer: Answer): number | null {
  switch (answer.is) {
    case 'pass':
    case 'rewrite':
      return 200
    case 'parse-error':
      return 500
    case 'abort':
    case 'timeout':
    case 'unknown':
      return null
    default:
      return answer.status
  }
}

/** Whether a client gets an error or nothing at all instead of what it asked for. What nobody knows is not stopped. */
export function isStopped(answer: Answer): boolean {
  return answer.is === 'abort' || (statusOf(answer) ?? 0) >= 400
}

/** How far two answers are from each other. */
export function difference(raw: Answer, decoded: Answer): Both['differs'] {
  if (raw === decoded) return 'nothing'
  if (isStopped(raw) !== isStopped(decoded) || (raw.is === 'timeout') !== (decoded.is === 'timeout'))
    return 'blocked'
  return JSON.stringify(raw) === JSON.stringify(decoded) ? 'nothing' : 'detail'
}
