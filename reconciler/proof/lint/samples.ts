import { urlDecode } from '../../rewrite/coding.ts'
import type { Request } from '../../rewrite/exchange.ts'
import { type TestCase, testCase } from '../case.ts'
import type { Subject } from './subject.ts'

/** What two patterns are compared on: anything that a variable may hold while one of these requests is served. */
export type Samples = readonly string[]

/** A test of a mitigation, and where it stands. */
export interface PlacedTest extends TestCase {
  /** JSON pointer into the document of the mitigation. */
  readonly pointer: string
}

/** The tests that a mitigation carries; one that cannot be sent is for `test` to tell. */
export function testsOf({ mitigation }: Subject): readonly PlacedTest[] {
  return mitigation.tests.flatMap((json, index) => {
    const test = testCase(json)
    return typeof test === 'string' ? [] : [{ ...test, pointer: `/spec/tests/${index}` }]
  })
}

/** Those whose requests must not come through. */
export function blockedTests(subject: Subject): readonly PlacedTest[] {
  return testsOf(subject).filter(({ expect }) => expect.is === 'blocked')
}

/** All texts in which a rule could look for something in these requests. */
export function samplesOf(requests: readonly Request[]): Samples {
  return [...new Set(requests.flatMap(textsOf))]
}

function textsOf({ url, headers }: Request): readonly string[] {
  const start = url.indexOf('?')
  const [path, query] = start < 0 ? [url, ''] : [url.slice(0, start), url.slice(start + 1)]
  const written = [url, path, path.slice(1), query, ...Object.values(headers).flat()]
  return written.flatMap((text) => [text, urlDecode(text)])
}
