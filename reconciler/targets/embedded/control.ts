import type { ServiceSettings } from '../../model/target.ts'
import type { Service } from '../../model/thing.ts'
import type { Entry, Services } from './services.ts'

/** What is set on each service, by its name as server.json writes it; a text says why it cannot be done. */
export type Controlled = ReadonlyMap<string, ServiceSettings> | string

/**
 * Does what the service control manager does. The start type is set first. Starting a service starts what it depends
 * on, as Windows does; stopping one that others still need is refused, for it would be a larger change than asked.
 */
export function control(services: Services, name: string, become: ServiceSettings): Controlled {
  const entry = services.get(name.toLowerCase())
  if (entry === undefined) return `there is no service ${name}`
  if (typeof entry.service === 'string') return entry.service
  const changes = new Map<string, ServiceSettings>([[entry.name, become]])
  if (become.status === undefined || become.status === entry.service.status) return changes
  const service = { ...entry.service, startType: become.startType ?? entry.service.startType }
  const fault =
    become.status === 'Stopped'
      ? stopFault(entry.name, service, services)
      : start({ ...entry, service }, services, changes, [])
  return fault ?? changes
}

/** A dependent whose state is not known may run. */
function stopFault(name: string, service: Service, services: Services): string | null {
  if (service.status.endsWith('Pending')) return `the service ${name} is ${service.status}`
  const running = service.dependents.filter((other) => {
    const dependent = services.get(other.toLowerCase())?.service
    return dependent === undefined || typeof dependent === 'string' || dependent.status !== 'Stopped'
  })
  return running.length === 0
    ? null
    : `the service ${name} is needed by ${running.join(', ')}, which still run`
}

/** Adds to `changes` what must start; gives the reason when that cannot be. */
function start(
  entry: Entry,
  services: Services,
  changes: Map<string, ServiceSettings>,
  above: readonly string[],
): string | null {
  const { name, service } = entry
  if (typeof service === 'string') return service
  if (above.includes(name)) return `the service ${name} depends on itself, by way of ${above.join(', ')}`
  if (service.status === 'Running') return null
  if (service.status.endsWith('Pending')) return `the service ${name} is ${service.status}`
  if (service.startType === 'Disabled') return `the service ${name} is disabled`
  for (const needed of service.dependsOn) {
    const other = services.get(needed.toLowerCase())
    if (other === undefined) return `the service ${name} depends on ${needed}, which is not there`
    const fault = start(other, services, changes, [...above, name])
    if (fault !== null) return fault
  }
  changes.set(name, { ...changes.get(name), status: 'Running' })
  return null
}
