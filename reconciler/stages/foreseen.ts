import type { Step } from '../model/target.ts'
import { type AnySighting, thingKey } from '../model/thing.ts'
import { digestOf } from '../util/digest.ts'
import type { View } from './look.ts'

/** What a look would show if all steps were done and nobody else did anything. */
export function foreseen(view: View, steps: readonly Step[]): View {
  const sightings = new Map(view.sightings)
  for (const step of steps) {
    const key = thingKey(step.thing, step.name)
    const after = sightingAfter(step, sightings.get(key))
    if (after !== undefined) sightings.set(key, after)
  }
  return { ...view, sightings }
}

function sightingAfter(step: Step, before: AnySighting | undefined): AnySighting | undefined {
  const { become } = step
  if (become === 'absent') return { is: 'absent' }
  if (become instanceof Uint8Array) return { is: 'here', digest: digestOf(become), value: become }
  return before?.is === 'here'
    ? ({ ...before, value: { ...(before.value as object), ...become } } as AnySighting)
    : before
}
