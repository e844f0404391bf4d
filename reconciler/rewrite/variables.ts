import { addressEncode } from './coding.ts'
import type { Headers, Reading, Request, Surroundings } from './exchange.ts'
import { cooked, joined } from './url.ts'

/** A request on its way through the rules, as far as variables show it. */
export interface Current {
  readonly request: Request
  readonly around: Surroundings
  /** Decoded, begins with `/`; as the last rule that rewrote it left it. */
  readonly path: string
  /** Without question mark. */
  readonly query: string
  /** A rule has rewritten the URL. */
  readonly rewritten: boolean
  /** What rules have set, by name in upper case. */
  readonly set: ReadonlyMap<string, string>
}

/** The request before any rule. */
export function untouched(request: Request, around: Surroundings): Current {
  const { path, query } = cooked(request.url)
  return { request, around, path, query, rewritten: false, set: new Map() }
}

/**
 * The value of a server variable; empty where IIS has none. What a rule has set wins, then what is given from outside.
 * Names are compared without case.
 */
export function variable(name: string, current: Current): string {
  const key = variableKey(name)
  const set = current.set.get(key) ?? given(current.around.variables).get(key)
  if (set !== undefined) return set
  const known = Object.hasOwn(VARIABLES, key) ? VARIABLES[key] : undefined
  if (known !== undefined) return known(current)
  if (key.startsWith('HTTP_')) return header(key.slice(5), current.request.headers) ?? ''
  const { application = {} } = current.around
  return (Object.hasOwn(application, key) ? application[key] : undefined) ?? ''
}

/** The value of a header by the name that variables have for it (`USER_AGENT`); undefined where it was not sent. */
export function header(name: string, headers: Headers): string | undefined {
  return headersByName(headers).get(name)
}

/** What variables are told apart by: `HTTP_X-A` and `http_x_a` are one header. */
export function variableKey(name: string): string {
  const key = name.toUpperCase()
  return key.startsWith('HTTP_') ? key.replaceAll('-', '_') : key
}

/** The name of a header as it stands in a variable. */
export function variableName(headerName: string): string {
  return headerName.toUpperCase().replaceAll('-', '_')
}

type Value = (current: Current) => string

const physical: Value = ({ around, path }) => around.physicalPath(path) ?? ''
const path: Value = (current) => current.path
const url: Value = ({ path, query }) => joined(path, query)
const sent: Value = ({ request }) => request.url
const none: Value = () => ''
const same =
  (name: string): Value =>
  (current) =>
    variable(name, current)

// Measured on IIS 10: a rewrite moves neither this one nor those behind it to the new URL. Whether the path is decoded is
// not settled, so the reading says; the query never is.
const requestUri: Value = ({ request, around }) =>
  around.reading === 'raw' ? request.url : joinedCooked(request)

// The module keeps the first URL in a header of this name, once it has put another one in its place. Measured with what
// no address may hold still encoded, documented as decoded: one in each reading.
const originalUrl: Value = ({ request, around, rewritten }) => {
  if (!rewritten) return header('X_ORIGINAL_URL', request.headers) ?? ''
  if (around.reading === 'decoded') return joinedCooked(request)
  const { path, query } = cooked(request.url)
  return joined(addressEncode(path.replaceAll('%', '%25')), query)
}

function joinedCooked(request: Request): string {
  const { path, query } = cooked(request.url)
  return joined(path, query)
}

const host: Value = ({ request }) => {
  const usual = request.https ? 443 : 80
  return (
    header('HOST', request.headers) ??
    (request.port === usual ? request.host : `${request.host}:${request.port}`)
  )
}

const cacheUrl: Value = ({ request }) =>
  `${request.https ? 'https' : 'http'}://${request.host}:${request.port}${joinedCooked(request)}`

const httpUrl: Value = (current) => (current.rewritten ? url(current) : current.request.url)

