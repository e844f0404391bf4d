import { isObject } from '../../model/object.ts'
import type { Headers, Request } from '../../rewrite/exchange.ts'
import type { Subject } from './subject.ts'

/** What two patterns are compared on: anything that a variable may hold while one of these requests is served. */
export type Samples = readonly string[]

type Parts = Pick<Request, 'url' | 'headers'>

/** The requests that a mitigation's tests name, with what is expected of each and the JSON pointer of the request. */
export function testedRequests({ mitigation }: Subject): readonly (Parts & {
  readonly blocked: boolean
  readonly pointer: string
})[] {
  return mitigation.tests.flatMap((test, index) => {
    if (!isObject(test)) return []
    const { request, expect } = test
    const url =
      typeof request === 'string' ? request.replace(/^\S+\s+/, '') : isObject(request) ? request['url'] : ''
    const headers = isObject(request) && isObject(request['headers']) ? (request['headers'] as Headers) : {}
    const pointer = `/spec/tests/${index}/request`
    return [{ url: String(url ?? ''), headers, blocked: expect === 'blocked', pointer }]
  })
}

/** All texts in which a rule could look for something in these requests. */
export function samplesOf(requests: readonly Parts[]): Samples {
  return [...new Set(requests.flatMap(textsOf))]
}

function textsOf({ url, headers }: Parts): readonly string[] {
  const [path = '', query = ''] = [url.split('?')[0], url.split('?').slice(1).join('?')]
  const values = Object.values(headers).flat()
  const written = [url, path, path.slice(1), query, ...values]
  return written.flatMap((text) => [text, decoded(text)])
}

// As the function UrlDecode of URL Rewrite: what is no escape stays as it is.
function decoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes)
    } catch {
      return escapes
    }
  })
}
