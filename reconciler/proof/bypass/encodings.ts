import type { Request } from '../../rewrite/exchange.ts'
import { cut, placesOf, plainPlaces, urlSpelling, wordsOf } from './parts.ts'
import type { Spelling, Transformation } from './transformation.ts'

/** One character of ASCII, written otherwise. */
type Encoder = (character: string) => string

/** So many places are tried one at a time; long query strings are mostly tokens, where one letter is like the other. */
const SINGLES = 160

/** Unreserved characters of RFC 3986: encoded or not, they are the same by definition. */
const UNRESERVED = /^[A-Za-z0-9\-._~]$/
const LETTER = /^[A-Za-z]$/

const hex = (code: number): string => code.toString(16).padStart(2, '0')
const percent: Encoder = (character) => `%${hex(character.charCodeAt(0))}`
const double: Encoder = (character) => `%25${hex(character.charCodeAt(0))}`
const unicode: Encoder = (character) => `%u00${hex(character.charCodeAt(0))}`
const overlong: Encoder = (character) => {
  const code = character.charCodeAt(0)
  return `%${hex(0xc0 | (code >> 6))}%${hex(0x80 | (code & 0x3f))}`
}
const fullwidth: Encoder = (character) =>
  encodeURIComponent(String.fromCharCode(character.charCodeAt(0) + 0xfee0)).toLowerCase()

