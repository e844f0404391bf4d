import type { Headers, Request } from '../../rewrite/exchange.ts'
import type { Spelling } from './transformation.ts'

/** A URL cut at its first question mark; `query` is null where there is none. */
export interface Cut {
  readonly path: string
  readonly query: string | null
}

/** Splits a URL at its first question mark. */
export function cut(url: string): Cut {
  const at = url.indexOf('?')
  return at < 0 ? { path: url, query: null } : { path: url.slice(0, at), query: url.slice(at + 1) }
}

/** The other way round. */
export function join({ path, query }: Cut): string {
  return query === null ? path : `${path}?${query}`
}

/** The parameters of a query; none where there is no query or an empty one. */
export function parametersOf({ query }: Cut): readonly string[] {
  return query === null || query === '' ? [] : query.split('&')
}

/** A path with these parameters as its query. */
export function withParameters(path: string, parameters: readonly string[]): string {
  return join({ path, query: parameters.length === 0 ? null : parameters.join('&') })
}

/** A change of the URL alone. */
export function urlSpelling(request: Request, url: string, what: string): Spelling {
  return { request: { ...request, url }, what }
}

/** Words of letters, with their place. Escapes such as `%2f` are no letters. */
export function wordsOf(text: string): readonly { readonly word: string; readonly at: number }[] {
  const bare = text.replace(/%[0-9a-f]{2}/gi, '%%%')
  return [...bare.matchAll(/[a-z]{3,}/gi)].map(({ 0: word, index }) => ({ word, at: index }))
}

/** Places of every character that is no part of an escape. */
export function plainPlaces(text: string): readonly number[] {
  const bare = text.replace(/%[0-9a-f]{2}/gi, '%%%')
  return [...bare].flatMap((character, index) => (character === '%' ? [] : [index]))
}

/** `insertion` put in at each of the places, one at a time. */
export function insertedAt(text: string, places: readonly number[], insertion: string): readonly string[] {
  return places.map((at) => text.slice(0, at) + insertion + text.slice(at))
}

/** Places of a character in a text. */
export function placesOf(text: string, character: string): readonly number[] {
  return [...text].flatMap((one, index) => (one === character ? [index] : []))
}

/** The name under which a header stands in the list, however its case; null where it is not there. */
export function headerName(headers: Headers, name: string): string | null {
  return Object.keys(headers).find((one) => one.toLowerCase() === name.toLowerCase()) ?? null
}

/** The cookies that a request sends, in their order, as `name=value`. */
export function cookiesOf({ headers }: Request): readonly string[] {
  const name = headerName(headers, 'cookie')
  const value = name === null ? [] : headers[name]
  return [value ?? []]
    .flat()
    .flatMap((one) => one.split(';'))
    .map((one) => one.trim())
    .filter((one) => one !== '')
}

/** The request with this as its only Cookie header; several values are several headers. */
export function withCookie(request: Request, value: string | readonly string[]): Request {
  const name = headerName(request.headers, 'cookie') ?? 'Cookie'
  return { ...request, headers: { ...request.headers, [name]: value } }
}
