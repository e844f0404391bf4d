import type { Mitigation, Origin } from '../model/catalogue.ts'
import { isObject } from '../model/object.ts'
import type { RuleTrace } from '../rewrite/exchange.ts'
import { type Affected, affectedBy } from './affected.ts'
import { isStopped, type Responded } from './answer.ts'
import { type TestCase, testCase, USUAL_RESPONSE } from './case.ts'
import { happenedText, received, sameHeaders } from './happened.ts'
import { judge, type Trial } from './judge.ts'
import { isOurs } from './own-name.ts'
import { type Declared, declared } from './side-effects.ts'
import type { TrafficRequest } from './traffic.ts'
import { requestText, type Tried, type Tryout } from './tried.ts'
import type { Ask, WebServer } from './web-server.ts'

/** A mitigation that is being tried, and the same server without it and with it. */
export interface Examination {
  readonly mitigation: Mitigation
  readonly before: WebServer
  readonly after: WebServer
  /** Where something of the mitigation stands, by JSON pointer into its document. */
  readonly at: (pointer: string) => Origin
}

/** Tries every test of a mitigation. */
export function tests(examination: Examination): readonly Tried[] {
  return examination.mitigation.tests.flatMap((json, index) => {
    const origin = examination.at(`/spec/tests/${index}`)
    const test = testCase(json)
    if (typeof test === 'string') {
      const name = isObject(json) ? String(json['name']) : ''
      return [{ code: 'test-unreadable', level: 'error', name, origin, happened: test } satisfies Tried]
    }
    return [tried(examination, test, origin), ...emptyProof(examination, test, origin)]
  })
}

function tried({ after }: Examination, test: TestCase, origin: Origin): Tried {
  const judgement = judge(test, trialOf(after, test))
  const { name, request, site } = test
  const about = { name, origin, request: requestText(request, site) }
  if (judgement.is === 'as-expected') return { code: 'as-expected', level: 'ok', ...about }
  const { expected, happened, because } = judgement
  return { code: 'test-failed', level: 'error', ...about, expected, happened, because }
}

/** What is blocked anyway shows nothing of the mitigation. */
function emptyProof({ before }: Examination, test: TestCase, origin: Origin): readonly Tried[] {
  if (test.expect.is !== 'blocked') return []
  const { raw, decoded } = before.answerBoth(test.request, { site: test.site })
  if (!isStopped(raw) || !isStopped(decoded)) return []
  const { name, request, site } = test
  const happened = 'it is blocked on the server without the mitigation as well'
  return [
    { code: 'proves-nothing', level: 'warning', name, origin, request: requestText(request, site), happened },
  ]
}

function trialOf(server: WebServer, { request, site, response }: TestCase): Trial {
  const back = (reading: 'raw' | 'decoded'): Responded =>
    server.respond(request, response ?? USUAL_RESPONSE, { reading, site })
  return { raw: back('raw'), decoded: back('decoded') }
}

/** What comes of the corpus and of the side effects that are declared. */
export interface TrafficTried {
  readonly tried: readonly Tried[]
  readonly counts: Tryout['traffic']
}

/** Tries ordinary traffic, and holds what is affected against what the mitigation declares. */
export function traffic(examination: Examination, corpus: readonly TrafficRequest[]): TrafficTried {
  const { declarations, faults } = declarationsOf(examination)
  const outbound = examination.mitigation.resources.some(({ kind }) => kind === 'outbound-rule')
  const { affected, untried } = affectedBy({ ...examination, outbound }, corpus)
  const open = affected.filter(({ one }) => !declarations.some(({ is }) => is.covers(one.request)))
  const absent = isVisible(examination)
    ? declarations.filter(({ is }) => !shows(examination, is, affected))
    : []
  return {
    tried: [
      ...open.filter(({ how }) => how !== 'stopped').map((each) => undeclared(examination, each)),
      ...stoppedOf(examination, open),
      ...faults,
      ...absent.map(absentEffect),
      ...(untried === 0 ? [] : [cutShort(examination, untried)]),
    ],
    counts: {
      requests: corpus.length - untried,
      affected: affected.length,
      declared: affected.length - open.length,
    },
  }
}

