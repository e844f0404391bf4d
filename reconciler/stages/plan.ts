import { newFaults } from '../iis/check.ts'
import { equalFields, equalJson } from '../model/equal.ts'
import { isObject } from '../model/object.ts'
import type { Change, Held, Plan } from '../model/plan.ts'
import type { Before, Fields, Impact, Json, Kind, Reading, Resource } from '../model/resource.ts'
import type { See } from '../model/thing.ts'
import { digestOfJson } from '../util/digest.ts'
import { clashOf } from './clash.ts'
import type { Difference, Judged } from './diff/judged.ts'
import { staysFor } from './diff/owners.ts'
import { type Candidate, type Hold, holdsOf, isAudit } from './holds.ts'
import { lay, type Machine, machineOf } from './machine.ts'
import { maintenanceHold } from './maintenance.ts'
import { nextRecord, type PlanContext, type PutMemory } from './next-record.ts'
import { recalled } from './recall.ts'
import { filesOf, stepsOf } from './steps.ts'

/**
 * Lays the changes over what was seen, one after another, and keeps those after which the server would read as
 * wanted and IIS could still read everything that it reads today. Pure: what it asks `see` for and nobody has looked
 * at yet is to be looked at, and the plan made again.
 */
export function plan(judged: readonly Judged[], see: See, context: PlanContext): Plan {
  const candidates = candidatesOf(judged, see, context)
  const start = machineOf(see, context.record?.made)
  const layer = { candidates, holds: holdsOf(candidates, context), start, context }
  const rested = judged.filter((one) => one.state === 'in-sync' && one.owned !== null && !isAudit(one))
  let laid = layAll({ ...layer, guarded: null })
  // Nearly always all agree, and then one look at the end is enough.
  if (clashOf([...rested, ...laid.put], laid.machine.see) !== null)
    laid = layAll({ ...layer, guarded: rested })
  const { machine, changes, held, befores, touches } = laid
  const steps = stepsOf(machine.parts, see)
  return {
    server: context.server,
    id: planId(context.server, [...changes, ...held]),
    changes,
    held,
    steps,
    files: filesOf(steps, see),
    touches,
    record: nextRecord({ judged, changes, befores, made: machine.made }, context),
  }
}

interface Laying {
  readonly candidates: readonly Candidate[]
  readonly holds: ReadonlyMap<string, Hold>
  readonly start: Machine
  readonly context: PlanContext
  /** What is as wanted and is to stay so, with what is put on the way; null: whatever becomes of it. */
  readonly guarded: readonly Judged[] | null
}

function layAll({ candidates, holds, start, context, guarded }: Laying) {
  let machine = start
  const changes: Change[] = []
  const held: Held[] = []
  const put: Judged[] = []
  const befores = new Map<string, PutMemory>()
  const touches: { [key: string]: readonly string[] } = {}
  for (const { judged: one, change } of candidates) {
    const tried = holds.get(change.id) ?? attempt(one, machine, context)
    const laid = guarded === null ? tried : agreeing(one, tried, [...guarded, ...put])
    if ('reason' in laid) {
      held.push({ ...change, ...laid })
      continue
    }
    touches[change.key] = [...laid.machine.parts.keys()].filter(
      (key) => laid.machine.parts.get(key) !== machine.parts.get(key),
    )
    machine = laid.machine
    befores.set(change.key, laid)
    changes.push(change)
    if (change.verb === 'put') put.push(one)
  }
  return { machine, changes, held, put, befores, touches }
}

/** A put that others let stand. */
function agreeing(one: Judged, tried: Attempt, others: readonly Judged[]): Attempt {
  if ('reason' in tried || one.difference?.verb !== 'put') return tried
  const detail = clashOf(others, tried.machine.see)
  return detail === null ? tried : { reason: 'conflict', detail }
}

/** Digest of what a plan would do and what it holds, whatever the revision that asks for it. */
function planId(server: string, all: readonly Change[]): string {
  return digestOfJson({ server, changes: all.map((change) => change.id).sort() }).slice('sha256:'.length, 19)
}

/** Puts as listed, then what is taken back, last first: added before removed. */
function candidatesOf(judged: readonly Judged[], see: See, context: PlanContext): readonly Candidate[] {
  const all = judged.flatMap((one) =>
    one.difference === undefined
      ? []
      : [{ judged: one, change: changeOf(one, one.difference, see, context.server) }],
  )
  const puts = all.filter(({ change }) => change.verb === 'put')
  const undos = all.filter(({ change }) => change.verb === 'undo')
  return [...puts, ...undos.reverse()]
}

