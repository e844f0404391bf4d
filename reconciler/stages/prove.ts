import { newFaults } from '../iis/check.ts'
import type { Mitigation } from '../model/catalogue.ts'
import { equalFields } from '../model/equal.ts'
import type { Kind, Resource } from '../model/resource.ts'
import type { See } from '../model/thing.ts'
import { lay, type Machine, machineOf } from './machine.ts'

/** A resource of a mitigation that is not on the machine, and why. */
export interface Unput {
  /** As `plan` prints it. */
  readonly key: string
  /** Index of its entry in `spec.resources`. */
  readonly entry: number
  readonly why: string
}

/** A server as a mitigation would leave it. */
export interface Proven {
  readonly see: See
  /** What could not be put: IIS could not read it, or the server is not readable. `see` is without it. */
  readonly held: readonly Unput[]
  /** What this server has no place for (a service, pool or site that is not there), and the mitigation skips. */
  readonly missing: readonly Unput[]
}

/**
 * Puts the resources of a mitigation over a server, one after another and as guarded as `plan` puts them, with no
 * record, limits or verdicts. Pure; on a server of which everything can be seen one call is enough.
 */
export function proven(see: See, mitigation: Mitigation, kinds: readonly Kind[]): Proven {
  let machine = machineOf(see)
  const held: Unput[] = []
  const missing: Unput[] = []
  for (const { resource, entry } of resourcesOf(mitigation, kinds)) {
    const after = attempt(resource, machine)
    if (after.is === 'laid') machine = after.machine
    else (after.is === 'held' ? held : missing).push({ key: resource.key, entry, why: after.why })
  }
  return { see: machine.see, held, missing }
}

interface Asked {
  readonly resource: Resource
  readonly entry: number
}

function resourcesOf({ name, resources }: Mitigation, kinds: readonly Kind[]): readonly Asked[] {
  return resources.flatMap(({ kind: kindName, entry: json }, entry) => {
    const kind = kinds.find((one) => one.name === kindName)
    // A catalogue that was loaded with these kinds has no others.
    return (kind?.split(json) ?? []).map((spec) => ({ resource: kind!.resource(spec, name), entry }))
  })
}

type Attempt =
  | { readonly is: 'laid'; readonly machine: Machine }
  | { readonly is: 'held' | 'missing'; readonly why: string }

function attempt(resource: Resource, machine: Machine): Attempt {
  const reading = resource.read(machine.see)
  if (reading.is === 'missing') return { is: 'missing', why: reading.why }
  if (reading.is === 'unknown') return { is: 'held', why: reading.why }
  // An equal one by somebody else does the job, and is never doubled.
  if (reading.is === 'elsewhere') return { is: 'laid', machine }
  if (reading.is === 'present' && equalFields(reading.fields, resource.want)) return { is: 'laid', machine }
  const wish = resource.put(machine.see, machine.made)
  if (wish.is === 'held') return { is: 'held', why: wish.detail }
  if (wish.is === 'unknown') return { is: 'held', why: wish.why }
  const laid = lay(machine, wish.parts, wish.made)
  const why = misread(resource, laid.see) ?? broken(machine, laid)
  return why === null ? { is: 'laid', machine: laid } : { is: 'held', why }
}

function misread(resource: Resource, see: See): string | null {
  const reading = resource.read(see)
  if (reading.is === 'unknown') return `after the change it could not be read: ${reading.why}`
  if (reading.is !== 'present' || !equalFields(reading.fields, resource.want))
    return 'after the change it would not read as wanted'
  return null
}

/** What IIS reads today it must read afterwards. */
function broken(before: Machine, after: Machine): string | null {
  const files = [...after.parts.values()].flatMap((part) => (part.thing === 'file' ? [part.name] : []))
  const [worst, ...more] = newFaults(before.see, after.see, files)
  if (worst === undefined) return null
  const { path, file, line, column, what } = worst
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`
  return `IIS could no longer read ${path === '' ? 'its configuration' : path}: ${file}:${line}:${column}: ${what}${others}`
}
