import { StopgapError } from '../errors/error.ts'
import type { Catalogue } from '../model/catalogue.ts'
import { RECORD_PATH } from '../model/record.ts'
import type { Eye } from '../model/target.ts'
import { type Query, seeing, thingKey } from '../model/thing.ts'
import { type Assessment, assess, type ServerWorld, type World } from './assess.ts'
import { look, NOTHING_SEEN, type View } from './look.ts'

const ROUNDS = 8
const RESTARTS = 3

/** Everything that an assessment asked for, and the assessment. */
export interface Inspection {
  readonly view: View
  readonly found: Assessment
}

/** Where to begin: at what has been seen already, or with what was looked at before. */
export interface Start {
  readonly view?: View
  readonly queries?: readonly Query[] | undefined
}

/** Looks until nothing more is asked for; begins again when the facts move under it. */
export async function inspect(
  eye: Eye,
  worlds: { readonly world: World; readonly own: ServerWorld },
  start: Start,
  signal: AbortSignal,
): Promise<Inspection> {
  const { world, own } = worlds
  const first = [...firstQueries(world), ...(start.queries ?? own.memory.queries ?? [])]
  let view = start.view ?? NOTHING_SEEN
  for (let restart = 0; restart < RESTARTS; restart++) {
    if (view.queries.length === 0) view = (await look(eye, view, first, signal)).view
    for (let round = 0; round < ROUNDS; round++) {
      const found = assess(view, world, own)
      if (found.asked.length === 0) return { view, found }
      const next = await look(eye, view, found.asked, signal)
      if (next.moved) break
      view = next.view
    }
    view = NOTHING_SEEN
  }
  throw new StopgapError('SERVER_RESTLESS', { server: eye.name })
}

// Many servers are looked at with one catalogue.
const firsts = new WeakMap<Catalogue, readonly Query[]>()

/** What can be asked for before anything is known: so a server that was never looked at costs one round trip less. */
function firstQueries({ catalogue, kinds }: World): readonly Query[] {
  const before = firsts.get(catalogue)
  if (before !== undefined) return before
  const asked: Query[] = []
  const nothing = seeing(new Map(), (query) => asked.push(query))
  for (const mitigation of catalogue.mitigations) {
    const { fixedIn } = mitigation
    if (fixedIn.is === 'file') asked.push({ thing: 'version', name: fixedIn.file })
    for (const { kind: name, entry } of mitigation.resources) {
      const kind = kinds.find((one) => one.name === name)
      for (const spec of kind?.split(entry) ?? []) kind?.resource(spec, mitigation.name).read(nothing)
    }
  }
  for (const kind of kinds) kind.ours?.(nothing, new Set())
  const queries: readonly Query[] = [
    { thing: 'facts', name: '' },
    { thing: 'file', name: RECORD_PATH },
    ...new Map(asked.map((query) => [thingKey(query.thing, query.name), query])).values(),
  ]
  firsts.set(catalogue, queries)
  return queries
}
