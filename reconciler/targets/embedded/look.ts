import { attribute, parseDocument } from '../../iis/document.ts'
import { elementsAt, isTrue } from '../../iis/lookup.ts'
import { samePath } from '../../iis/paths.ts'
import { isObject } from '../../model/object.ts'
import type { AnySighting, Pool, Query, Service, Sighting, Thing } from '../../model/thing.ts'
import { digestOf, digestOfJson } from '../../util/digest.ts'
import type { Content, Disk } from './disk.ts'
import { ENVIRONMENT, factsOf } from './facts.ts'
import { windowsPath } from './paths.ts'
import { entryOf, type ServerFile } from './serverfile.ts'
import { servicesOf } from './services.ts'

const HOST = 'C:\\Windows\\System32\\inetsrv\\config\\applicationHost.config'

/** What can be looked at of one server: server.json as it was read, and the files of its drives. */
export interface Lookable {
  readonly server: ServerFile
  readonly disk: { read(name: string): Content }
}

/** One server at one moment, in its folder. */
export interface Machine extends Lookable {
  readonly disk: Disk
}

const SEES: { readonly [thing in Thing]: (machine: Lookable, name: string) => AnySighting } = {
  facts: ({ server }) => here(factsOf(server)),
  file: ({ disk }, name) => seeFile(disk, name),
  service: ({ server }, name) => seeService(server, name),
  pool: (machine, name) => seePool(machine, name),
  version: ({ server }, name) => seeVersion(server, name),
}

/** What one query finds. Never throws: what cannot be read is unknown. */
export function see(machine: Lookable, { thing, name }: Query): AnySighting {
  return SEES[thing](machine, name)
}

/** The digest is of the bytes as they are: also a byte order mark or a line end is a difference to somebody. */
function seeFile(disk: Lookable['disk'], name: string): Sighting<Uint8Array> {
  const content = disk.read(name)
  return content.is === 'bytes'
    ? { is: 'here', digest: digestOf(content.bytes), value: content.bytes }
    : content.is === 'absent'
      ? { is: 'absent' }
      : content
}

/** A service that server.json does not list is one that the server does not have. */
function seeService({ root }: ServerFile, name: string): Sighting<Service> {
  const services = servicesOf(root)
  if (typeof services === 'string') return unknown(services)
  const entry = services.get(name.toLowerCase())
  if (entry === undefined) return { is: 'absent' }
  return typeof entry.service === 'string' ? unknown(entry.service) : here(entry.service)
}

/** What server.json says. A pool it does not name, but the configuration has, runs unless it is not to start by itself. */
function seePool({ server, disk }: Lookable, name: string): Sighting<Pool> {
  const table = server.root['appPools']
  if (table !== undefined && !isObject(table))
    return unknown('the table of pools in server.json cannot be read')
  const entry = entryOf(table ?? {}, name)
  if (entry === 'many') return unknown(`server.json has the pool ${name} twice, with other case`)
  if (entry === null) return seeConfiguredPool(disk, name)
  const state = isObject(entry.value) ? entry.value['state'] : undefined
  if (state !== 'Started' && state !== 'Stopped') return unknown(`the state of the pool ${name} is not known`)
  return here<Pool>({ state })
}

function seeConfiguredPool(disk: Lookable['disk'], name: string): Sighting<Pool> {
  const content = disk.read(HOST)
  if (content.is !== 'bytes')
    return unknown(`${HOST}: ${content.is === 'absent' ? 'it is not there' : content.why}`)
  const parsed = parseDocument(content.bytes)
  if (parsed.is === 'refused') return unknown(`${HOST}: ${parsed.why}`)
  const pools = elementsAt(parsed.root, 'system.applicationHost/applicationPools/add')
  const pool = pools.find((add) => samePath(attribute(add, 'name') ?? '', name))
  if (pool === undefined) return { is: 'absent' }
  return here<Pool>({ state: isTrue(pool, 'autoStart', true) ? 'Started' : 'Stopped' })
}

/** A file that the table does not name has no version. Paths are compared as paths, whatever way they are written. */
function seeVersion(server: ServerFile, name: string): Sighting<string> {
  const table = server.root['fileVersions']
  if (!isObject(table)) return unknown('server.json has no table of file versions')
  const wanted = pathKey(name)
  if (wanted === null) return unknown(`${name} is not a path of this server`)
  const [found, ...more] = Object.entries(table).filter(([path]) => pathKey(path) === wanted)
  if (found === undefined) return { is: 'absent' }
  const [, version] = found
  return more.length > 0 || typeof version !== 'string'
    ? unknown(`the version of ${name} is not known`)
    : here(version)
}

function pathKey(name: string): string | null {
  const path = windowsPath(name, ENVIRONMENT)
  return path.is === 'path' ? [path.drive, ...path.parts].join('\\').toLowerCase() : null
}

// The digest is of the canonical value, so that an edit of server.json that changes nothing moves nothing.
function here<T>(value: T): Sighting<T> {
  return { is: 'here', digest: digestOfJson(value), value }
}

function unknown(why: string): { readonly is: 'unknown'; readonly why: string } {
  return { is: 'unknown', why }
}
