import { newFaults } from '../iis/check.ts'
import { equalFields, equalJson } from '../model/equal.ts'
import { isObject } from '../model/object.ts'
import type { Change, Held, Plan } from '../model/plan.ts'
import { type Owned, RECORD_VERSION, type ServerRecord } from '../model/record.ts'
import {
  type Before,
  type Fields,
  type Impact,
  type Kind,
  type MadeByFile,
  type Resource,
  sameKey,
} from '../model/resource.ts'
import type { See } from '../model/thing.ts'
import { canonicalJson, digestOfJson } from '../util/digest.ts'
import { clashOf } from './clash.ts'
import type { Difference, Judged } from './diff/judged.ts'
import { ownersOf, staysFor } from './diff/owners.ts'
import { isRecorded } from './diff/wanted.ts'
import { type Candidate, type Hold, type HoldContext, holdsOf, isAudit, serverHold } from './holds.ts'
import { lay, type Machine } from './machine.ts'
import { maintenanceHold } from './maintenance.ts'
import { recalled } from './recall.ts'
import { filesOf, stepsOf } from './steps.ts'
import { madeMeanwhile } from './unsettled.ts'

export interface PlanContext extends HoldContext {
  readonly instance: string
  readonly record: ServerRecord | null
  readonly kinds: readonly Kind[]
  readonly revision: string
}

/**
 * Lays the changes over what was seen, one after another, and keeps those after which the server would read as
 * wanted and IIS could still read everything that it reads today. Pure: what it asks `see` for and nobody has looked
 * at yet is to be looked at, and the plan made again.
 */
export function plan(judged: readonly Judged[], see: See, context: PlanContext): Plan {
  const candidates = candidatesOf(judged, see, context)
  const start: Machine = { see, parts: new Map(), made: context.record?.made ?? {} }
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
  const befores = new Map<string, Before>()
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
    befores.set(change.key, laid.before)
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

type Attempt = { readonly machine: Machine; readonly before: Before } | Hold

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
    const kind = kinds.find((candidate) => candidate.name === owned.kind)
    old = kind && recalled(kind, resource.key, owned, machine.see)
    const gone = old?.undo(machine.see, owned.before, machine.made, owned.want)
    if (gone?.is === 'wish') machine = lay(machine, gone.parts, gone.made)
  }
  const wish = resource.put(machine.see, machine.made)
  if (wish.is === 'held') return wish
  if (wish.is === 'unknown') return { reason: 'would-break', detail: wish.why }
  const laid = lay(machine, wish.parts, wish.made)
  const reading = old?.read(laid.see)
  const back = reading?.is === 'present' ? reading.fields : {}
  return { machine: laid, before: beforeUs(owned?.before, wish.before, { want: resource.want, back }) }
}

/**
 * What we found first counts; a field that is named for the first time now was never remembered. One that is not
 * asked for any more is forgotten once it is back, which it cannot always be: a disabled service does not start.
 */
function beforeUs(
  first: Before | undefined,
  found: Before,
  { want, back }: { readonly want: Fields; readonly back: Fields },
): Before {
  if (first === undefined) return found
  if (first.forgotten) return first
  if (first.fields === null || found.fields === null) return first
  const raw =
    isObject(first.raw) && isObject(found.raw) ? { ...found.raw, ...first.raw } : (first.raw ?? found.raw)
  const fields = Object.entries({ ...found.fields, ...first.fields }).filter(
    ([field, value]) => field in want || !equalJson(back[field], value),
  )
  return { fields: Object.fromEntries(fields), ...(raw === undefined ? {} : { raw }) }
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

/** What the record is to say when nothing further is changed: what was seen to be ours, and nothing else. */
export function remembered(judged: readonly Judged[], context: PlanContext): ServerRecord {
  return nextRecord({ judged, changes: [], befores: new Map(), made: context.record?.made ?? {} }, context)
}

interface Outline {
  readonly judged: readonly Judged[]
  readonly changes: readonly Change[]
  readonly befores: ReadonlyMap<string, Before>
  readonly made: MadeByFile
}

function nextRecord({ judged, changes, befores, made }: Outline, context: PlanContext): ServerRecord {
  const { record, server, instance, revision } = context
  if (serverHold(context) !== null)
    return record ?? { version: RECORD_VERSION, server, instance, owned: {}, made: {} }
  const owned: { [key: string]: Owned } = { ...record?.owned }
  const changing = new Map(changes.map((change) => [change.key, change]))
  const all = changes.length === 0 ? made : madeMeanwhile(record?.made ?? {}, made)
  const kept = Object.fromEntries(Object.entries(all).filter(([, pieces]) => pieces.length > 0))
  const asMade = canonicalJson(kept) === canonicalJson(record?.made ?? {})
  for (const one of judged) {
    const { key } = one.resource
    const change = changing.get(key)
    respell(owned, key)
    // Put right, not put: the record says of it what it will say, so that nothing is to be written down before and after.
    if (change?.verb === 'put' && asMade && isRecorded(one)) continue
    if (change?.verb === 'put') owned[key] = entryOf(one, befores.get(key) ?? { fields: null }, revision)
    else if (change !== undefined || !isAudit(one)) claim(owned, one, revision)
    if (change?.verb === 'undo' && owned[key] !== undefined) owned[key] = { ...owned[key], settled: false }
  }
  return { version: RECORD_VERSION, server, instance, owned, made: kept }
}

/** Another mitigation, or an edit, may spell the same name in another case: what is remembered goes along. */
function respell(owned: { [key: string]: Owned }, key: string): void {
  for (const [other, entry] of Object.entries(owned)) {
    if (other === key || !sameKey(other, key)) continue
    owned[key] ??= entry
    delete owned[other]
  }
}

function claim(owned: { [key: string]: Owned }, one: Judged, revision: string): void {
  const { key } = one.resource
  // An intent of which nothing came is forgotten too.
  if (one.claim === 'drop' || (one.claim === 'keep' && one.owned === null)) delete owned[key]
  if (one.claim === 'adopt') {
    owned[key] = { ...entryOf(one, one.owned?.before ?? beforeAdoption(one), revision), settled: true }
  }
}

/** An element of ours is known by its mark, so nothing was there before; of a value nobody knows. */
function beforeAdoption({ reading, resource }: Judged): Before {
  if (reading.is !== 'present' || reading.ours) return { fields: null }
  return { fields: resource.otherwise ?? null, forgotten: true }
}

function entryOf(one: Judged, before: Before, revision: string): Owned {
  const { resource } = one
  if (one.owned !== null && staysFor(one)) return { ...one.owned, before, revision, settled: false }
  return {
    kind: resource.kind,
    mitigations:
      one.wantedBy.length > 0 ? ownersOf(one) : one.unwantedBy.map((decision) => decision.mitigation),
    spec: resource.spec,
    before,
    want: resource.want,
    revision,
    settled: false,
  }
}
