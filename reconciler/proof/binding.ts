import type { Configuration } from '../iis/configuration.ts'
import { attribute, childrenNamed, type Element } from '../iis/document.ts'
import { isTrue } from '../iis/lookup.ts'
import { samePath } from '../iis/paths.ts'
import type { Site } from '../iis/sites.ts'
import type { Request } from '../rewrite/exchange.ts'

type Target = Pick<Request, 'https' | 'host' | 'port'>

interface Binding {
  readonly site: Site
  readonly https: boolean
  /** `*` or empty: every address. */
  readonly address: string
  readonly port: number
  /** Lower case; empty: every name. */
  readonly host: string
}

const read = new WeakMap<Configuration, readonly Binding[]>()

/** The site of this name, whatever its bindings are. */
export function siteNamed(configuration: Configuration, name: string): Site | undefined {
  return configuration.sites.find((site) => samePath(site.name, name))
}

/** Nothing that is looked at says whether a site runs; it does unless it is not to start by itself. */
export function startsByItself(site: Site): boolean {
  return isTrue(site.element, 'serverAutoStart', true)
}

/**
 * The site that HTTP.sys hands a request to: a binding with the very host name before one with a wildcard name, and
 * that before one for every name. Undefined: nobody listens there, or no site has that name.
 */
export function siteBoundTo(configuration: Configuration, target: Target): Site | undefined {
  const fitting = bindingsOf(configuration)
    .filter(({ https, port }) => https === target.https && port === target.port)
    .map((binding) => ({ binding, rank: rankOf(binding, target.host.toLowerCase()) }))
    .filter(({ rank }) => rank > 0)
  return fitting.toSorted((a, b) => b.rank - a.rank)[0]?.binding.site
}

function rankOf({ host, address }: Binding, wanted: string): number {
  // Which address a request came in on is not known, so a binding for one address only counts last.
  const near = address === '*' || address === '' ? 1 : 0
  if (host === '') return 2 + near
  if (host === wanted) return 6 + near
  return host.startsWith('*.') && wanted.endsWith(host.slice(1)) ? 4 + near : 0
}

function bindingsOf(configuration: Configuration): readonly Binding[] {
  const before = read.get(configuration)
  if (before !== undefined) return before
  const all = configuration.sites.flatMap((site) =>
    childrenNamed(site.element, 'bindings')
      .flatMap((bindings) => childrenNamed(bindings, 'binding'))
      .flatMap((element) => bindingOf(site, element) ?? []),
  )
  read.set(configuration, all)
  return all
}

function bindingOf(site: Site, element: Element): Binding | null {
  const protocol = attribute(element, 'protocol')?.toLowerCase()
  if (protocol !== 'http' && protocol !== 'https') return null
  // address:port:host, where an IPv6 address stands in brackets.
  const match = /^(\[[^\]]*\]|[^:]*):(\d+):(.*)$/.exec(attribute(element, 'bindingInformation') ?? '')
  if (match === null) return null
  const [, address = '', port = '', host = ''] = match
  return { site, https: protocol === 'https', address, port: Number(port), host: host.toLowerCase() }
}