/** What other kinds do to requests, passwords for one, is not to be seen from the configuration alone. */
const VISIBLE: ReadonlySet<string> = new Set(['rewrite-rule', 'outbound-rule', 'app-pool'])

function isVisible({ mitigation }: Examination): boolean {
  return mitigation.resources.some(({ kind }) => VISIBLE.has(kind))
}

interface Declaration {
  readonly is: Declared
  readonly origin: Origin
}

function declarationsOf({ mitigation, at }: Examination) {
  const declarations: Declaration[] = []
  const faults: Tried[] = []
  for (const [effect, { requests }] of mitigation.sideEffects.entries()) {
    for (const [index, text] of requests.entries()) {
      const origin = at(`/spec/sideEffects/${effect}/requests/${index}`)
      const is = declared(text)
      if (typeof is !== 'string') declarations.push({ is, origin })
      else faults.push({ code: 'test-unreadable', level: 'error', name: text, origin, happened: is })
    }
  }
  return { declarations, faults }
}

/** Whether anything that it covers is affected, the request itself or one of the corpus. */
function shows(examination: Examination, is: Declared, affected: readonly Affected[]): boolean {
  if (affected.some(({ one }) => is.covers(one.request))) return true
  return isAffected(examination, { request: is.request, site: is.site })
}

/** The response counts here, and who is let in: whoever declares that a page breaks may mean either. */
function isAffected({ before, after }: Examination, { request, site }: Ask): boolean {
  const back = (server: WebServer) => server.respond(request, USUAL_RESPONSE, { reading: 'raw', site })
  const [usual, now] = [back(before), back(after)]
  const [was, is] = [received(usual), received(now)]
  const asked = (server: WebServer) => JSON.stringify(server.authentication(request, { site }))
  return (
    happenedText(usual, request) !== happenedText(now, request) ||
    was.status !== is.status ||
    was.body !== is.body ||
    !sameHeaders(was.headers, is.headers) ||
    asked(before) !== asked(after)
  )
}

function cutShort({ mitigation, at }: Examination, untried: number): Tried {
  const happened = `too many requests took longer than the limit, so ${untried} were not tried`
  return {
    code: 'traffic-untried',
    level: 'error',
    name: mitigation.name,
    origin: at('/spec/resources'),
    happened,
  }
}

function absentEffect({ is, origin }: Declaration): Tried {
  const happened = 'neither it nor any request of the corpus that it covers is affected'
  return { code: 'side-effect-absent', level: 'warning', name: is.text, origin, happened }
}

function undeclared({ mitigation, at }: Examination, { one, how, happened, because, rule }: Affected): Tried {
  return {
    code: how === 'response' ? 'response-broken' : 'false-positive',
    level: 'error',
    name: `${one.protocol}: ${one.name}`,
    origin: at(pointerOf(mitigation, rule)),
    request: requestText(one.request, null),
    expected: 'as on the same server without the mitigation, or declared under sideEffects.requests',
    happened,
    because,
  }
}

/** Where the entry stands that asks for a rule. */
function pointerOf({ name: mitigation, resources }: Mitigation, rule: RuleTrace | null): string {
  const index = resources.findIndex(({ entry }) => {
    const name = isObject(entry) ? entry['name'] : undefined
    return typeof name === 'string' && rule !== null && isOurs(rule.name, mitigation, name)
  })
  return index < 0 ? '/spec/resources' : `/spec/resources/${index}`
}

/** To switch something off is meant to stop requests, so this is told once and fails nothing. */
function stoppedOf({ at }: Examination, open: readonly Affected[]): readonly Tried[] {
  const [first, ...more] = open.filter(({ how }) => how === 'stopped')
  if (first === undefined) return []
  return [
    {
      code: 'traffic-stopped',
      level: 'warning',
      name: `${first.one.protocol}: ${first.one.name}`,
      origin: at('/spec/resources'),
      request: requestText(first.one.request, null),
      happened: `${first.happened}${more.length === 0 ? '' : `; and so ${more.length} more of the corpus`}`,
      because: 'sideEffects.requests does not declare it',
    },
  ]
}
