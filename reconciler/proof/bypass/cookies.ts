import type { Request } from '../../rewrite/exchange.ts'
import { cookiesOf, withCookie } from './parts.ts'
import type { Spelling, Transformation } from './transformation.ts'

/** More cookies than these are not tried one by one. */
const MANY = 12

/**
 * The ways to send the same cookies. That a rule sees them as they were sent, several headers put together, is what makes
 * rules against ProxyLogon possible, and what these changes try.
 */
export const COOKIES: readonly Transformation[] = [
  {
    name: 'another order of cookies',
    group: 'cookies',
    confidence: 'likely',
    meaning: 'Cookies are asked for by name, whatever their order.',
    of: function* (request) {
      const all = cookiesOf(request)
      if (all.length < 2) return
      for (const one of all.slice(1, MANY))
        yield cookies(
          request,
          [one, ...all.filter((other) => other !== one)].join('; '),
          `${nameOf(one)} first`,
        )
      yield cookies(request, all.toReversed().join('; '), 'in reverse order')
    },
  },
  {
    name: 'an additional cookie',
    group: 'cookies',
    confidence: 'likely',
    meaning: 'A cookie that nobody asks for is ignored.',
    of: function* (request) {
      const all = cookiesOf(request)
      if (all.length > 0) {
        yield cookies(request, ['x=1', ...all].join('; '), 'another cookie first')
        yield cookies(request, [...all, 'x=1'].join('; '), 'another cookie last')
      }
    },
  },
  {
    name: 'separators of cookies',
    group: 'cookies',
    confidence: 'likely',
    meaning: 'Readers of cookies cut at the semicolon and drop spaces around it.',
    of: function* (request) {
      const all = cookiesOf(request)
      for (const by of [';', ' ;  ', ';;'])
        if (all.length > 1) yield cookies(request, all.join(by), `cookies separated by ${JSON.stringify(by)}`)
      if (all.length > 0) yield cookies(request, `;${all.join('; ')};`, 'semicolons around the cookies')
    },
  },
  {
    name: 'several Cookie headers',
    group: 'cookies',
    confidence: 'likely',
    meaning: 'HTTP lets cookies come in several headers, which a server puts together.',
    of: function* (request) {
      const all = cookiesOf(request)
      if (all.length > 1) yield cookies(request, all, 'each cookie in a header of its own')
      if (all.length > 0) yield cookies(request, ['x=1', ...all], 'another cookie in a header before')
    },
  },
  {
    name: 'case of cookie names',
    group: 'cookies',
    confidence: 'likely',
    meaning: 'ASP.NET finds a cookie by its name without case.',
    of: function* (request) {
      const all = cookiesOf(request)
      for (const change of [(one: string) => one.toUpperCase(), (one: string) => one.toLowerCase()])
        if (all.length > 0)
          yield cookies(
            request,
            all.map((one) => renamedCookie(one, change)).join('; '),
            'names in another case',
          )
    },
  },
  {
    name: 'backslashes in a cookie',
    group: 'cookies',
    confidence: 'likely',
    meaning:
      'Where a cookie becomes a part of an address, as that of a back end did, System.Uri takes a backslash for a slash.',
    of: function* (request) {
      const all = cookiesOf(request)
      for (const one of all.slice(0, MANY))
        if (one.includes('/')) {
          const other = one.replaceAll('/', '\\')
          yield cookies(
            request,
            all.with(all.indexOf(one), other).join('; '),
            `${nameOf(one)} with backslashes`,
          )
        }
    },
  },
  {
    name: 'a cookie repeated',
    group: 'cookies',
    confidence: 'possible',
    meaning: 'Of two cookies of one name one reader takes the first, another the last.',
    of: function* (request) {
      const all = cookiesOf(request)
      for (const one of all.slice(0, MANY)) {
        yield cookies(request, [...all, `${nameOf(one)}=x`].join('; '), `another ${nameOf(one)} last`)
        yield cookies(request, [`${nameOf(one)}=x`, ...all].join('; '), `another ${nameOf(one)} first`)
      }
    },
  },
  {
    name: 'another form of cookie',
    group: 'cookies',
    confidence: 'possible',
    meaning:
      'Readers differ about quotes, spaces around = and percent-encoding in cookies; most take them as they are.',
    of: (request) => forms(request),
  },
]

// What is decoded by nobody costs nothing to try; ASP.NET itself takes names and values of cookies as they are.
function* forms(request: Request): Iterable<Spelling> {
  const all = cookiesOf(request)
  for (const one of all.slice(0, MANY)) {
    const [name, value] = [nameOf(one), one.slice(nameOf(one).length + 1)]
    const as = (form: string, what: string): Spelling =>
      cookies(request, all.map((other) => (other === one ? form : other)).join('; '), `${name} with ${what}`)
    const encodedName = name.replace(/[^A-Za-z0-9]/, (character) => escaped(character))
    if (encodedName !== name) yield as(`${encodedName}=${value}`, 'its name percent-encoded in one place')
    yield as(`${[...name].map(escaped).join('')}=${value}`, 'its name percent-encoded')
    yield as(`${name} =${value}`, 'a space before =')
    yield as(`${name}= ${value}`, 'a space behind =')
    yield as(`${name}="${value}"`, 'its value in quotes')
    yield as(`"${name}"=${value}`, 'its name in quotes')
    for (const character of new Set(value.replace(/[^!-~]|[\w.-]/g, '')))
      yield as(
        `${name}=${value.replaceAll(character, escaped(character))}`,
        `${character} as ${escaped(character)}`,
      )
    yield as(
      `${name}=${encodeURIComponent(value.toWellFormed()).replace(/[!'()*~]/g, escaped)}`,
      'its value percent-encoded',
    )
  }
}

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

// A cookie without = is a name without a value.
function nameOf(cookie: string): string {
  const at = cookie.indexOf('=')
  return at < 0 ? cookie : cookie.slice(0, at)
}

function renamedCookie(cookie: string, change: (name: string) => string): string {
  return change(nameOf(cookie)) + cookie.slice(nameOf(cookie).length)
}

function cookies(request: Request, value: string | readonly string[], what: string): Spelling {
  return { request: withCookie(request, value), what }
}
