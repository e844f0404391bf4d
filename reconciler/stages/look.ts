import type { Eye, Known, KnownQuery } from '../model/target.ts'
import { type AnySighting, type Digest, type Query, type Sightings, thingKey } from '../model/thing.ts'

/** All that was seen of one server in one pass, and what was asked for. */
export interface View {
  readonly sightings: Sightings
  readonly queries: readonly Query[]
}

export const NOTHING_SEEN: View = { sightings: new Map(), queries: [] }

const FACTS: Query = { thing: 'facts', name: '' }

/**
 * Looks at what has no sighting yet, in one round trip, and adds it to the view. Facts come with every look; `moved`:
 * they are not what they were, so what was concluded from them is to be concluded again.
 */
export async function look(
  eye: Eye,
  view: View,
  queries: readonly Query[],
  signal: AbortSignal,
): Promise<{ readonly view: View; readonly moved: boolean }> {
  const missing = distinct(queries).filter(({ thing, name }) => !view.sightings.has(thingKey(thing, name)))
  const asked = distinct([FACTS, ...missing])
  const { sightings } = await eye.look(asked, new Map(), signal)
  const before = view.sightings.get(thingKey('facts', ''))
  const now = sightings.get(thingKey('facts', ''))
  const moved = before?.is === 'here' && now?.is === 'here' && before.digest !== now.digest
  return { view: joined(view, asked, sightings), moved }
}

/** The same view with newer sightings of some of its things. */
export function joined(view: View, queries: readonly Query[], sightings: Sightings): View {
  const all = new Map(view.sightings)
  for (const [key, sighting] of sightings) {
    // The same bytes stay the same object, so that what was understood of them need not be understood again.
    if (!isSame(all.get(key), sighting)) all.set(key, sighting)
  }
  return { sightings: all, queries: distinct([...view.queries, ...queries]) }
}

/** What to compare with at the next pass. Things that could not be seen are left out: they are looked at anew. */
export function knownOf({ sightings }: View): Known {
  const known = new Map<string, Digest | 'absent'>()
  for (const [key, sighting] of sightings) {
    const digest = digestIn(sighting)
    if (digest !== null) known.set(key, digest)
  }
  return known
}

/** All that was looked at, to be sent again only where it moved. */
export function again(view: View): readonly KnownQuery[] {
  const known = knownOf(view)
  return view.queries.map((query) => ({
    ...query,
    known: known.get(thingKey(query.thing, query.name)) ?? null,
  }))
}

/** Whether two views show the same of the same things. What is unknown is never the same. */
export function isAlike(one: View, other: View): boolean {
  if (one.sightings.size !== other.sightings.size) return false
  return [...one.sightings].every(([key, sighting]) => {
    const twin = other.sightings.get(key)
    return isSame(twin, sighting) || (twin?.is === 'absent' && sighting.is === 'absent')
  })
}

function isSame(before: AnySighting | undefined, now: AnySighting): boolean {
  return before?.is === 'here' && now.is === 'here' && before.digest === now.digest
}

function digestIn(sighting: AnySighting): Digest | 'absent' | null {
  if (sighting.is === 'here') return sighting.digest
  return sighting.is === 'absent' ? 'absent' : null
}

function distinct(queries: readonly Query[]): readonly Query[] {
  return [...new Map(queries.map((query) => [thingKey(query.thing, query.name), query])).values()]
}
