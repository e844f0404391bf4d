import { StopgapError } from '../errors/error.ts'
import type { Mitigation } from '../model/catalogue.ts'
import type { Kind, Resource } from '../model/resource.ts'
import type { Decision, DesiredResource } from '../model/verdict.ts'

interface Ask {
  readonly kind: Kind
  readonly resource: Resource
  readonly decision: Decision
}

/**
 * The resources that mitigations ask for, one per key, with everyone who asks: so a resource of several owners goes
 * only when nobody wants it any more. `decisions` belong to `mitigations` one by one.
 */
export function desiredResources(
  mitigations: readonly Mitigation[],
  decisions: readonly Decision[],
  kinds: readonly Kind[],
): readonly DesiredResource[] {
  const byName = new Map(kinds.map((kind) => [kind.name, kind]))
  const asks = mitigations.flatMap((mitigation, index) => {
    const decision = decisions[index] as Decision
    return onceFor(mitigation, kinds, () => resourcesOf(mitigation, byName)).map(
      (one): Ask => ({ ...one, decision }),
    )
  })
  const groups = Map.groupBy(asks, ({ resource }) => resource.key.toLowerCase())
  return [...groups.values()].map(together)
}

type Asked = Omit<Ask, 'decision'>

// Resources hold nothing of a server, so a revision makes them once for all its servers and passes.
const made = new WeakMap<Mitigation, { readonly kinds: readonly Kind[]; readonly all: readonly Asked[] }>()

function onceFor(
  mitigation: Mitigation,
  kinds: readonly Kind[],
  make: () => readonly Asked[],
): readonly Asked[] {
  const before = made.get(mitigation)
  if (before?.kinds === kinds) return before.all
  const all = make()
  made.set(mitigation, { kinds, all })
  return all
}

function resourcesOf({ name, resources }: Mitigation, kinds: ReadonlyMap<string, Kind>): readonly Asked[] {
  return resources.flatMap(({ kind: kindName, entry }) => {
    const kind = kinds.get(kindName)
    if (kind === undefined)
      throw new StopgapError('BUG', { detail: `the kind ${kindName} is not registered` })
    return kind.split(entry).map((spec) => ({ kind, resource: kind.resource(spec, name) }))
  })
}

function together(asks: readonly Ask[], order: number): DesiredResource {
  const wanting = asks.filter(({ decision }) => decision.effect === 'converge')
  const others = asks.filter(({ decision }) => decision.effect !== 'converge')
  // What is wanted in earnest speaks for the resource before what is only audited, and that before what is not wanted.
  const enforcing = wanting.filter(({ decision }) => decision.mode === 'enforce')
  const speaking = [enforcing, wanting, others].find((some) => some.length > 0) as readonly Ask[]
  return {
    resource: joined(speaking),
    wantedBy: [...new Set(wanting.map(({ decision }) => decision))],
    unwantedBy: [...new Set(others.map(({ decision }) => decision))],
    order,
  }
}

/** Each of several mitigations may name other fields of one thing. */
function joined(asks: readonly Ask[]): Resource {
  const { kind, resource } = asks[0] as Ask
  if (asks.length === 1 || kind.join === undefined) return resource
  return kind.resource(kind.join(asks.map((ask) => ask.resource.spec)), resource.mitigation)
}
