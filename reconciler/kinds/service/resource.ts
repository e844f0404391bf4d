import type { Before, Fields, Impact, Json, Kind, Reading, Resource, Wish } from '../../model/resource.ts'
import type { ServiceSettings } from '../../model/target.ts'
import type { See, Service, StartType } from '../../model/thing.ts'
import { missing } from '../missing.ts'
import { defined, fault, secondsOf, specOf } from '../spec.ts'
import { differing, goBack, joined, stillOurs } from '../values.ts'
import { held, nothing, unowned } from '../wishes.ts'
import { START_TYPES, schema } from './schema.ts'

/** An entry of this kind; it stands for one resource, so it is the atomic specification too. */
interface ServiceSpec {
  readonly name: string
  readonly startType?: StartType
  readonly status?: 'Running' | 'Stopped'
  readonly timeout?: string
  readonly ifMissing?: 'skip' | 'fail'
  readonly otherwise?: { readonly startType?: StartType; readonly status?: 'Running' | 'Stopped' }
}

/** Without these Exchange or IIS as a whole is down, or cannot be managed any more. */
const VITAL = [
  'MSExchangeADTopology',
  'MSExchangeIS',
  'MSExchangeTransport',
  'W3SVC',
  'WAS',
  'IISADMIN',
  'AppHostSvc',
  'EventLog',
]

/** A Windows service: `startType` and `status`, each only when it is named. */
export const service: Kind = {
  name: 'service',
  schema,
  faults(entry, optIn) {
    const spec = specOf<ServiceSpec>(entry)
    return [...vitalFaults(spec, optIn), ...shapeFaults(spec)]
  },
  split: (entry) => [entry],
  resource: serviceResource,
  join: joined,
}

/** A fault at the field that does it. Disabling counts: the next restart of the server stops it for good. */
function vitalFaults(spec: ServiceSpec, optIn: boolean) {
  const vital = VITAL.some((name) => name.toLowerCase() === spec.name.toLowerCase())
  if (optIn || !vital || (spec.status !== 'Stopped' && spec.startType !== 'Disabled')) return []
  const message = `Stopping or disabling ${spec.name} takes Exchange or IIS down. Set \`optIn: true\` on the mitigation if that is meant, so that it is only ever selected by name.`
  return [fault(spec.status === 'Stopped' ? '/status' : '/startType', message)]
}

/** What the schema cannot say: fields that depend on one another. */
function shapeFaults(spec: ServiceSpec) {
  const faults = []
  if (spec.startType === undefined && spec.status === undefined) {
    faults.push(fault('', 'A service needs `startType`, `status` or both, else nothing is asked of it.'))
  }
  if (spec.startType === 'Disabled' && spec.status === 'Running') {
    faults.push(
      fault('/status', 'A disabled service cannot be started. Choose another `startType` or `status`.'),
    )
  }
  for (const field of ['startType', 'status'] as const) {
    if (spec.otherwise?.[field] !== undefined && spec[field] === undefined) {
      faults.push(
        fault(
          `/otherwise/${field}`,
          `\`${field}\` is not set by this resource, so it never goes back. Remove it here.`,
        ),
      )
    }
  }
  return faults
}

function serviceResource(json: Json, mitigation: string): Resource {
  const spec = specOf<ServiceSpec>(json)
  const want = defined<string>({ startType: spec.startType, status: spec.status })
  return {
    kind: 'service',
    key: `service:${spec.name}`,
    mitigation,
    spec: json,
    want,
    ...(spec.otherwise === undefined ? {} : { otherwise: { ...spec.otherwise } as Fields }),
    stops: want['status'] === 'Stopped' || want['startType'] === 'Disabled',
    read: (see) => readService(spec, want, see),
    put: (see) => putService(spec, want, see),
    undo: (see, before, _made, set) => undoService(spec, { before, set: set ?? want }, see),
    impact: (see) => impactOf(spec, see),
  }
}

/** `ours` is false: a service carries no mark, so the record says whether its state is our doing. */
function readService(spec: ServiceSpec, want: Fields, see: See): Reading {
  const seen = see('service', spec.name)
  if (seen.is === 'unknown') return seen
  if (seen.is === 'absent') {
    const why = `there is no service ${spec.name} on this server`
    return missing(why, spec.ifMissing ?? 'skip')
  }
  // Asked for here so that they are known by the time a stop is planned.
  if (want['status'] === 'Stopped' && seen.value.status !== 'Stopped') runningDependents(seen.value, see)
  return { is: 'present', fields: fieldsOf(seen.value, Object.keys(want)), ours: false }
}

function fieldsOf(seen: Service, names: readonly string[]): Fields {
  return defined<string>({
    startType: names.includes('startType') ? seen.startType : undefined,
    status: names.includes('status') ? seen.status : undefined,
  })
}

