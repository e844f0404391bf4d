import type { Acted, Known, KnownQuery, Look, Step, StepResult, Target } from '../../model/target.ts'
import { type AnySighting, type Query, thingKey } from '../../model/thing.ts'
import { type Watching, watchPaths } from '../../util/watch.ts'
import { Acting } from './act.ts'
import { Disk } from './disk.ts'
import { examine } from './examine.ts'
import { ENVIRONMENT } from './facts.ts'
import { type Machine, see } from './look.ts'
import { readServerFile } from './serverfile.ts'
import { isNoise, watchedPaths } from './watched.ts'

export interface EmbeddedOptions {
  /** The configured name; the server's own one is in its facts. */
  readonly name: string
  /** The folder that holds server.json and the drives. */
  readonly dir: string
}

/** A server that is a folder. Every look and act reads server.json anew: anybody may edit it at any time. */
export function embeddedTarget({ name, dir }: EmbeddedOptions): Target {
  const open = (): Machine => ({ server: readServerFile(dir, name), disk: new Disk(dir, ENVIRONMENT) })
  return {
    name,
    look: async (queries, known, signal) => {
      signal.throwIfAborted()
      return lookAt(open(), queries, known)
    },
    act: (steps, then, signal) => actOn(open, steps, then, signal),
    watch: (changed): Watching =>
      watchPaths(watchedPaths(dir, new Disk(dir, ENVIRONMENT)), changed, { ignored: isNoise }),
    examine: async (signal) => {
      signal.throwIfAborted()
      return examine(open())
    },
    close: async () => undefined,
  }
}

function lookAt(machine: Machine, queries: readonly Query[], known: Known): Look {
  const sightings = new Map<string, AnySighting>()
  const same = new Set<string>()
  for (const query of queries) {
    const key = thingKey(query.thing, query.name)
    if (sightings.has(key) || same.has(key)) continue
    const seen = see(machine, query)
    // `known` never holds an unknown: what could not be read is said again every time, with its reason.
    const now = seen.is === 'here' ? seen.digest : seen.is
    if (known.get(key) === now) same.add(key)
    else sightings.set(key, seen)
  }
  return { sightings, same }
}

/** Throws only before the first step, when the server cannot be reached or the signal came already. */
async function actOn(
  open: () => Machine,
  steps: readonly Step[],
  then: readonly KnownQuery[],
  signal: AbortSignal,
): Promise<Acted> {
  signal.throwIfAborted()
  open()
  const acting = new Acting(open)
  const results: StepResult[] = []
  for (const step of steps) {
    const stopped = signal.aborted || results.some(({ is }) => is !== 'done')
    results.push(stopped ? { is: 'not-attempted' } : await acting.step(step))
  }
  return { results, sightings: lookAfter(open, then) }
}

/** After the first write an error may no longer hide the results, nor an end of the process what was done. */
function lookAfter(open: () => Machine, then: readonly KnownQuery[]): ReadonlyMap<string, AnySighting> {
  const known = then.flatMap((one) =>
    one.known ? [[thingKey(one.thing, one.name), one.known] as const] : [],
  )
  try {
    return lookAt(open(), then, new Map(known)).sightings
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return new Map(then.map(({ thing, name }) => [thingKey(thing, name), { is: 'unknown', why }]))
  }
}
