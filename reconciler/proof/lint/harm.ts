import { type Both, isStopped } from '../answer.ts'
import { requestOf } from '../case.ts'
import type { TrafficRequest } from '../traffic.ts'
import type { WebServer } from '../web-server.ts'
import type { Finding } from './finding.ts'
import { about, type Subject } from './subject.ts'

/** A rule that stops more than this share of ordinary traffic has the wrong aim, however well it stops the attack. */
export const MOST_TRAFFIC = 0.02

/** A server before and after a mitigation, and what clients ask of it on an ordinary day. */
export interface Ordinary {
  readonly before: WebServer
  readonly after: WebServer
  readonly traffic: readonly TrafficRequest[]
}

// The page that Managed Availability and load balancers ask for, one below each protocol.
const HEALTH = /\/healthcheck\.htm(?:$|[?#])/i

/** Rules that stop health checks, or too much of ordinary traffic, without saying so under sideEffects. */
export function harmfulRules(subject: Subject, ordinary: Ordinary): readonly Finding[] {
  if (subject.rules.length === 0) return []
  const stopped = newlyStopped(ordinary).filter((one) => !isDeclared(subject, one))
  const health = stopped.filter(({ request }) => HEALTH.test(request.url))
  const share = stopped.length / Math.max(1, ordinary.traffic.length)
  const first = health[0]
  const findings: Finding[] = []
  const pointer = subject.rules[0]?.pointer ?? '/spec'
  if (first !== undefined)
    findings.push(
      about(subject, 'health-check-blocked', pointer, {
        message: `it stops ${health.length} health check${health.length === 1 ? '' : 's'}, such as ${written(first)}`,
        why: 'Load balancers take the server for dead and send nobody there; Managed Availability restarts what it guards.',
        remedy: `conditions: [{ input: '{URL}', pattern: '/healthcheck\\.htm$', negate: true }]`,
      }),
    )
  if (share > MOST_TRAFFIC)
    findings.push(
      about(subject, 'traffic-blocked', pointer, {
        message: `it stops ${stopped.length} of ${ordinary.traffic.length} ordinary requests, such as ${written(stopped[0] as TrafficRequest)}`,
        why: 'Mail stops for people who did nothing wrong.',
        remedy: 'Aim at what only the attack has; where the loss is meant, name the requests in sideEffects.',
      }),
    )
  return findings
}

/** Ordinary requests that came through before and do not any more, in one reading of IIS at least. */
function newlyStopped({ before, after, traffic }: Ordinary): readonly TrafficRequest[] {
  const asks = traffic.map(({ request }) => ({ request }))
  const [was, is] = [before.answerBothEach(asks), after.answerBothEach(asks)]
  return traffic.filter((_, index) => !anyStopped(was[index]) && anyStopped(is[index]))
}

function anyStopped(both: Both | undefined): boolean {
  return both !== undefined && (isStopped(both.raw) || isStopped(both.decoded))
}

function isDeclared({ mitigation }: Subject, { request }: TrafficRequest): boolean {
  return mitigation.sideEffects.some(({ requests }) =>
    requests.some((text) => {
      const declared = requestOf(text)
      return (
        typeof declared !== 'string' &&
        declared.request.method === request.method &&
        declared.request.url.toLowerCase() === request.url.toLowerCase()
      )
    }),
  )
}

function written({ request }: TrafficRequest): string {
  return `${request.method} ${request.url}`
}
