import type { Block, Catalogue, Origin, Policy, Switch } from '../model/catalogue.ts'
import type { Memory } from '../model/store.ts'
import type { Sighting } from '../model/thing.ts'
import { type Selectable, selectsServer } from './selectors.ts'

/** Milliseconds since 1970; not `trusted` after the clock jumped by more than an hour. */
export interface Now {
  readonly time: number
  readonly trusted: boolean
}

/** What a decision needs besides the catalogue and the server's facts. */
export interface Context {
  readonly now: Now
  /** Milliseconds for which a fix must have been seen before anything is removed. */
  readonly retireAfter: number
  readonly fixedSince: Memory['fixedSince']
  /** The configured name of the server. */
  readonly server: string
  /** File version of a file, by its path as the mitigation writes it. */
  readonly versions: (path: string) => Sighting<string>
}

/** What the catalogue says about one server. */
export interface ServerView extends Selectable {
  /** The switch that is off; the organization's hides the server's. */
  readonly off: { readonly of: string; readonly by: Switch } | null
  /** Where it says that they are on: the server's own object before the organization's; null: nowhere. */
  readonly on: Origin | null
  /** The switch whose audit mode overrides all policies. */
  readonly audit: { readonly of: string; readonly by: Switch } | null
  readonly policies: readonly Policy[]
  readonly blocks: readonly Block[]
}

/** Gathers what concerns the server. Without an object of its own a server has no labels and is switched on. */
export function viewOf(catalogue: Catalogue, name: string): ServerView {
  const object = catalogue.servers.find((one) => one.name.toLowerCase() === name.toLowerCase())
  const server = { name, labels: object?.labels ?? {} }
  const switches = [
    ...(catalogue.organization ? [{ of: 'the organization', by: catalogue.organization }] : []),
    ...(object ? [{ of: 'this server', by: object }] : []),
  ]
  return {
    ...server,
    off: switches.find(({ by }) => !by.mitigationsEnabled) ?? null,
    on: switches.at(-1)?.by.origin ?? null,
    audit: switches.find(({ by }) => by.mode === 'audit') ?? null,
    policies: inOrder(catalogue.policies.filter((policy) => selectsServer(policy.servers, server))),
    blocks: inOrder(catalogue.blocks.filter((block) => selectsServer(block.servers, server))),
  }
}

// By name, so that reasons do not depend on the order in which files were read.
function inOrder<T extends { readonly name: string }>(things: readonly T[]): readonly T[] {
  return things.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}
