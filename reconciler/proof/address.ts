import type { Headers, Request } from '../rewrite/exchange.ts'

/** A request as people, tests and traffic write it: an absolute URL, or path and query alone. */
export interface Written {
  readonly method: string
  readonly url: string
  readonly headers?: Headers | undefined
}

/** The site that is meant by a request that names neither host nor port. */
export const USUAL_SITE = 'Default Web Site'

/**
 * `site`: the request names no port, so this site is meant whatever its bindings are; null: the bindings decide.
 * fault: no client can send this.
 */
export type Addressed =
  | { readonly is: 'request'; readonly request: Request; readonly site: string | null }
  | { readonly is: 'fault'; readonly why: string }

const USUAL_HOST = 'localhost'

/** How a path alone arrives: Exchange answers over TLS, a bare site without. */
export type UsualScheme = 'https' | 'http'

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const ABSOLUTE = /^(https?):\/\/([^/?#\\]*)([^#]*)/i
const AUTHORITY = /^(\[[0-9A-Fa-f:.]+\]|[^\s:@[\]/\\?#]*)(?::(\d{1,5}))?$/
/** Ports of Exchange's sites that are spoken to without TLS. */
const PLAIN_PORTS: ReadonlySet<number> = new Set([80, 81, 8080])
// biome-ignore lint/suspicious/noControlCharactersInRegex: these characters end a line of a request, or its reading
const UNSENDABLE = /[\u0000-\u001f\u007f]/

/**
 * Where a written request goes, and what arrives there. A blank in the URL is sent as every client sends it, as `%20`;
 * all else stays as written, for an attack is in the spelling.
 */
export function addressed(written: Written, usual: UsualScheme = 'https'): Addressed {
  const { method, url, headers = {} } = written
  if (!TOKEN.test(method)) return fault(`"${method}" is not a method`)
  if (UNSENDABLE.test(url)) return fault('the URL has a control character, which cannot be sent')
  const bad = headerFault(headers)
  if (bad !== null) return fault(bad)
  const host = headerValue(headers, 'host')
  const named = host === undefined ? null : authorityOf(host)
  if (named === 'odd') return fault(`"${host}" is not a host`)
  const sent = url.replaceAll(' ', '%20')
  const absolute = ABSOLUTE.exec(sent)
  if (absolute === null) return relative(written, sent, { named, usual })
  const https = absolute[1]?.toLowerCase() === 'https'
  const authority = authorityOf(absolute[2] ?? '')
  if (authority === 'odd' || authority.host === '') return fault(`"${absolute[2]}" is not a host`)
  const rest = absolute[3] ?? ''
  const request: Request = {
    method,
    url: rest.startsWith('/') ? rest : `/${rest}`,
    headers,
    https,
    host: named?.host || authority.host,
    port: authority.port ?? (https ? 443 : 80),
  }
  return { is: 'request', request, site: null }
}

interface Around {
  readonly named: Authority | null
  readonly usual: UsualScheme
}

function relative({ method, headers = {} }: Written, sent: string, { named, usual }: Around): Addressed {
  const url = sent.startsWith('?') || sent === '' ? `/${sent}` : sent
  if (!url.startsWith('/')) return fault(`"${sent}" is neither a path that begins with / nor an http URL`)
  const port = named?.port ?? null
  const https = port === null ? usual === 'https' : !PLAIN_PORTS.has(port)
  const request: Request = {
    method,
    url,
    headers,
    https,
    host: named?.host || USUAL_HOST,
    port: port ?? (https ? 443 : 80),
  }
  return { is: 'request', request, site: port === null ? USUAL_SITE : null }
}

interface Authority {
  readonly host: string
  readonly port: number | null
}

function authorityOf(text: string): Authority | 'odd' {
  const match = AUTHORITY.exec(text)
  if (match === null) return 'odd'
  const port = match[2] === undefined ? null : Number(match[2])
  return port !== null && (port < 1 || port > 65_535) ? 'odd' : { host: match[1] ?? '', port }
}

function headerFault(headers: Headers): string | null {
  for (const [name, value] of Object.entries(headers)) {
    if (!TOKEN.test(name)) return `"${name}" is not the name of a header`
    const texts = typeof value === 'string' ? [value] : value
    // A tab may stand in a value; a line end would begin another header.
    if (texts.some((text) => UNSENDABLE.test(text.replaceAll('\t', ''))))
      return `the header ${name} has a control character, which cannot be sent`
  }
  return null
}

/** The other way round: how a request is written, so that `addressed` gives it and its site again. */
export function asWritten(
  { method, url, headers, https, host, port }: Request,
  site: string | null,
): Written {
  if (site === null) {
    const usual = port === (https ? 443 : 80) ? '' : `:${port}`
    return { method, url: `${https ? 'https' : 'http'}://${host}${usual}${url}`, headers }
  }
  const told = headerValue(headers, 'host') !== undefined || host === USUAL_HOST
  return { method, url, headers: told ? headers : { ...headers, Host: host } }
}

/** The first value of a header, whatever case its name is written in. */
export function headerValue(headers: Headers, name: string): string | undefined {
  const found = Object.entries(headers).find(([each]) => each.toLowerCase() === name)?.[1]
  return typeof found === 'string' ? found : found?.[0]
}

function fault(why: string): Addressed {
  return { is: 'fault', why }
}
