import { escapedBytes } from './coding.ts'

/** A URL as HTTP.sys hands it on. */
export interface Cooked {
  /** Decoded once, with `/` only, without dot segments and repeated slashes; begins with `/`. */
  readonly path: string
  /** As it was sent, without the question mark. */
  readonly query: string
  /** Why HTTP.sys answers 400 before anybody sees the request; null where it does not. */
  readonly refused: string | null
}

/** What HTTP.sys makes of the URL of a request (path and query as sent) before any module sees it. */
export function cooked(url: string): Cooked {
  const { path: raw, query } = parted(url)
  const decoded = raw.includes('%') ? pathDecoded(raw) : raw
  const path = withoutDots(withSingleSlashes(decoded))
  return { path: path === '' ? '/' : path, query, refused: refusal(raw, decoded) }
}

/** Path and query of a URL; the query without its question mark, empty where there is none. */
export function parted(url: string): { readonly path: string; readonly query: string } {
  const mark = url.indexOf('?')
  return mark < 0 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) }
}

/** The other way round; an empty query leaves no question mark. */
export function joined(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`
}

/** A path without `.` and `..` segments; what climbs above the root stays there. */
export function withoutDots(path: string): string {
  if (!path.includes('/.')) return path
  const kept: string[] = []
  const segments = path.split('/').slice(1)
  for (const [i, segment] of segments.entries()) {
    const dots = segment === '.' || segment === '..'
    if (segment === '..') kept.pop()
    if (!dots) kept.push(segment)
    else if (i === segments.length - 1) kept.push('')
  }
  return `/${kept.join('/')}`
}

// Field reports show `https://` of a path arriving as `https:/` in a rule.
function withSingleSlashes(path: string): string {
  return /\\|\/\//.test(path) ? path.replace(/[\\/]+/g, '/') : path
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const ansi = new TextDecoder('windows-1252')
const ESCAPES = /%u([0-9a-f]{4})|((?:%[0-9a-f]{2})+)/gi

// HTTP.sys takes a path that is no UTF-8 for one in the code page of the server, which we take to be the western one.
function pathDecoded(path: string): string {
  try {
    return decodedBy(path, strict)
  } catch {
    return decodedBy(path, ansi)
  }
}

function decodedBy(path: string, decoder: typeof strict): string {
  return path.replace(ESCAPES, (_, unit: string | undefined, run: string) =>
    unit === undefined ? decoder.decode(escapedBytes(run)) : String.fromCharCode(Number.parseInt(unit, 16)),
  )
}

// AllowRestrictedChars is off unless somebody turned it on.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const RESTRICTED = /[\u0000-\u001f\u007f-\u009f]/

function refusal(raw: string, decoded: string): string | null {
  if (/%(?!u[0-9a-f]{4}|[0-9a-f]{2})/i.test(raw)) return 'the path has an escape that is not one'
  return RESTRICTED.test(decoded) ? 'the path has a control character' : null
}