/** Those that show what came before rules rewrote it. */
const ORIGINAL = ['CACHE_URL', 'HTTP_X_ORIGINAL_URL', 'IIS_WASURLREWRITTEN', 'REQUEST_URI', 'UNENCODED_URL']

/** The variables of a request that rules rewrote which do not follow its new URL: outbound rules see them too. */
export function originals(request: Request, reading: Reading): Surroundings['variables'] {
  const around = { reading, onDisk: () => null, physicalPath: () => null, variables: {} }
  const before = { ...untouched(request, around), rewritten: true }
  return Object.fromEntries(ORIGINAL.map((name) => [name, variable(name, before)]))
}

const VARIABLES: { readonly [name: string]: Value } = {
  ALL_HTTP: ({ request }) => allHeaders(request.headers, (name) => `HTTP_${variableName(name)}:`),
  ALL_RAW: ({ request }) => allHeaders(request.headers, (name) => `${name}: `),
  CACHE_URL: cacheUrl,
  CONTENT_LENGTH: ({ request }) => header('CONTENT_LENGTH', request.headers) ?? '0',
  CONTENT_TYPE: ({ request }) => header('CONTENT_TYPE', request.headers) ?? '',
  GATEWAY_INTERFACE: () => 'CGI/1.1',
  HTTPS: ({ request }) => (request.https ? 'ON' : 'OFF'),
  HTTP_HOST: host,
  HTTP_METHOD: ({ request }) => request.method,
  HTTP_URL: httpUrl,
  HTTP_VERSION: () => 'HTTP/1.1',
  HTTP_X_ORIGINAL_URL: originalUrl,
  IIS_URLREWRITEMODULE: () => '7,1,1993,2351',
  IIS_WASURLREWRITTEN: ({ rewritten }) => (rewritten ? '1' : ''),
  PATH_INFO: path,
  PATH_TRANSLATED: physical,
  QUERY_STRING: ({ query }) => query,
  // Who it is, is found out later than rules are carried out.
  REMOTE_USER: none,
  REMOTE_HOST: same('REMOTE_ADDR'),
  REQUEST_FILENAME: physical,
  REQUEST_METHOD: ({ request }) => request.method,
  REQUEST_URI: requestUri,
  SCRIPT_FILENAME: physical,
  SCRIPT_NAME: path,
  SCRIPT_TRANSLATED: physical,
  SERVER_NAME: ({ request }) => request.host,
  SERVER_PORT: ({ request }) => String(request.port),
  SERVER_PORT_SECURE: ({ request }) => (request.https ? '1' : '0'),
  SERVER_PROTOCOL: () => 'HTTP/1.1',
  SERVER_SOFTWARE: () => 'Microsoft-IIS/10.0',
  UNENCODED_URL: sent,
  URL: path,
  URL_PATH_INFO: path,
}

function allHeaders(headers: Headers, label: (name: string) => string): string {
  return Object.entries(headers)
    .map(([name, value]) => `${label(name)}${typeof value === 'string' ? value : value.join(', ')}\r\n`)
    .join('')
}

// One request meets many rules: both are worked out once.
const understood = new WeakMap<Headers, ReadonlyMap<string, string>>()
const named = new WeakMap<Surroundings['variables'], ReadonlyMap<string, string>>()

function headersByName(headers: Headers): ReadonlyMap<string, string> {
  let known = understood.get(headers)
  if (known === undefined) {
    const all = new Map<string, string>()
    for (const [written, value] of Object.entries(headers)) {
      const name = variableName(written)
      const separator = name === 'COOKIE' ? '; ' : ', '
      const values = typeof value === 'string' ? value : value.join(separator)
      const before = all.get(name)
      all.set(name, before === undefined ? values : `${before}${separator}${values}`)
    }
    known = all
    understood.set(headers, known)
  }
  return known
}

function given(variables: Surroundings['variables']): ReadonlyMap<string, string> {
  let known = named.get(variables)
  if (known === undefined) {
    known = new Map(Object.entries(variables).map(([name, value]) => [variableKey(name), value]))
    named.set(variables, known)
  }
  return known
}