function changeOf(one: Judged, difference: Difference, see: See, server: string): Change {
  const { resource } = one
  const { verb, cause, before, after } = difference
  const { key, kind } = resource
  const mitigations =
    verb === 'put'
      ? one.wantedBy.map((decision) => decision.mitigation)
      : (one.owned?.mitigations ?? [resource.mitigation])
  const impact: Impact = resource.impact(see)
  const id = digestOfJson({ server, verb, key, before, after, cause }).slice('sha256:'.length, 19)
  return { verb, key, kind, mitigations, cause, before, after, impact, id }
}

type Attempt = (PutMemory & { readonly machine: Machine }) | Hold

function attempt(one: Judged, machine: Machine, { kinds, facts }: PlanContext): Attempt {
  const laid = one.difference?.verb === 'put' ? put(one, machine, kinds) : undo(one, machine)
  if ('reason' in laid) return laid
  const calm = maintenanceHold(facts, machine, laid.machine)
  if (calm !== null) return calm
  const unread = misread(one, laid.machine.see)
  if (unread !== null) return { reason: 'would-break', detail: unread }
  const files = [...laid.machine.parts.values()].flatMap((part) => (part.thing === 'file' ? [part.name] : []))
  const faults = newFaults(machine.see, laid.machine.see, files)
  const worst = faults[0]
  if (worst !== undefined) {
    const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''
    const path = worst.path === '' ? 'its configuration' : worst.path
    const detail = `IIS could no longer read ${path}: ${worst.file}:${worst.line}:${worst.column}: ${worst.what}${more}`
    return { reason: 'would-break', detail }
  }
  return laid
}

/** What we made by another specification of the same resource is taken back first: it may lie elsewhere. */
function put(one: Judged, start: Machine, kinds: readonly Kind[]): Attempt {
  let machine = start
  const { owned, resource } = one
  let old: Resource | undefined
  if (owned !== null && !equalJson(owned.spec, resource.spec) && !staysFor(one)) {
    const kind = kinds.find(({ name }) => name === owned.kind)
    old = kind && recalled(kind, resource.key, owned, machine.see)
    const gone = old?.undo(machine.see, owned.before, machine.made, owned.want)
    if (gone?.is === 'wish') machine = lay(machine, gone.parts, gone.made)
  }
  const wish = resource.put(machine.see, machine.made)
  if (wish.is === 'held') return wish
  if (wish.is === 'unknown') return { reason: 'would-break', detail: wish.why }
  const laid = lay(machine, wish.parts, wish.made)
  const before = beforeUs(owned?.before, wish.before)
  return {
    machine: laid,
    before,
    was: owned === null ? {} : replaced(owned.want, resource.want, old?.read(laid.see)),
  }
}

/** Of what we had set, that which will be otherwise. It is not all that is given up: a disabled service does not start. */
function replaced(was: Fields, want: Fields, after: Reading | undefined): Fields {
  const back = after?.is === 'present' ? after.fields : was
  const goes = ([field, value]: [string, Json]) =>
    !equalJson(field in want ? want[field] : back[field], value)
  return Object.fromEntries(Object.entries(was).filter(goes))
}

/** What we found first counts; a field that is named for the first time now was never remembered. */
function beforeUs(first: Before | undefined, found: Before): Before {
  if (first === undefined) return found
  if (first.forgotten) return first
  if (first.fields === null || found.fields === null) return first
  const raw =
    isObject(first.raw) && isObject(found.raw) ? { ...found.raw, ...first.raw } : (first.raw ?? found.raw)
  return { fields: { ...found.fields, ...first.fields }, ...(raw === undefined ? {} : { raw }) }
}

function undo(one: Judged, machine: Machine): Attempt {
  const { owned, resource } = one
  const before = owned?.before.forgotten ? null : (owned?.before ?? null)
  const wish = resource.undo(machine.see, before, machine.made, owned?.want ?? null)
  if (wish.is === 'held') return wish
  if (wish.is === 'unknown') return { reason: 'would-break', detail: wish.why }
  const laid = lay(machine, wish.parts, wish.made)
  if (wish.parts.length === 0 && stands(one, laid.see)) {
    const detail =
      'what we set cannot go back: something else decides it now, such as a service that is disabled'
    return { reason: 'conflict', detail }
  }
  return { machine: laid, before: owned?.before ?? wish.before }
}

/** Whether a value reads as we set it. A change without a step would be made again and again. */
function stands({ resource, owned }: Judged, see: See): boolean {
  const reading = resource.read(see)
  return reading.is === 'present' && equalFields(reading.fields, owned?.want ?? resource.want)
}

/** Why the laid-out server would not read as it should, if so. */
function misread(one: Judged, see: See): string | null {
  const reading = one.resource.read(see)
  if (reading.is === 'unknown') return `after the change it could not be read: ${reading.why}`
  if (one.difference?.verb === 'put') {
    const good = reading.is === 'present' && equalFields(reading.fields, one.resource.want)
    return good ? null : 'after the change it would not read as wanted'
  }
  return reading.is === 'present' && reading.ours ? 'after the change it would still be there' : null
}
