import { collectionIn } from '../iis/collection.ts'
import { attribute } from '../iis/document.ts'
import type { Layer } from '../iis/layers.ts'
import { elementsAt } from '../iis/lookup.ts'
import { normalise, otherwise } from '../iis/schema/normalise.ts'
import type { Json } from '../model/resource.ts'
import type { Request } from '../rewrite/exchange.ts'
import { cooked, parted } from '../rewrite/url.ts'

const SECTION = 'system.webServer/security/requestFiltering'

/** Why request filtering answers 404, and with which substatus; null: it lets the request through. */
export type Filter = (request: Request) => { readonly subStatus: number; readonly why: string } | null

/**
 * Request filtering of a site path, where its module is on: verbs, sequences of the URL and the query, hidden segments,
 * file extensions, lengths and double escaping. Filtering rules of several conditions and limits of headers are not judged.
 */
export function filterAt(layers: readonly Layer[], path: string): Filter {
  const list = (name: string, key: string) =>
    collectionEntries(layers, path, name).map((entry) => ({
      text: (entry(key) ?? '').toLowerCase(),
      allowed: entry('allowed')?.toLowerCase() !== 'false',
    }))
  const value = (inner: string, name: string) => settingIn(layers, `${SECTION}${inner}`, name)
  const allowsUnlisted = (inner: string) =>
    String(value(inner, 'allowUnlisted') ?? true).toLowerCase() !== 'false'
  const always = list('alwaysAllowedUrls', 'url')
  const checks: readonly Check[] = [
    doubleEscaping(value('', 'allowDoubleEscaping') === true),
    tooLong('maxUrl', Number(value('/requestLimits', 'maxUrl')), ({ rawPath }) => rawPath),
    tooLong('maxQueryString', Number(value('/requestLimits', 'maxQueryString')), ({ query }) => query),
    verbs(list('verbs', 'verb'), allowsUnlisted('/verbs')),
    sequences(5, 'the URL', list('denyUrlSequences', 'sequence'), ({ path }) => path),
    extensions(list('fileExtensions', 'fileExtension'), allowsUnlisted('/fileExtensions')),
    segments(list('hiddenSegments', 'segment')),
  ]
  // A URL that is always allowed may have any query but for its own sequences.
  const last = sequences(18, 'the query', list('denyQueryStringSequences', 'sequence'), ({ query }) => query)
  return (request) => {
    const seen = seenOf(request)
    const free = always.some(({ text }) => text === seen.path)
    for (const check of free ? [last] : [...checks, last]) {
      const refused = check(seen)
      if (refused !== null) return refused
    }
    return null
  }
}

/** A request as the module compares it, in lower case but for its verb. */
interface Seen {
  readonly verb: string
  readonly path: string
  readonly query: string
  readonly rawPath: string
}

type Check = (seen: Seen) => ReturnType<Filter>
type Listed = readonly { readonly text: string; readonly allowed: boolean }[]

function seenOf({ method, url }: Request): Seen {
  const { path, query } = cooked(url)
  return { verb: method, path: path.toLowerCase(), query: query.toLowerCase(), rawPath: parted(url).path }
}

function doubleEscaping(allowed: boolean): Check {
  return ({ path }) =>
    !allowed && /\+|%[0-9a-f]{2}/.test(path)
      ? { subStatus: 11, why: 'the path is escaped twice, or has a +' }
      : null
}

function tooLong(name: string, most: number, of: (seen: Seen) => string): Check {
  const subStatus = name === 'maxUrl' ? 14 : 15
  return (seen) => (of(seen).length > most ? { subStatus, why: `${name} is ${most} characters` } : null)
}

function verbs(list: Listed, unlisted: boolean): Check {
  return ({ verb }) => {
    const found = list.find(({ text }) => text === verb.toLowerCase())
    return (found?.allowed ?? unlisted) ? null : { subStatus: 6, why: `the verb ${verb} is not allowed` }
  }
}

function sequences(subStatus: number, what: string, list: Listed, of: (seen: Seen) => string): Check {
  return (seen) => {
    const found = list.find(({ text }) => text !== '' && of(seen).includes(text))
    return found === undefined ? null : { subStatus, why: `${what} has "${found.text}"` }
  }
}

function extensions(list: Listed, unlisted: boolean): Check {
  return ({ path }) => {
    // Without an extension it is `.` to the module, which can be listed like any other.
    const own = /\.[^./]*$/.exec(path)?.[0] ?? '.'
    const found = list.find(({ text }) => text === own)
    if (found?.allowed ?? (unlisted || own === '.')) return null
    return { subStatus: 7, why: `the extension ${own} is not allowed` }
  }
}

function segments(list: Listed): Check {
  return ({ path }) => {
    const parts = new Set(path.split('/'))
    const found = list.find(({ text }) => text !== '' && parts.has(text))
    return found === undefined ? null : { subStatus: 8, why: `the segment ${found.text} is hidden` }
  }
}

function collectionEntries(layers: readonly Layer[], path: string, name: string) {
  const found = collectionIn(layers, `${SECTION}/${name}`, path)
  if (found.is === 'unknown') return []
  return found.value.entries.map(
    ({ element }) =>
      (key: string) =>
        attribute(element, key),
  )
}

/** The last layer that says it wins; what IIS would refuse is told as a fault of the path before anybody asks here. */
function settingIn(layers: readonly Layer[], path: string, name: string): Json {
  for (const layer of layers.toReversed()) {
    for (const element of elementsAt(layer.element, path).toReversed()) {
      const text = attribute(element, name)
      const normal = text === undefined ? null : normalise(path, name, text)
      if (normal?.is === 'value') return normal.value
    }
  }
  return otherwise(path, name)
}
