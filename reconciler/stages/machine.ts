import type { MadeByFile, Part } from '../model/resource.ts'
import type { ServiceSettings } from '../model/target.ts'
import {
  type AnySighting,
  type Digest,
  type See,
  type Service,
  type Thing,
  thingKey,
} from '../model/thing.ts'

/** A server as it would be after some changes: what was seen, with parts laid over it. */
export interface Machine {
  readonly see: See
  /** Without any part. */
  readonly bare: See
  /** By thing key, in the order in which they were first laid. */
  readonly parts: ReadonlyMap<string, Part>
  readonly made: MadeByFile
}

/** Never compared with anything: a thing that is only planned has no digest yet. */
const PLANNED: Digest = 'sha256:planned'

/** The server as it was seen. */
export function machineOf(see: See, made: MadeByFile = {}): Machine {
  return { see, bare: see, parts: new Map(), made }
}

/** Lays parts over a machine. Parts of one service or pool add up field by field. */
export function lay(machine: Machine, parts: readonly Part[], made: MadeByFile = {}): Machine {
  const laid = new Map(machine.parts)
  for (const part of parts) {
    const key = thingKey(part.thing, part.name)
    laid.set(key, together(laid.get(key), part))
  }
  // What was laid before is among the parts: asking the machine below would ask all that are below that one.
  const { bare } = machine
  const see = (<T extends Thing>(thing: T, name: string) => {
    const part = laid.get(thingKey(thing, name))
    if (part === undefined) return bare(thing, name)
    // A part is of the thing that its key names.
    return (
      part.thing === 'file' ? file(part.become) : settings(part, bare(thing, name) as AnySighting)
    ) as ReturnType<typeof bare<T>>
  }) satisfies See
  return { see, bare, parts: laid, made: { ...machine.made, ...made } }
}

function together(earlier: Part | undefined, later: Part): Part {
  if (earlier?.thing === 'service' && later.thing === 'service') {
    const timeoutSeconds = Math.max(earlier.timeoutSeconds, later.timeoutSeconds)
    return { ...later, timeoutSeconds, become: possible({ ...earlier.become, ...later.become }) }
  }
  return later
}

/** One change may want it to run again and the next one disabled: Windows would refuse the start, so it stays stopped. */
function possible(become: ServiceSettings): ServiceSettings {
  return become.status === 'Running' && become.startType === 'Disabled'
    ? { ...become, status: 'Stopped' }
    : become
}

function file(become: Uint8Array | 'absent'): AnySighting {
  return become === 'absent' ? { is: 'absent' } : { is: 'here', digest: PLANNED, value: become }
}

function settings(part: Exclude<Part, { thing: 'file' }>, below: AnySighting): AnySighting {
  if (below.is !== 'here') return below
  return { is: 'here', digest: PLANNED, value: { ...(below.value as Service), ...part.become } }
}
