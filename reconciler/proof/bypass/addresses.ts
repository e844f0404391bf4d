import type { Request } from '../../rewrite/exchange.ts'
import { cut, parametersOf, urlSpelling, withParameters } from './parts.ts'
import type { Spelling, Transformation } from './transformation.ts'

/**
 * The mail address that Exchange cuts out of a URL of explicit logon. The first published rule against CVE-2022-41040
 * asked for its @ before the other word and was passed by requests without it, or with it elsewhere.
 */
export const ADDRESSES: readonly Transformation[] = [
  {
    name: 'an address elsewhere',
    group: 'address',
    confidence: 'likely',
    meaning:
      'Exchange looks for the address in several places of a URL; published attacks used more than one.',
    of: (request) => moved(request),
  },
  {
    name: 'without an address',
    group: 'address',
    confidence: 'likely',
    meaning: 'Published attacks also worked without the @ of an address.',
    of: (request) => dropped(request),
  },
]

/** What stands between delimiters around an @, encoded or not, without what comes behind a slash. */
const ADDRESS = /[^/?&=;]*(?:@|%40)[^/?&=;]*/gi

function* dropped(request: Request): Iterable<Spelling> {
  const { url } = request
  for (const { 0: address, index } of url.matchAll(ADDRESS)) {
    const [before, after] = [url.slice(0, index), url.slice(index + address.length)]
    yield urlSpelling(request, before + address.replace(/@|%40/gi, '') + after, 'without the @')
    yield urlSpelling(request, before + after, `without ${address}`)
  }
}

function* moved(request: Request): Iterable<Spelling> {
  const { url } = request
  for (const { 0: address, index } of url.matchAll(ADDRESS)) {
    // In the path a segment goes with its slash; `//` would say something else.
    const rest = url.slice(0, index) + url.slice(index + address.length)
    const { path, query } = cut(
      index > url.indexOf('?') && url.includes('?') ? rest : rest.replace('//', '/'),
    )
    const all = parametersOf({ path, query })
    for (const parameter of [address, `Email=${address}`]) {
      yield urlSpelling(
        request,
        withParameters(path, [...all, parameter]),
        `${address} at the end of the query`,
      )
      yield urlSpelling(
        request,
        withParameters(path, [parameter, ...all]),
        `${address} at the front of the query`,
      )
    }
    const folder = path.slice(0, path.lastIndexOf('/') + 1)
    // The first segment names the application.
    if (folder === '/') continue
    yield urlSpelling(
      request,
      withParameters(`${folder}${address}/${path.slice(folder.length)}`, all),
      `${address} in the path`,
    )
  }
}
