import { StopgapError } from '../errors/error.ts'
import { RECORD_PATH } from '../model/record.ts'
import type { Eye } from '../model/target.ts'
import type { Query } from '../model/thing.ts'
import { type Assessment, assess, type ServerWorld, type World } from './assess.ts'
import { look, NOTHING_SEEN, type View } from './look.ts'

const ROUNDS = 8
const RESTARTS = 3

/** Everything that an assessment asked for, and the assessment. */
export interface Inspection {
  readonly view: View
  readonly found: Assessment
}

/** Where to begin: what has been seen already, or what the last pass looked at, which saves round trips. */
export interface Start {
  readonly view?: View
  readonly queries?: readonly Query[]
}

/** Looks until nothing more is asked for; begins again when the facts move under it. */
export async function inspect(
  eye: Eye,
  worlds: { readonly world: World; readonly own: ServerWorld },
  start: Start,
  signal: AbortSignal,
): Promise<Inspection> {
  const { world, own } = worlds
  const first = [...firstQueries(world), ...(start.queries ?? [])]
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

function firstQueries({ catalogue }: World): readonly Query[] {
  const versions = catalogue.mitigations.flatMap(({ fixedIn }) =>
    fixedIn.is === 'file' ? [{ thing: 'version' as const, name: fixedIn.file }] : [],
  )
  return [{ thing: 'facts', name: '' }, { thing: 'file', name: RECORD_PATH }, ...versions]
}
