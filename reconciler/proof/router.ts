import { type Configuration, configuration, hostMalformed } from '../iis/configuration.ts'
import { type MarkupFault, markupFaults } from '../iis/markup-faults.ts'
import type { Site } from '../iis/sites.ts'
import type { See } from '../model/thing.ts'
import type { Reading, Request, Surroundings } from '../rewrite/exchange.ts'
import { cooked } from '../rewrite/url.ts'
import type { Refused, Served } from './answer.ts'
import { siteBoundTo, siteNamed, startsByItself } from './binding.ts'
import { type LevelState, levelState } from './level-state.ts'
import { Levels } from './levels.ts'

/** A request and what is told beside it. */
export interface Ask {
  readonly request: Request
  /** This site, whatever its bindings are; null and absent: the bindings decide. */
  readonly site?: string | null | undefined
  /** Server variables that are given from outside, such as REMOTE_ADDR; names without case. */
  readonly variables?: Surroundings['variables'] | undefined
}

/** Where a request arrives, with everything that is so for all requests there; or why it does not. */
export type Reached =
  | {
      readonly is: 'reached'
      readonly ask: Ask
      readonly configuration: Configuration
      readonly state: Extract<LevelState, { readonly is: 'serving' }>
    }
  | { readonly is: 'refused'; readonly refused: Refused; readonly served: Served | null }

// One object: what is understood of variables is remembered by it.
const NONE: Surroundings['variables'] = {}

interface Host {
  readonly configuration: Configuration
  readonly levels: Levels
}

interface Arriving {
  readonly ask: Ask
  readonly site: string
  readonly path: string
}

/** Leads requests to their sites and levels. It remembers what it found of each level, for as long as it lives. */
export class Router {
  readonly #see: See
  readonly #host: Host | Refused
  readonly #states = new Map<string, LevelState>()

  constructor(see: See) {
    this.#see = see
    this.#host = hostOf(see)
  }

  reach(ask: Ask): Reached {
    const host = this.#host
    if ('is' in host) return refused(host)
    const site = siteFor(host.configuration, ask)
    if (site === undefined) return refused(noSite(ask))
    if (!startsByItself(site))
      return refused({ is: 'stopped', status: 503, what: 'site', why: `the site ${site.name} is stopped` })
    const url = cooked(ask.request.url)
    if (url.refused !== null) return refused({ is: 'refused', status: 400, why: url.refused })
    return this.#arrive({ ask, site: site.name, path: url.path }, host)
  }

  /** The same request at another path of its site, decoded, after a rule moved it. */
  at({ ask, state }: Extract<Reached, { readonly is: 'reached' }>, path: string): Reached {
    if ('is' in this.#host) return refused(this.#host)
    return this.#arrive({ ask, site: state.served.site, path }, this.#host)
  }

  #arrive({ ask, site, path }: Arriving, { configuration, levels }: Host): Reached {
    const level = levels.of([site, ...namesIn(path)])
    const state = this.#state(configuration, level.path)
    if (state.is === 'not-serving') return { ...state, is: 'refused' }
    return { is: 'reached', ask, configuration, state }
  }

  #state(configuration: Configuration, path: string): LevelState {
    const key = path.toLowerCase()
    const before = this.#states.get(key)
    if (before !== undefined) return before
    const state = levelState(this.#see, configuration, path)
    this.#states.set(key, state)
    return state
  }

  /** What only the server knows about a request that arrived. */
  surroundings({ ask, state }: Extract<Reached, { readonly is: 'reached' }>, reading: Reading): Surroundings {
    return {
      reading,
      onDisk: (path) => this.#onDisk(path),
      physicalPath: (path) => this.#physical(state.served.site, path),
      application: state.variables,
      variables: ask.variables ?? NONE,
    }
  }

  #physical(site: string, path: string): string | null {
    return 'is' in this.#host ? null : this.#host.levels.of([site, ...namesIn(path)]).physical
  }

  /** Of folders only those are known that the configuration maps; of other names what was seen. */
  #onDisk(written: string): 'file' | 'directory' | null {
    // Rules put such paths together, as in `{DOCUMENT_ROOT}/{R:1}`.
    const path = written.replace(/[\\/]+/g, '\\').replace(/(?<=[^:])\\$/, '')
    if (!('is' in this.#host) && this.#host.levels.isMapped(path)) return 'directory'
    return this.#see('file', path).is === 'here' ? 'file' : null
  }
}

function namesIn(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '')
}

function refused(why: Refused): Reached {
  return { is: 'refused', refused: why, served: null }
}

function hostOf(see: See): Host | Refused {
  const read = configuration(see)
  const malformed = hostMalformed(see)
  if (malformed !== null) return { is: 'stopped', status: 503, what: 'server', why: malformed }
  if (read.is === 'unknown') return { is: 'unknown', why: read.why }
  const fault = markupFaults(read.value.root, read.value.root).find(stopsAll)
  if (fault !== undefined)
    return { is: 'stopped', status: 503, what: 'server', why: `${read.value.file}: ${fault.what}` }
  return { configuration: read.value, levels: new Levels(see, read.value) }
}

/** Sites and pools are read by the service that starts everything. */
function stopsAll({ element }: MarkupFault): boolean {
  for (let at: typeof element | null = element; at !== null; at = at.parent)
    if (at.name === 'system.applicationHost' || at.name === 'configSections') return true
  return false
}

function siteFor(configuration: Configuration, { request, site }: Ask): Site | undefined {
  const named = site === null || site === undefined ? undefined : siteNamed(configuration, site)
  return named ?? siteBoundTo(configuration, request)
}

function noSite({ request: { https, host, port } }: Ask): Refused {
  const why = `no site answers to ${https ? 'https' : 'http'}://${host}:${port}`
  return { is: 'refused', status: 400, why }
}
