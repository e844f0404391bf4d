import type { Answer, Authentication, Both, Responded } from '../../proof/answer.ts'
import { isStopped } from '../../proof/answer.ts'
import { effectText } from '../../proof/happened.ts'
import type { Request, RuleTrace } from '../../rewrite/exchange.ts'
import { printable } from '../../util/words.ts'
import type { Paint } from './paint.ts'
import { table } from './table.ts'
import { cut } from './width.ts'

/** One request and what a server's configuration does with it. */
export interface RequestReport extends Both {
  readonly request: Request
  /** Which server it was tried on, for people. */
  readonly server: string
  /** What of the mitigations could not be put on it. */
  readonly held: readonly { readonly key: string; readonly why: string }[]
  readonly authentication: Authentication
  /** What the outbound rules make of an ordinary page; null: the request does not come so far. */
  readonly back: Responded['outbound']
}

/** The rules that a request meets, one after another, and what happens then. */
export function requestText(report: RequestReport, paint: Paint): string {
  const { request, server, held, raw, decoded, differs } = report
  const { method, url, https, host, port } = request
  const usual = port === (https ? 443 : 80)
  const address = `${https ? 'https' : 'http'}://${host}${usual ? '' : `:${port}`}${url}`
  const head = [
    paint('bold', printable(`${method} ${address}`)),
    printable(`on ${server}`),
    ...held.map(({ key, why }) => paint('yellow', printable(`not on it: ${key}: ${why}`))),
  ]
  const body =
    differs === 'nothing'
      ? [answerText(raw, request, paint)]
      : [
          paint(
            'bold',
            `It is not settled how IIS reads this path, and it matters${differs === 'blocked' ? ': one reading lets through what the other stops' : ''}.`,
          ),
          `${paint('bold', 'If {REQUEST_URI} has the path as it was sent:')}\n${answerText(raw, request, paint)}`,
          `${paint('bold', 'If it has the path decoded:')}\n${answerText(decoded, request, paint)}`,
        ]
  const last = 'Worked out from the configuration; IIS itself was not asked, nor the application behind it.'
  return [
    head.join('\n'),
    ...body,
    ...backText(report, paint),
    ...accessText(report),
    paint('dim', last),
  ].join('\n\n')
}

function answerText(answer: Answer, request: Request, paint: Paint): string {
  const { served, trace } = answer
  const where = served === null ? [] : [`${served.level}, application pool ${served.pool}`]
  const rules =
    trace.length > 0
      ? [table(['RULE', 'SCOPE', 'MATCHED', 'CAPTURES, OR WHY NOT'], trace.map(rowOf), paint)]
      : []
  const none = answer.is === 'pass' && trace.length === 0 ? [noRules(answer)] : []
  const effect = effectText(answer, request)
  const style = isStopped(answer) ? 'red' : answer.is === 'pass' ? 'green' : 'yellow'
  return [
    ...where.map(printable),
    ...rules,
    ...none,
    paint(style, printable(`${effect[0]?.toUpperCase()}${effect.slice(1)}.`)),
  ].join('\n')
}

function noRules({ served }: Answer): string {
  const count = served?.ruleCount ?? 0
  return count === 0 ? 'No rule acts there.' : 'No inbound rule was met.'
}

/** Longer captures are whole in the JSON. */
const SHOWN = 60

function rowOf({ name, scope, matched, captures, missed = '' }: RuleTrace) {
  const shown = Object.entries(captures).map(([reference, text]) => `{${reference}}=${cut(text, SHOWN)}`)
  return [
    { text: name },
    { text: scope },
    matched ? ({ text: 'yes', style: 'bold' } as const) : ({ text: 'no', style: 'dim' } as const),
    matched ? { text: shown.join('  ') } : ({ text: cut(missed, 2 * SHOWN), style: 'dim' } as const),
  ]
}

/** What outbound rules there are, and which headers of a page they change. */
function backText({ back }: RequestReport, paint: Paint): readonly string[] {
  if (back === null || ('trace' in back && back.trace.length === 0)) return []
  const what = 'Its response, if it is a page of HTML with the status 200:'
  if (back.is === 'timeout') return [`${what} the outbound rules take longer than ${back.milliseconds} ms.`]
  const rules = table(['RULE', 'SCOPE', 'MATCHED', 'CAPTURES, OR WHY NOT'], back.trace.map(rowOf), paint)
  if (back.is === 'parse-error') {
    const { rule, subStatus, message } = back.error
    const text = `${rule === null ? '' : `${rule}: `}${message}`
    return [[what, rules, paint('red', printable(`It becomes 500.${subStatus}: ${text}`))].join('\n')]
  }
  const headers = Object.entries(back.response.headers).map(
    ([name, value]) => `${name}: ${[value].flat().join(', ')}`,
  )
  return [[what, rules, ...headers.map((line) => printable(`  ${line}`))].join('\n')]
}

/** Only of interest where a request comes through. */
function accessText({ raw, authentication }: RequestReport): readonly string[] {
  if (isStopped(raw) || raw.is === 'redirect' || authentication.is !== 'asked') return []
  const { challenges } = authentication
  const offers =
    challenges.length === 0 ? 'and nobody can sign in there' : `and is offered ${challenges.join(', ')}`
  return [`Without credentials it is then answered 401, ${offers}.`]
}
