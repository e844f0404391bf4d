import type { Headers, Request } from '../../rewrite/exchange.ts'
import { count } from '../../util/words.ts'
import { cookiesOf, cut, parametersOf, withCookie, withParameters } from './parts.ts'
import type { Spelling, Transformation } from './transformation.ts'

/** Longer than what a rule author tries, short enough for a server to take. */
const LENGTH = 2048

/**
 * The ways to send the same headers, and long padding. White space around values and line ends in them are not among
 * them: HTTP.sys takes the one away and refuses the other before a rule sees it.
 */
export const HEADERS: readonly Transformation[] = [
  {
    name: 'case of header names',
    group: 'headers',
    confidence: 'same',
    meaning: 'Names of headers have no case (RFC 9110).',
    of: function* (request) {
      yield renamed(request, (name) => name.toUpperCase(), 'names of headers in upper case')
      yield renamed(request, (name) => name.toLowerCase(), 'names of headers in lower case')
    },
  },
  {
    name: 'case of the host',
    group: 'headers',
    confidence: 'same',
    meaning: 'Names of hosts have no case.',
    of: function* (request) {
      const headers = mapped(request.headers, (name, value) =>
        /^host$/i.test(name) ? value.toUpperCase() : value,
      )
      yield {
        request: { ...request, headers, host: request.host.toUpperCase() },
        what: 'the host in upper case',
      }
    },
  },
  {
    name: 'long padding',
    group: 'length',
    confidence: 'likely',
    meaning: 'A parameter or cookie that nobody asks for is ignored, however long.',
    of: function* (request) {
      yield padded(LENGTH, 'parameter', (long) => {
        const { path, query } = cut(request.url)
        return { ...request, url: withParameters(path, [long, ...parametersOf({ path, query })]) }
      })
      const all = cookiesOf(request)
      if (all.length > 0)
        yield padded(LENGTH, 'cookie', (long) => withCookie(request, [long, ...all].join('; ')))
    },
  },
]

/** Many rules are passed by any text in front, however short. */
function padded(length: number, what: 'parameter' | 'cookie', made: (padding: string) => Request): Spelling {
  return {
    request: made(`x=${'x'.repeat(length)}`),
    what: `a ${what} of ${count(length, 'character')} first`,
    smaller: function* () {
      for (let less = 1; less < length; less *= 4) yield padded(less, what, made)
    },
  }
}

/** Only the spelling of names; what a rule compares without case anyway stays blocked. */
function renamed(request: Request, change: (name: string) => string, what: string): Spelling {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [change(name), value]),
  )
  return { request: { ...request, headers }, what }
}

function mapped(headers: Headers, change: (name: string, value: string) => string): Headers {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? change(name, value) : value.map((one) => change(name, one)),
    ]),
  )
}
