import type { Facts } from './facts.ts'

/** `sha256:` and 64 hexadecimal digits. */
export type Digest = `sha256:${string}`

/** As Windows tells delayed start apart from the plain one. */
export type StartType = 'Automatic' | 'AutomaticDelayedStart' | 'Manual' | 'Disabled'

/** A Windows service: what it is set to, what it does, and who needs whom. */
export interface Service {
  readonly startType: StartType
  readonly status: 'Running' | 'Stopped' | 'StartPending' | 'StopPending' | 'Paused'
  /** Names of the services that must run before this one. */
  readonly dependsOn: readonly string[]
  /** Names of the services that depend on this one, directly. */
  readonly dependents: readonly string[]
}

/** An application pool of IIS; what else it is set to lies in its configuration. */
export interface Pool {
  readonly state: 'Started' | 'Stopped'
}

/**
 * What a server is made of, to us. A file is its bytes and is named by its full Windows path;
 * `version` is the file version of the named file; `facts` has the empty name.
 */
export interface Things {
  readonly facts: Facts
  readonly file: Uint8Array
  readonly service: Service
  readonly pool: Pool
  readonly version: string
}

/** The sorts of things that a server is made of. */
export type Thing = keyof Things

/** Asks for one thing by its name. */
export interface Query {
  readonly thing: Thing
  readonly name: string
}

/** What was seen of one thing. `unknown` is never to be read as `absent`. */
export type Sighting<T> =
  | { readonly is: 'here'; readonly digest: Digest; readonly value: T }
  | { readonly is: 'absent' }
  | { readonly is: 'unknown'; readonly why: string }

/** What was seen of some thing. */
export type AnySighting = Sighting<Things[Thing]>

/** Sightings by `thingKey`. */
export type Sightings = ReadonlyMap<string, AnySighting>

/** A thing that nobody has looked at yet is `unknown`; asking for it makes it looked at next. */
export type See = <T extends Thing>(thing: T, name: string) => Sighting<Things[T]>

/** Names of things are compared without case, as Windows does. */
export function thingKey(thing: Thing, name: string): string {
  return `${thing}:${name.toLowerCase()}`
}

/** A `See` over sightings; `asked` hears of every query that has no sighting yet. */
export function seeing(sightings: Sightings, asked?: (query: Query) => void): See {
  return <T extends Thing>(thing: T, name: string): Sighting<Things[T]> => {
    const found = sightings.get(thingKey(thing, name))
    if (found !== undefined) return found as Sighting<Things[T]>
    asked?.({ thing, name })
    return { is: 'unknown', why: 'not looked at yet' }
  }
}
