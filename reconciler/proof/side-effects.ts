import type { Json } from '../model/resource.ts'
import type { Request } from '../rewrite/exchange.ts'
import { cooked } from '../rewrite/url.ts'
import { requestOf } from './case.ts'

/** A request of `sideEffects`: which requests it stands for, and one of them. */
export interface Declared {
  /** As it is written. */
  readonly text: string
  readonly request: Request
  /** See `TestCase.site`. */
  readonly site: string | null
  readonly covers: (request: Request) => boolean
}

/**
 * Reads a declared request. `*` as method means every method, a `*` at the end of the path every path that begins so;
 * paths are compared without case, and of the parameters only those that are named count. A text says what is wrong.
 */
export function declared(text: string): Declared | string {
  const written = /^(\S+) ([^?\s]+?)(\*?)(\?\S*)?$/.exec(text)
  const [, method = '', path = '', star = '', query = ''] = written ?? []
  const given: Json = written === null ? text : `${method === '*' ? 'GET' : method} ${path}${query}`
  const sent = requestOf(given)
  if (typeof sent === 'string') return sent
  const own = cooked(sent.request.url)
  const wanted = parametersOf(own.query)
  return {
    text,
    ...sent,
    covers: (request) => {
      if (method !== '*' && request.method !== method) return false
      if (sent.site === null && request.port !== sent.request.port) return false
      const { path: asked, query: having } = cooked(request.url)
      return coversPath(own.path, star !== '', asked) && coversParameters(wanted, parametersOf(having))
    },
  }
}

function coversPath(own: string, prefix: boolean, asked: string): boolean {
  const [a, b] = [own.toLowerCase(), asked.toLowerCase()]
  return prefix ? b.startsWith(a) : withoutSlash(a) === withoutSlash(b)
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path
}

interface Parameter {
  readonly name: string
  /** Null: the name alone. */
  readonly value: string | null
}

function coversParameters(wanted: readonly Parameter[], having: readonly Parameter[]): boolean {
  return wanted.every(({ name, value }) =>
    having.some((one) => one.name === name && (value === null || one.value === value)),
  )
}

function parametersOf(query: string): readonly Parameter[] {
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const mark = part.indexOf('=')
      const name = meant(mark < 0 ? part : part.slice(0, mark))
      return { name, value: mark < 0 ? null : meant(part.slice(mark + 1)) }
    })
}

function meant(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' ')).toLowerCase()
  } catch {
    return text.toLowerCase()
  }
}
