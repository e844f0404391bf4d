import type { Request } from '../../rewrite/exchange.ts'
import { count } from '../../util/words.ts'
import { asWritten } from '../address.ts'
import { blockedOf } from '../bypass/blocked.ts'
import { type Bypass, searchBypasses } from '../bypass/search.ts'
import type { WebServer } from '../web-server.ts'
import { type Finding, finding, type LintSeverity } from './finding.ts'
import { blockedTests, type PlacedTest } from './samples.ts'
import { about, type Subject } from './subject.ts'

/** A request that is surely the same is an error; one that only some reader takes for it is no proof of a hole. */
const SEVERITIES: { readonly [confidence in Bypass['confidence']]: LintSeverity } = {
  same: 'error',
  likely: 'warning',
  possible: 'note',
}

/** Requests that mean what a blocked one means and that the mitigation lets through. `server`: with it put. */
export function bypassFindings(subject: Subject, server: WebServer): readonly Finding[] {
  if (!subject.rules.some(({ kind }) => kind === 'rewrite-rule')) return []
  const sites = Map.groupBy(blockedTests(subject), ({ site }) => site)
  return [...sites].flatMap(([site, tests]) => searched(subject, server, { site, tests }))
}

interface Group {
  readonly site: string | null
  readonly tests: readonly PlacedTest[]
}

function searched(subject: Subject, server: WebServer, { site, tests }: Group): readonly Finding[] {
  const { bypasses, ended, notBlocked, unknown } = searchBypasses(
    tests.map(({ request }) => request),
    (requests) => server.answerBothEach(requests.map((request) => ({ request, site }))).map(blockedOf),
  )
  const found = bypasses.map((bypass) => bypassFinding(subject, bypass, tests[bypass.test] as PlacedTest))
  const unfit = notBlocked.map((index) => notSearched(subject, tests[index] as PlacedTest, NOT_BLOCKED))
  const [first] = tests
  if (first === undefined) return []
  const gaps = [
    ...(ended === 'complete'
      ? []
      : [{ why: `it ended at its limit of ${ended === 'time' ? 'time' : 'requests'}`, remedy: FEWER }]),
    ...(unknown === 0
      ? []
      : [
          {
            why: `nobody can tell what becomes of ${count(unknown, 'request')} that it tried`,
            remedy: OTHERS,
          },
        ]),
  ]
  return [...found, ...unfit, ...gaps.map((gap) => notSearched(subject, first, gap))]
}

interface Gap {
  readonly why: string
  readonly remedy: string
}

const NOT_BLOCKED: Gap = {
  why: 'its own request is not blocked, see `stopgap test`',
  remedy: 'Correct the rule, or what the test expects.',
}
const FEWER = 'Keep the tests that differ most: what one test shows, its likes show again.'
const OTHERS = 'See to the other findings first: to a pattern that takes too long, most of all.'

function bypassFinding(subject: Subject, bypass: Bypass, test: PlacedTest): Finding {
  const { mitigation, at } = subject
  const { request, how, confidence, readings, also } = bypass
  const steps = how.map(({ what }) => what).join(', then ')
  const others = also.length === 0 ? '' : ` So does the same by other means: ${also.join('; ')}.`
  const one = readings === 'one' ? ' It passes in one of the two ways in which IIS may read the path.' : ''
  return finding('bypass', {
    severity: SEVERITIES[confidence],
    origin: at(`${test.pointer}/request`),
    object: mitigation.name,
    message: `"${test.name}" passes when written otherwise: ${steps}`,
    why: `${how.map(({ transformation }) => transformation.meaning).join(' ')}${one}${others} The rule can be passed this way; whether Exchange takes the request for the attack is another question.`,
    remedy: pasteable(request, test, steps),
  })
}

function pasteable(request: Request, { site }: PlacedTest, steps: string): string {
  const { method, url, headers = {} } = asWritten(request, site)
  // JSON is YAML, and a text in it keeps on one line whatever is in it.
  const parts = [`method: ${method}`, `url: ${JSON.stringify(url)}`]
  if (Object.keys(headers).length > 0) parts.push(`headers: ${JSON.stringify(headers)}`)
  return `- name: ${JSON.stringify(steps)}\n  request: { ${parts.join(', ')} }\n  expect: blocked`
}

function notSearched(subject: Subject, { pointer, name }: PlacedTest, { why, remedy }: Gap): Finding {
  return about(subject, 'bypass-not-searched', `${pointer}/request`, {
    message: `no complete search for ways around "${name}": ${why}`,
    why: 'That nothing was found says nothing here.',
    remedy,
  })
}
