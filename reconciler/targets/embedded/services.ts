import { isObject } from '../../model/object.ts'
import type { Service, StartType } from '../../model/thing.ts'
import type { JsonObject } from './serverfile.ts'

/** Services by name in lower case; an entry that cannot be read says why. */
export type Services = ReadonlyMap<string, Entry>

export interface Entry {
  /** As server.json writes it. */
  readonly name: string
  readonly service: Service | string
}

const START_TYPES: readonly StartType[] = ['Automatic', 'AutomaticDelayedStart', 'Manual', 'Disabled']
const STATUS: readonly Service['status'][] = ['Running', 'Stopped', 'StartPending', 'StopPending', 'Paused']

/** The services of server.json; a text says why none of them can be known. */
export function servicesOf(root: JsonObject): Services | string {
  const table = root['services']
  if (!isObject(table)) return 'server.json has no table of services'
  const groups = Map.groupBy(Object.entries(table), ([name]) => name.toLowerCase())
  // Whoever depends on whom is known of all or of none: an unread entry could be a dependent of any.
  const needs = new Map<string, readonly string[]>()
  for (const [name, value] of Object.entries(table)) {
    const list = dependenciesOf(value)
    if (list === null) return `server.json does not say in a readable way what the service ${name} depends on`
    needs.set(name, list)
  }
  return new Map([...groups].map(([low, [first, ...more]]) => [low, entryOf(first!, more.length > 0, needs)]))
}

/** A service without a list depends on none, as in the registry of Windows; null: what is there is no list. */
function dependenciesOf(value: unknown): readonly string[] | null {
  const list = isObject(value) ? (value['dependsOn'] ?? []) : null
  return Array.isArray(list) && list.every((item) => typeof item === 'string') ? list : null
}

function entryOf(
  [name, value]: readonly [string, unknown],
  several: boolean,
  needs: ReadonlyMap<string, readonly string[]>,
): Entry {
  if (several) return { name, service: `server.json has the service ${name} twice, with other case` }
  const entry = isObject(value) ? value : {}
  const startType = START_TYPES.find((one) => one === entry['startType'])
  const status = STATUS.find((one) => one === entry['status'])
  if (startType === undefined) return { name, service: `the start type of the service ${name} is not known` }
  if (status === undefined) return { name, service: `the status of the service ${name} is not known` }
  const dependents = [...needs]
    .filter(([, list]) => list.some((other) => same(other, name)))
    .map(([other]) => other)
  return {
    name,
    service: { startType, status, dependsOn: needs.get(name) ?? [], dependents: dependents.sort() },
  }
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
