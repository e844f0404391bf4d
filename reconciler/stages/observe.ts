import type { Owned, ServerRecord } from '../model/record.ts'
import type { Kind, Reading, Resource } from '../model/resource.ts'
import type { See } from '../model/thing.ts'
import type { Decision, DesiredResource, DesiredState } from '../model/verdict.ts'
import { asOwned, confirmed, inForce } from './owned.ts'
import { recalled } from './recall.ts'

/** One resource as it is on the server, with what we remember of it and everyone who asks for it. */
export interface Observed {
  readonly resource: Resource
  readonly wantedBy: readonly Decision[]
  readonly unwantedBy: readonly Decision[]
  readonly reading: Reading
  /** What the record says of it; null: it is not ours, or nothing came of an intent to make it so. */
  readonly owned: Owned | null
}

export interface Memories {
  readonly desired: DesiredState
  readonly record: ServerRecord | null
  readonly kinds: readonly Kind[]
  /** The decision for a mitigation that the repository no longer has. */
  readonly orphan: (mitigation: string) => Decision
}

/**
 * Reads every resource that is desired, remembered in the record, or carries our mark. What `see` has not looked at
 * yet reads as unknown; the caller looks at what was asked for and comes again.
 */
export function observe({ desired, record, kinds, orphan }: Memories, see: See): readonly Observed[] {
  const owned = new Map(Object.entries(record?.owned ?? {}).map(([key, entry]) => [key.toLowerCase(), entry]))
  const byName = new Map(kinds.map((kind) => [kind.name, kind]))
  const seen = new Set<string>()
  const add = (given: Resource, wantedBy: readonly Decision[], unwantedBy: readonly Decision[]): Observed => {
    seen.add(given.key.toLowerCase())
    const kind = byName.get(given.kind)
    const remembered = owned.get(given.key.toLowerCase())
    const entry = remembered === undefined ? null : inForce(remembered, given.key, kind, see)
    const again = () => (kind && entry ? recalled(kind, given.key, entry, see) : given)
    const resource = entry === null || wantedBy.length > 0 ? given : asOwned(given, entry, again)
    const read = resource.read(see)
    const reading = entry === null && isAnothers(read, { wantedBy, unwantedBy }, desired) ? ABSENT : read
    return { resource, wantedBy, unwantedBy, reading, owned: confirmed(entry, reading) }
  }
  const known = new Set(desired.decisions.map((decision) => decision.mitigation.toLowerCase()))
  const all = desired.resources.map((one) => add(one.resource, one.wantedBy, ownersOf(one, owned, orphan)))
  for (const resource of forgotten({ kinds: byName, record, seen }, see)) {
    if (seen.has(resource.key.toLowerCase())) continue
    const names = owned.get(resource.key.toLowerCase())?.mitigations ?? [resource.mitigation]
    const decisions = names.map(
      (name) =>
        (known.has(name.toLowerCase())
          ? desired.decisions.find((one) => one.mitigation.toLowerCase() === name.toLowerCase())
          : undefined) ?? orphan(name),
    )
    all.push(add(resource, [], decisions.map(noLongerListed)))
  }
  return all
}

const ABSENT: Reading = { is: 'absent' }

/** Paths can share a file, and two mitigations can have one name for a rule there: what the other one made is for that to judge. */
function isAnothers(
  reading: Reading,
  { wantedBy, unwantedBy }: Pick<Observed, 'wantedBy' | 'unwantedBy'>,
  { decisions }: DesiredState,
): boolean {
  if (wantedBy.length > 0 || reading.is !== 'present' || reading.mark === undefined) return false
  const maker = reading.mark.toLowerCase()
  const isMaker = ({ mitigation }: Decision) => mitigation.toLowerCase() === maker
  return decisions.some(isMaker) && !unwantedBy.some(isMaker)
}

/** An owned resource that its mitigation, though still wanted, no longer lists is to go like one of a removed mitigation. */
function noLongerListed(decision: Decision): Decision {
  if (decision.effect !== 'converge') return decision
  return {
    ...decision,
    effect: 'remove',
    verdict: 'not-selected',
    reason: `${decision.mitigation} no longer lists it`,
  }
}

/** Everyone who does not want it now; owners that no mitigation of the repository names any more included. */
function ownersOf(
  one: DesiredResource,
  owned: ReadonlyMap<string, Owned>,
  orphan: (mitigation: string) => Decision,
): readonly Decision[] {
  const asking = new Set(
    [...one.wantedBy, ...one.unwantedBy].map((decision) => decision.mitigation.toLowerCase()),
  )
  const gone = (owned.get(one.resource.key.toLowerCase())?.mitigations ?? []).filter(
    (name) => !asking.has(name.toLowerCase()),
  )
  return [...one.unwantedBy, ...gone.map(orphan)]
}

interface Remembered {
  readonly kinds: ReadonlyMap<string, Kind>
  readonly record: ServerRecord | null
  /** Keys in lower case of what is observed already. */
  readonly seen: ReadonlySet<string>
}

function forgotten({ kinds, record, seen }: Remembered, see: See): readonly Resource[] {
  const recorded = Object.entries(record?.owned ?? {}).flatMap(([key, entry]) => {
    // Nearly all are; a resource that would be dropped again is not worth making.
    if (seen.has(key.toLowerCase())) return []
    const kind = kinds.get(entry.kind)
    return kind === undefined ? [] : [recalled(kind, key, entry, see)]
  })
  const known = new Set([...seen, ...recorded.map(({ key }) => key.toLowerCase())])
  return [...recorded, ...[...kinds.values()].flatMap((kind) => kind.ours?.(see, known) ?? [])]
}
