import type { Headers, Request } from '../../rewrite/exchange.ts'
import { headerName } from './parts.ts'
import type { Spelling, Transformation } from './transformation.ts'

/** The ways to send values of headers; cookies have their own. */
export const HEADER_VALUES: readonly Transformation[] = [
  {
    name: 'case of media types and schemes',
    group: 'case',
    confidence: 'same',
    meaning: 'Media types, charsets and schemes of authentication have no case (RFC 9110).',
    of: function* (request) {
      yield* withValue(request, 'content-type', (value) =>
        // Of other parameters the value may have a case: of boundary and action, say.
        /;(?!\s*charset=)/i.test(value) ? [] : bothCases(value),
      )
      yield* withValue(request, 'authorization', (value) => {
        const [, scheme = '', rest = ''] = /^(\S+)(.*)$/s.exec(value) ?? []
        return bothCases(scheme).map((one) => one + rest)
      })
    },
  },
  {
    name: 'form of media types',
    group: 'headers',
    confidence: 'same',
    meaning:
      'Blanks around the semicolon of a parameter, and quotes around its value, mean nothing (RFC 9110).',
    of: (request) =>
      withValue(request, 'content-type', (value) => [
        value.replace(/[ \t]*;[ \t]*/g, ';'),
        value.replace(/[ \t]*;[ \t]*/g, ' ; '),
        value.replace(/=([^";\s]+)/g, '="$1"'),
      ]),
  },
  {
    name: 'port of the host',
    group: 'headers',
    confidence: 'same',
    meaning: 'The usual port may be named or left out (RFC 9110).',
    of: (request) =>
      withValue(request, 'host', (value) =>
        value.includes(':') ? [value.replace(/:(?:443|80)$/, '')] : [`${value}:${request.https ? 443 : 80}`],
      ),
  },
  {
    name: 'case of other headers',
    group: 'case',
    confidence: 'possible',
    meaning: 'Many readers compare what they expect in a header without case.',
    of: function* (request) {
      for (const name of ownNames(request.headers)) yield* withValue(request, name, bothCases)
    },
  },
  {
    name: 'a header repeated',
    group: 'headers',
    confidence: 'possible',
    meaning:
      'Of a header that comes twice some readers take the first, some the last; a rule sees the list of both.',
    of: function* (request) {
      for (const name of ownNames(request.headers))
        yield* withValue(request, name, (value) => [
          ['x', value],
          [value, 'x'],
        ])
    },
  },
]

/** Headers of which the other transformations say nothing. */
const TREATED = /^(?:cookie|host|content-type|content-length|authorization)$/i

function ownNames(headers: Headers): readonly string[] {
  return Object.keys(headers).filter((name) => !TREATED.test(name))
}

function bothCases(value: string): readonly string[] {
  return [value.toUpperCase(), value.toLowerCase()]
}

/** The request with other values of a header that comes once. */
function* withValue(
  request: Request,
  wanted: string,
  others: (value: string) => readonly (string | readonly string[])[],
): Iterable<Spelling> {
  const name = headerName(request.headers, wanted)
  const value = name === null ? undefined : request.headers[name]
  if (name === null || typeof value !== 'string') return
  for (const other of others(value)) {
    const what = typeof other === 'string' ? `${name} as ${other}` : `${name} twice, ${other.join(' and ')}`
    yield { request: { ...request, headers: { ...request.headers, [name]: other } }, what }
  }
}
