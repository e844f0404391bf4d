import { equalFields, equalJson } from '../model/equal.ts'
import type { Owned } from '../model/record.ts'
import type { Fields, Json, Kind, Reading, Resource } from '../model/resource.ts'
import type { See } from '../model/thing.ts'
import { recalled } from './recall.ts'

/**
 * An entry as the server bears it out. Where one value of ours was to take the place of another, a process can be killed
 * before it does, so each field is ours with the value that it has of the two; one that was to go back is ours until it is.
 */
export function inForce({ was, ...entry }: Owned, key: string, kind: Kind | undefined, see: See): Owned {
  if (was === undefined || kind === undefined) return entry
  const reading = recalled(kind, key, entry, see).read(see)
  if (reading.is !== 'present') return { ...entry, was }
  const { fields: now } = reading
  const { want, before } = entry
  const isStill = (field: string) =>
    equalJson(now[field], was[field]) && (field in want || !equalJson(was[field], before.fields?.[field]))
  const still = keep(was, isStill)
  const fields =
    before.fields &&
    keep(before.fields, (field) => field in want || !equalJson(now[field], before.fields?.[field]))
  return { ...entry, want: { ...want, ...still }, before: { ...before, fields } }
}

function keep(fields: Fields, isKept: (field: string) => boolean): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([field]) => isKept(field)))
}

/** The entry of a change that is to be made. What it replaces is remembered until that was seen to be done. */
export function intentOf(
  entry: Owned,
  { was, spec }: { readonly was: Fields; readonly spec: Json | undefined },
  kind: Kind | undefined,
): Owned {
  if (Object.keys(was).length === 0) return entry
  const goes = Object.keys(was).some((field) => !(field in entry.want))
  if (!goes || spec === undefined || kind?.join === undefined) return { ...entry, was }
  return { ...entry, spec: kind.join([entry.spec, spec]), was }
}

/**
 * A resource that nobody wants, as far as it is ours: what mitigations that were never applied would set of it besides is
 * no part of what goes back, and what they do not set any more is.
 */
export function asOwned(given: Resource, { want, before }: Owned, remembered: () => Resource): Resource {
  const resource = Object.keys(want).every((field) => field in given.want) ? given : remembered()
  const isOurs = (field: string) => field in want || field in (before.fields ?? {})
  return {
    ...resource,
    read(see) {
      const reading = resource.read(see)
      if (reading.is !== 'present' || reading.ours) return reading
      return { ...reading, fields: keep(reading.fields, isOurs) }
    },
  }
}

/**
 * An intent that was never settled counts only if something came of it: a resource that still reads as it was before
 * us was never touched, or has already been taken back.
 */
export function confirmed(entry: Owned | null, reading: Reading): Owned | null {
  if (entry === null || entry.settled || reading.is === 'unknown') return entry
  if (reading.is === 'present') {
    const untouched =
      !reading.ours && entry.before.fields !== null && equalFields(reading.fields, entry.before.fields)
    return untouched ? null : entry
  }
  return entry.before.fields === null ? null : entry
}