/** The ways to write a character of a URL as something else. */
export const ENCODINGS: readonly Transformation[] = [
  {
    name: 'percent-encoding',
    group: 'encoding',
    confidence: 'same',
    meaning:
      'RFC 3986 makes an unreserved character and its percent-encoding one; IIS decodes paths, readers of a query decode names and values.',
    of: (request) => percentEncoded(request),
  },
  {
    name: 'percent-decoding',
    group: 'encoding',
    confidence: 'same',
    meaning: 'An encoded unreserved character is the character itself (RFC 3986).',
    of: function* (request) {
      const url = request.url.replace(/%[0-9a-f]{2}/gi, (code) => {
        const character = String.fromCharCode(Number.parseInt(code.slice(1), 16))
        return UNRESERVED.test(character) ? character : code
      })
      if (url !== request.url) yield urlSpelling(request, url, 'nothing encoded that need not be')
    },
  },
  {
    name: 'hex case',
    group: 'encoding',
    confidence: 'same',
    meaning: 'The digits of a percent-encoding have no case (RFC 3986).',
    of: function* ({ url, ...rest }) {
      for (const [to, what] of [
        [url.replace(/%[0-9a-f]{2}/gi, (digits) => digits.toUpperCase()), 'escapes in upper case'],
        [url.replace(/%[0-9a-f]{2}/gi, (digits) => digits.toLowerCase()), 'escapes in lower case'],
      ] as const)
        if (to !== url) yield urlSpelling({ url, ...rest }, to, what)
    },
  },
  {
    name: 'encoded separator',
    group: 'encoding',
    confidence: 'likely',
    meaning:
      'A reader that decodes names and values sees the same text; so does IIS in the path. One that cuts up the raw text sees no separator there.',
    of: (request) => separators(request, /^[@/:,!$'()*\\]$/),
  },
  {
    name: 'encoded delimiter of parameters',
    group: 'encoding',
    confidence: 'possible',
    meaning: 'Only a reader that decodes the whole query before it cuts it into parameters takes it so.',
    of: (request) => separators(request, /^[?&=;+]$/),
  },
  {
    name: 'double percent-encoding',
    group: 'encoding',
    confidence: 'possible',
    meaning: 'It is the same to a product that decodes twice: once at the front end, once behind it.',
    of: (request) => oddlyEncoded(request, double),
  },
  {
    name: '%u encoding',
    group: 'encoding',
    confidence: 'possible',
    meaning: 'It is no standard, but ASP.NET reads %uXXXX in a query, and HTTP.sys may in a path.',
    of: (request) => oddlyEncoded(request, unicode),
  },
  {
    name: 'overlong UTF-8',
    group: 'encoding',
    confidence: 'possible',
    meaning: 'Only a decoder that does not refuse overlong UTF-8 reads the character.',
    of: (request) => oddlyEncoded(request, overlong),
  },
  {
    name: 'fullwidth letters',
    group: 'encoding',
    confidence: 'possible',
    meaning: 'They become ASCII where text is converted to a Windows code page by best fit.',
    of: (request) => oddlyEncoded(request, fullwidth),
  },
]

/** Every character alone, because it is the very first thing that attackers tried; then words, then everything. */
function percentEncoded(request: Request): Iterable<Spelling> {
  // The first slash begins the path; encoded it would be no request.
  const fit = placesFit(request.url, UNRESERVED).filter((at) => at > 0)
  const alone = [...firstLetters(request.url), ...fit]
  return encodedSets(request, fit, { alone, encoder: percent })
}

/** Of what only few readers take for a letter, one letter of each word stands for all. */
function oddlyEncoded(request: Request, encoder: Encoder): Iterable<Spelling> {
  const inside = insideApplication(request.url)
  const fit = placesFit(request.url, LETTER).filter((at) => at >= inside)
  return encodedSets(request, fit, { alone: firstLetters(request.url), encoder })
}

// The first segment names the application: IIS itself decides by it where a request goes, and does not read it oddly.
function insideApplication(url: string): number {
  const { path } = cut(url)
  const end = path.indexOf('/', 1)
  return end < 0 ? path.length : end
}

function firstLetters(url: string): readonly number[] {
  return wordsOf(url).map(({ at }) => at)
}

function placesFit(url: string, what: RegExp): readonly number[] {
  return plainPlaces(url).filter((at) => what.test(url[at] ?? ''))
}

interface Way {
  /** Places that are tried one at a time, where they are fit. */
  readonly alone: readonly number[]
  readonly encoder: Encoder
}

function* encodedSets(request: Request, fit: readonly number[], { alone, encoder }: Way): Iterable<Spelling> {
  const words = wordsOf(request.url)
  const sets: (readonly number[])[] = [...new Set(alone)].slice(0, SINGLES).map((at) => [at])
  // A word may stand there twice, and a rule finds the one that is left.
  const groups = [...Map.groupBy(words, ({ word }) => word.toLowerCase()).values()]
  for (const same of groups) sets.push(same.map(({ at }) => at))
  for (const same of groups)
    sets.push(same.flatMap(({ word, at }) => [...word].map((_, index) => at + index)))
  sets.push(firstLetters(request.url), fit)
  const allowed = new Set(fit)
  for (const set of sets) {
    const places = set.filter((at) => allowed.has(at))
    if (places.length > 0) yield encodedAt(request, places, encoder)
  }
}

function* separators(request: Request, what: RegExp): Iterable<Spelling> {
  const { path, query } = cut(request.url)
  const fit = plainPlaces(request.url).filter(
    // The mark that begins the query is no part of it.
    (at) => at > 0 && (query === null || at !== path.length) && what.test(request.url[at] ?? ''),
  )
  for (const at of fit.slice(0, SINGLES)) yield encodedAt(request, [at], percent)
  for (const character of new Set(fit.map((at) => request.url[at] ?? ''))) {
    const places = placesOf(request.url, character).filter((at) => fit.includes(at))
    if (places.length > 1) yield encodedAt(request, places, percent)
  }
  if (fit.length > 1) yield encodedAt(request, fit, percent)
}

function encodedAt(request: Request, places: readonly number[], encoder: Encoder): Spelling {
  const { url } = request
  const chosen = new Set(places)
  const to = [...url].map((character, at) => (chosen.has(at) ? encoder(character) : character)).join('')
  const first = url[places[0] ?? 0] ?? ''
  const what =
    places.length === 1
      ? `one character, ${first}, as ${encoder(first)}`
      : `${places.length} characters, such as ${first} as ${encoder(first)}`
  return {
    ...urlSpelling(request, to, what),
    ...(places.length > 1 ? { smaller: () => fewer(request, places, encoder) } : {}),
  }
}

/** Ever smaller parts, then all without one: what is left when none of them serves is the smallest. */
function* fewer(request: Request, places: readonly number[], encoder: Encoder): Iterable<Spelling> {
  for (let size = Math.ceil(places.length / 2); ; size = Math.ceil(size / 2)) {
    for (let at = 0; at < places.length; at += size)
      yield encodedAt(request, places.slice(at, at + size), encoder)
    if (size === 1) break
  }
  if (places.length > 2)
    for (const without of places)
      yield encodedAt(
        request,
        places.filter((at) => at !== without),
        encoder,
      )
}
