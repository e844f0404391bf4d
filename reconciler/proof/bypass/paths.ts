import type { Request } from '../../rewrite/exchange.ts'
import { cut, insertedAt, join, placesOf, urlSpelling, wordsOf } from './parts.ts'
import type { Spelling, Transformation } from './transformation.ts'

/** The ways to write a path, and the case of letters. */
export const PATHS: readonly Transformation[] = [
  {
    name: 'case of the path',
    group: 'case',
    confidence: 'same',
    meaning: 'IIS and Windows compare paths without case.',
    of: (request) => {
      const { path, query } = cut(request.url)
      return recased(request, path, (to) => join({ path: to, query }))
    },
  },
  {
    name: 'case of the query',
    group: 'case',
    confidence: 'likely',
    meaning: 'ASP.NET compares names of parameters without case, and Exchange mostly their values.',
    of: (request) => {
      const { path, query } = cut(request.url)
      return recased(request, query ?? '', (to) => join({ path, query: to }))
    },
  },
  {
    name: 'dot segments',
    group: 'path',
    confidence: 'same',
    meaning: 'HTTP.sys takes . and .. out of a path before IIS sees it.',
    of: (request) => inserted(request, ['/.', '/x/..', '/%2e', '/x/%2e%2e']),
  },
  {
    name: 'repeated slashes',
    group: 'path',
    confidence: 'likely',
    meaning: 'IIS takes repeated slashes of a path for one.',
    of: (request) => inserted(request, ['/', '//']),
  },
  {
    name: 'backslashes',
    group: 'path',
    confidence: 'likely',
    meaning: 'HTTP.sys takes a backslash in a path for a slash.',
    of: (request) => backslashes(request),
  },
  {
    name: 'parameters of path segments',
    group: 'path',
    confidence: 'possible',
    meaning: 'Readers that know path parameters drop what follows a semicolon; IIS itself keeps it.',
    of: (request) => segmentEnds(request, ';x'),
  },
  {
    name: 'trailing slash',
    group: 'path',
    confidence: 'possible',
    meaning: 'Many handlers take a path with and without a slash at its end for one.',
    of: (request) => trailing(request),
  },
]

/** Each word, then all; a rule that minds case mostly minds it in one place only. */
function* recased(request: Request, text: string, url: (to: string) => string): Iterable<Spelling> {
  for (const { word, at } of wordsOf(text)) {
    const swapped = [...word].map(swap).join('')
    yield urlSpelling(
      request,
      url(text.slice(0, at) + swapped + text.slice(at + word.length)),
      `${word} as ${swapped}`,
    )
  }
  const bare = text.replace(/%[0-9a-f]{2}|[a-z]/gi, (one) => (one.length > 1 ? one : swap(one)))
  for (const [to, what] of [
    [keepEscapes(text, (one) => one.toUpperCase()), 'all in upper case'],
    [keepEscapes(text, (one) => one.toLowerCase()), 'all in lower case'],
    [bare, 'the case of all letters swapped'],
  ] as const)
    if (to !== text) yield urlSpelling(request, url(to), what)
}

/** The digits of an escape are not letters of the text. */
function keepEscapes(text: string, change: (one: string) => string): string {
  return text.replace(/%[0-9a-f]{2}|[a-z]/gi, (one) => (one.length > 1 ? one : change(one)))
}

function swap(letter: string): string {
  const upper = letter.toUpperCase()
  return letter === upper ? letter.toLowerCase() : upper
}

/** At every slash, one at a time; then at all of them. */
function* inserted(request: Request, insertions: readonly string[]): Iterable<Spelling> {
  const { path, query } = cut(request.url)
  const slashes = placesOf(path, '/')
  for (const insertion of insertions) {
    for (const to of insertedAt(path, slashes, insertion))
      yield urlSpelling(request, join({ path: to, query }), `${insertion} put in before a slash of the path`)
    yield urlSpelling(
      request,
      join({ path: path.replaceAll('/', `${insertion}/`), query }),
      `${insertion} put in before each slash of the path`,
    )
  }
}

// The first slash begins the path, so it stays one.
function* backslashes(request: Request): Iterable<Spelling> {
  const { path, query } = cut(request.url)
  for (const slash of ['\\', '%5c'])
    for (const at of placesOf(path, '/').slice(1))
      yield urlSpelling(
        request,
        join({ path: path.slice(0, at) + slash + path.slice(at + 1), query }),
        `a slash of the path as ${slash}`,
      )
}

function* segmentEnds(request: Request, insertion: string): Iterable<Spelling> {
  const { path, query } = cut(request.url)
  // The first segment names the application: with anything behind it, it is another one.
  const ends = [...placesOf(path, '/').slice(2), path.length]
  if (!/^\/[^/]+\/./.test(path)) return
  for (const to of insertedAt(path, ends, insertion))
    yield urlSpelling(request, join({ path: to, query }), `${insertion} put behind a segment of the path`)
}

function* trailing(request: Request): Iterable<Spelling> {
  const { path, query } = cut(request.url)
  const to = path.endsWith('/') ? path.slice(0, -1) : `${path}/`
  const what = path.endsWith('/') ? 'without the slash at the end' : 'a slash at the end of the path'
  if (to !== '') yield urlSpelling(request, join({ path: to, query }), what)
}