/** As `fieldsOf`, where a service on its way counts as arrived, and one that is paused as running: nothing else can be set. */
function settledFields(seen: Service, names: readonly string[]): Fields {
  const stopped = seen.status === 'Stopped' || seen.status === 'StopPending'
  return fieldsOf({ ...seen, status: stopped ? 'Stopped' : 'Running' }, names)
}

function putService(spec: ServiceSpec, want: Fields, see: See): Wish {
  const seen = see('service', spec.name)
  if (seen.is === 'unknown') return seen
  if (seen.is === 'absent') return { is: 'unknown', why: `there is no service ${spec.name} on this server` }
  // Settled: what is recorded must be something that can be gone back to.
  const names = Object.keys(want)
  const before: Before = { fields: settledFields(seen.value, names) }
  return become(spec, differing(fieldsOf(seen.value, names), want), { before, seen: seen.value }, see)
}

/** Field by field. What somebody changed since is theirs. */
function undoService(spec: ServiceSpec, past: { before: Before | null; set: Fields }, see: See): Wish {
  const seen = see('service', spec.name)
  if (seen.is === 'unknown') return seen
  if (seen.is === 'absent') return nothing(past.before)
  const now = settledFields(seen.value, Object.keys(past.set))
  const names = [...stillOurs(now, past.set), ...owedStatus(past, seen.value)]
  const back = goBack(names, past.before, spec.otherwise)
  if (back === 'unowned' || !isSettable(back)) return unowned(`service ${spec.name}`)
  const all = settledFields(seen.value, ['startType', 'status'])
  const change: { [field: string]: Json } = { ...differing(all, back) }
  // Somebody disabled it meanwhile: Windows would refuse the start, and they had their reason.
  const startType = change['startType'] ?? seen.value.startType
  if (startType === 'Disabled' && change['status'] === 'Running') delete change['status']
  return become(spec, change, { before: nothing(past.before).before, seen: seen.value }, see)
}

/** Anybody on the server can edit a record: only what a service can be set to is taken out of one. */
function isSettable({ startType, status }: Fields): boolean {
  const isStart = startType === undefined || START_TYPES.some((one) => one === startType)
  return isStart && (status === undefined || status === 'Running' || status === 'Stopped')
}

/** We stopped it once, nobody asks for that any more, and it could not be started again while it had to be disabled. */
function owedStatus(past: { before: Before | null; set: Fields }, seen: Service): readonly string[] {
  if ('status' in past.set || past.set['startType'] !== 'Disabled' || seen.startType !== 'Disabled') return []
  return past.before?.fields?.['status'] === 'Running' && seen.status === 'Stopped' ? ['status'] : []
}

/** A service that is to stop takes those along that depend on it, so these are looked at first, whatever the verb. */
function become(spec: ServiceSpec, change: Fields, at: { before: Before; seen: Service }, see: See): Wish {
  const { before, seen } = at
  if (Object.keys(change).length === 0) return nothing(before)
  if (change['status'] === 'Stopped') {
    const dependents = runningDependents(seen, see)
    if (dependents.unknown !== undefined) return { is: 'unknown', why: dependents.unknown }
    if (dependents.running.length > 0) {
      const detail = `stopping ${spec.name} would also stop ${dependents.running.join(', ')}; stop these in the same mitigation, before it, or by hand`
      return held('dependents', detail)
    }
  }
  const settings = specOf<ServiceSettings>(change)
  const timeoutSeconds = secondsOf(spec.timeout)
  return {
    is: 'wish',
    parts: [{ thing: 'service', name: spec.name, become: settings, timeoutSeconds }],
    before,
  }
}

/** Direct dependents are enough: one that is stopped has no running dependents itself. */
function runningDependents(seen: Service, see: See): { running: readonly string[]; unknown?: string } {
  const looks = seen.dependents.map((name) => ({ name, look: see('service', name) }))
  const running = looks.filter(({ look }) => look.is === 'here' && look.value.status !== 'Stopped')
  const blind = looks.find(({ look }) => look.is === 'unknown')
  const unknown = blind?.look.is === 'unknown' ? `service ${blind.name}: ${blind.look.why}` : undefined
  return { running: running.map(({ name }) => name), ...(unknown === undefined ? {} : { unknown }) }
}

/** What is stopped already does not stop. Starts are no impact. */
function impactOf(spec: ServiceSpec, see: See): Impact {
  const seen = see('service', spec.name)
  const stops = spec.status === 'Stopped' && seen.is === 'here' && seen.value.status !== 'Stopped'
  return { stops: stops ? [spec.name] : [], restarts: [] }
}
