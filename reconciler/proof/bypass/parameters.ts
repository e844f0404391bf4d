import type { Request } from '../../rewrite/exchange.ts'
import {
  cookiesOf,
  cut,
  join,
  parametersOf,
  urlSpelling,
  withCookie,
  withParameters,
  wordsOf,
} from './parts.ts'
import type { Spelling, Transformation } from './transformation.ts'

/** Further than this a query is not cut up: what matters stands in few parameters. */
const MANY = 12

/** The ways to say the same parameters. */
export const PARAMETERS: readonly Transformation[] = [
  {
    name: 'an additional parameter',
    group: 'parameters',
    confidence: 'likely',
    meaning: 'A parameter that nobody asks for is ignored.',
    of: (request) => added(request, ['x=1', '']),
  },
  {
    name: 'another order of parameters',
    group: 'parameters',
    confidence: 'likely',
    meaning: 'Parameters are asked for by name, whatever their order.',
    of: function* (request) {
      const { path, query } = cut(request.url)
      const all = parametersOf({ path, query })
      if (all.length < 2) return
      for (const one of all.slice(1, MANY))
        yield urlSpelling(
          request,
          withParameters(path, [one, ...all.filter((other) => other !== one)]),
          `${one} first`,
        )
      yield urlSpelling(request, withParameters(path, all.toReversed()), 'in reverse order')
    },
  },
  {
    name: 'a parameter repeated',
    group: 'parameters',
    confidence: 'possible',
    meaning: 'Of a parameter that is there twice one reader takes the first, another the last, ASP.NET both.',
    of: function* (request) {
      const { path, query } = cut(request.url)
      const all = parametersOf({ path, query })
      for (const one of all.slice(0, MANY)) {
        const empty = one.includes('=') ? one.slice(0, one.indexOf('=') + 1) : one
        yield urlSpelling(request, withParameters(path, [...all, empty]), `${one} once more at the end`)
        yield urlSpelling(request, withParameters(path, [empty, ...all]), `${one} once more at the front`)
      }
    },
  },
  {
    name: 'a parameter as a cookie',
    group: 'parameters',
    confidence: 'possible',
    meaning:
      'Exchange takes the address of Email from a cookie of that name too; published attacks had it there.',
    of: (request) =>
      elsewhere(request, /^email=/i, (parameter) =>
        withCookie(request, [...cookiesOf(request), parameter].join('; ')),
      ),
  },
  {
    name: 'a parameter in the body',
    group: 'parameters',
    confidence: 'possible',
    meaning: 'Pages of ASP.NET may read a form like a query, and no rule sees the body of a request.',
    of: (request) => (request.method === 'POST' ? elsewhere(request, /^[\w-]+=/, () => request) : []),
  },
  {
    name: 'the query as a part of the path',
    group: 'parameters',
    confidence: 'possible',
    meaning: 'Where Exchange cuts an address out of the whole URL, it need not stand in the query.',
    of: (request) => intoPath(request),
  },
  {
    name: 'spaces of parameters',
    group: 'parameters',
    confidence: 'likely',
    meaning: 'In a query + and %20 are both a space.',
    of: function* (request) {
      const { path, query } = cut(request.url)
      if (query === null) return
      for (const [from, to] of [
        [/\+/g, '%20'],
        [/%20/g, '+'],
      ] as const)
        if (query.search(from) >= 0)
          yield urlSpelling(request, join({ path, query: query.replace(from, to) }), `spaces as ${to}`)
    },
  },
  {
    name: 'an additional line end',
    group: 'line-break',
    confidence: 'likely',
    meaning:
      'A parameter that nobody asks for is ignored whatever its value; no dot of a pattern matches the line end in it.',
    of: (request) => added(request, ['x=%0a', 'x=%0d', 'x=%e2%80%a8']),
  },
  {
    name: 'an additional control character',
    group: 'line-break',
    confidence: 'likely',
    meaning: 'A parameter that nobody asks for is ignored whatever its value.',
    of: (request) => added(request, ['x=%00', 'x=%09']),
  },
  {
    name: 'a line end or space between words',
    group: 'line-break',
    confidence: 'possible',
    meaning: 'Readers that trim what they read, or stop at a NUL, do not see it.',
    of: (request) => between(request),
  },
]

/** At the front, between, at the end: of a pattern of several words, a line end only parts those that it stands between. */
function* added(request: Request, parameters: readonly string[]): Iterable<Spelling> {
  const { path, query } = cut(request.url)
  const all = parametersOf({ path, query })
  for (const parameter of parameters)
    for (let at = 0; at <= Math.min(all.length, MANY); at++)
      yield urlSpelling(
        request,
        withParameters(path, all.toSpliced(at, 0, parameter)),
        parameter === '' ? 'an empty parameter put in' : `${parameter} put in`,
      )
}

/** `which`: only what has a name can be asked for in another place. */
function* elsewhere(
  request: Request,
  which: RegExp,
  rest: (parameter: string) => Request,
): Iterable<Spelling> {
  const { path, query } = cut(request.url)
  const all = parametersOf({ path, query })
  for (const one of all.slice(0, MANY)) {
    if (!which.test(one)) continue
    const url = withParameters(
      path,
      all.filter((other) => other !== one),
    )
    yield { request: { ...rest(one), url }, what: `${one} taken out of the query` }
  }
}

// Published attacks had the address and all that follows it in the path, before or behind the name of the file.
function* intoPath(request: Request): Iterable<Spelling> {
  const { path, query } = cut(request.url)
  if (query === null || query === '') return
  const folder = path.slice(0, path.lastIndexOf('/'))
  const file = path.slice(folder.length + 1)
  const text = query.replace(/^\/|\/$/g, '')
  yield urlSpelling(request, `${folder}/${file}/${text}`, 'the query at the end of the path')
  // The first segment names the application.
  if (folder !== '')
    yield urlSpelling(request, `${folder}/${text}/${file}`, 'the query before the last segment of the path')
}

// HTTP.sys refuses control characters in a path; the line separator of Unicode is none to it.
function* between(request: Request): Iterable<Spelling> {
  const { path, query } = cut(request.url)
  if (query !== null)
    for (const code of ['%0a', '%0d', '%09', '%00', '+', '%20', '%e2%80%a8'])
      for (const at of beginnings(query))
        yield urlSpelling(
          request,
          join({ path, query: put(query, at, code) }),
          `${code} put in before ${named(query, at)}`,
        )
  for (const at of beginnings(path).slice(1))
    yield urlSpelling(
      request,
      join({ path: put(path, at, '%e2%80%a8'), query }),
      `%e2%80%a8 put in before ${named(path, at)}`,
    )
}

/** Where words begin, behind a delimiter: within a name nothing could be put in without making another of it. */
function beginnings(text: string): readonly number[] {
  return wordsOf(text)
    .map(({ at }) => at)
    .filter((at) => at === 0 || /[/?&=@]/.test(text[at - 1] ?? ''))
    .slice(0, MANY)
}

function put(text: string, at: number, insertion: string): string {
  return text.slice(0, at) + insertion + text.slice(at)
}

function named(text: string, at: number): string {
  return /^[a-z]+/i.exec(text.slice(at))?.[0] ?? ''
}
