import type { Headers, Request } from '../rewrite/exchange.ts'
import { headerValue } from './address.ts'
import { type Answer, isStopped, type Responded } from './answer.ts'
import type { Expectation, TestCase } from './case.ts'
import { arrivesUnchanged, becauseText, happenedText, received, sameHeaders } from './happened.ts'

/** A request tried in both readings of what is unsettled of IIS. */
export interface Trial {
  readonly raw: Responded
  readonly decoded: Responded
}

/** Whether it came as the test says; if not, what was expected, what happened, and which rule did it or why none did. */
export type Judgement =
  | { readonly is: 'as-expected' }
  | {
      readonly is: 'otherwise'
      readonly expected: string
      readonly happened: string
      readonly because: string
    }

/** What a test expects must hold in both readings. */
export function judge(test: TestCase, { raw, decoded }: Trial): Judgement {
  const [asSent, asDecoded] = [missed(test, raw), raw === decoded ? missed(test, raw) : missed(test, decoded)]
  if (asSent === null && asDecoded === null) return { is: 'as-expected' }
  const expected = expectationText(test.expect)
  const [wrong, words] = asSent === null ? ([decoded, asDecoded] as const) : ([raw, asSent] as const)
  const because = becauseText(wrong)
  if (asSent !== null && asDecoded !== null)
    return { is: 'otherwise', expected, happened: words ?? '', because }
  const [reading, other] = asSent === null ? ['decoded', 'as it was sent'] : ['as it was sent', 'decoded']
  const happened = `it differs by how IIS reads the path: as expected when it is taken ${other}, but ${reading}: ${words}`
  return { is: 'otherwise', expected, happened, because }
}

/** What an expectation is, in words. */
function expectationText(expect: Expectation): string {
  if (expect.is === 'blocked') return 'blocked: the connection is cut, or the answer is an error'
  if (expect.is === 'passed') return 'passed: the request arrives unchanged in meaning'
  const parts = [
    ...(expect.status === undefined ? [] : [`status ${expect.status}`]),
    ...(expect.location === undefined ? [] : [`location ${expect.location}`]),
    ...Object.entries(expect.headers).map(([name, value]) =>
      value === null ? `no header ${name}` : `header ${name}: ${value}`,
    ),
  ]
  return parts.join(', ')
}

/** What happened instead; null: it came as expected. */
function missed({ expect, request, response }: TestCase, done: Responded): string | null {
  const happened = happenedText(done, request)
  if (expect.is === 'blocked') return isBlocked(done.answer) ? null : happened
  if (expect.is === 'exactly') return inexact(expect, request, done)
  if (!arrivesUnchanged(done.answer, request) || done.outbound?.is !== 'response') return happened
  if (response === null) return null
  const back = done.outbound.response
  if (back.status !== response.status) return `the response comes back as ${back.status}`
  if (!sameHeaders(back.headers, response.headers)) return headersMoved(back.headers, response.headers)
  return back.body === response.body ? null : 'the response comes back with another body'
}

/** A site that answers everything with an error, because its configuration is wrong, protects nobody. */
function isBlocked(answer: Answer): boolean {
  return isStopped(answer) && answer.is !== 'parse-error' && answer.is !== 'broken'
}

function inexact(
  expect: Extract<Expectation, { readonly is: 'exactly' }>,
  request: Request,
  done: Responded,
): string | null {
  const got = received(done)
  const location = headerValue(got.headers, 'location')
  const wrong = [
    ...(expect.status === undefined || expect.status === got.status ? [] : [statusText(got.status)]),
    ...(expect.location === undefined || sameLocation(expect.location, location, request)
      ? []
      : [location === undefined ? 'there is no location' : `the location is ${location}`]),
    ...Object.entries(expect.headers).flatMap(([name, value]) => headerText(got.headers, name, value)),
  ]
  if (wrong.length === 0) return null
  return `${happenedText(done, request)}; ${wrong.join('; ')}`
}

function statusText(status: number | null): string {
  return status === null ? 'there is no status' : `the status is ${status}`
}

function headerText(headers: Headers, name: string, wanted: string | null): readonly string[] {
  const values = valuesOf(headers, name)
  if (wanted === null) return values.length === 0 ? [] : [`the header ${name} is ${quoted(values)}`]
  if (values.join(', ') === wanted) return []
  return [values.length === 0 ? `there is no header ${name}` : `the header ${name} is ${quoted(values)}`]
}

function valuesOf(headers: Headers, name: string): readonly string[] {
  const low = name.toLowerCase()
  return Object.entries(headers).flatMap(([each, value]) => (each.toLowerCase() === low ? value : []))
}

function quoted(values: readonly string[]): string {
  return `"${values.join(', ')}"`
}

function headersMoved(after: Headers, before: Headers): string {
  const names = [
    ...new Set([...Object.keys(before), ...Object.keys(after)].map((name) => name.toLowerCase())),
  ]
  const moved = names.filter((name) => valuesOf(after, name).join() !== valuesOf(before, name).join())
  const words = moved.map((name) => {
    const values = valuesOf(after, name)
    return values.length === 0 ? `without the header ${name}` : `with ${name}: ${values.join(', ')}`
  })
  return `the response comes back ${words.join(', ')}`
}

/** The module sends an absolute address where a rule has a path, so both forms of one place are the same. */
function sameLocation(wanted: string, got: string | undefined, { https, host, port }: Request): boolean {
  if (got === undefined || wanted === got) return wanted === got
  const base = `${https ? 'https' : 'http'}://${host}:${port}`
  if (!URL.canParse(wanted, base) || !URL.canParse(got, base)) return false
  return new URL(wanted, base).href === new URL(got, base).href
}
