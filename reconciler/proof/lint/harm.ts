import { type Affected, affectedBy } from '../affected.ts'
import { isOurs } from '../own-name.ts'
import { declared } from '../side-effects.ts'
import type { TrafficRequest } from '../traffic.ts'
import type { WebServer } from '../web-server.ts'
import { furtherCondition } from './condition.ts'
import type { Finding } from './finding.ts'
import { about, type Said, type Subject } from './subject.ts'
import type { WrittenRule } from './written.ts'

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
export function harmfulRules(subject: Subject, { before, after, traffic }: Ordinary): readonly Finding[] {
  const outbound = subject.rules.some(({ kind }) => kind === 'outbound-rule')
  const { affected } = affectedBy({ before, after, outbound }, traffic)
  // What stands still because its service was stopped is meant, and for `test` to compare with what is declared.
  const stopped = affected.filter(({ how, one }) => how !== 'stopped' && !isDeclared(subject, one))
  const health = stopped.filter(({ one }) => HEALTH.test(one.request.url))
  const say = (code: 'health-check-blocked' | 'traffic-blocked', first: Affected, said: Said): Finding =>
    about(subject, code, ruleOf(subject, first)?.pointer ?? '/spec', said)
  const findings: Finding[] = []
  const [ill, first] = [health[0], stopped[0]]
  if (ill !== undefined)
    findings.push(
      say('health-check-blocked', ill, {
        message: `${health.length === 1 ? 'one health check comes' : `${health.length} health checks come`} to nothing; ${written(ill)}`,
        why: 'Load balancers take the server for dead and send nobody there; Managed Availability restarts what it guards.',
        remedy: withoutHealth(ruleOf(subject, ill)),
      }),
    )
  if (first !== undefined && stopped.length > MOST_TRAFFIC * traffic.length)
    findings.push(
      say('traffic-blocked', first, {
        message: `${stopped.length} of ${traffic.length} ordinary requests are answered otherwise; ${written(first)}`,
        why: 'Mail stops for people who did nothing wrong.',
        remedy: 'Aim at what only the attack has; where the loss is meant, name the requests in sideEffects.',
      }),
    )
  return findings
}

function isDeclared({ mitigation }: Subject, { request }: TrafficRequest): boolean {
  return mitigation.sideEffects.some(({ requests }) =>
    requests.some((text) => {
      const side = declared(text)
      return typeof side !== 'string' && side.covers(request)
    }),
  )
}

/** The rule that did it, where one is named. */
function ruleOf({ rules }: Subject, { rule }: Affected): WrittenRule | undefined {
  return (
    rules.find(({ mitigation, name }) => rule !== null && isOurs(rule.name, mitigation, name)) ?? rules[0]
  )
}

// One folder deep and no further: what may have anything in front of it would be a way around the rule.
function withoutHealth(rule: WrittenRule | undefined): string {
  const entry = `{ input: '{URL}', pattern: '^/[^/]+/healthcheck\\.htm$', negate: true }`
  const condition = rule === undefined ? null : furtherCondition(rule, entry)
  return (
    condition ??
    'Let healthcheck.htm pass: make a rule of each condition, and give it another one that is negated.'
  )
}

function written({ one, happened }: Affected): string {
  return `${one.request.method} ${one.request.url}: ${happened}`
}
