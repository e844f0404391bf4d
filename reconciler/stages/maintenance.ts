import type { Facts } from '../model/facts.ts'
import type { Part } from '../model/resource.ts'
import type { See } from '../model/thing.ts'
import type { Hold } from './holds.ts'
import type { Machine } from './machine.ts'

/** Why a change may not be laid over a server that somebody works on, if so: it would start something there. */
export function maintenanceHold({ maintenance }: Facts, before: Machine, after: Machine): Hold | null {
  if (maintenance !== true) return null
  const starts = [...after.parts].some(
    ([key, part]) => before.parts.get(key) !== part && isStart(part, before.see),
  )
  return starts
    ? { reason: 'maintenance', detail: 'the server is in maintenance: nothing is started there' }
    : null
}

function isStart(part: Part, see: See): boolean {
  if (part.thing === 'file') return false
  if (part.thing === 'pool') {
    const seen = see('pool', part.name)
    return part.become.state === 'Started' && !(seen.is === 'here' && seen.value.state === 'Started')
  }
  const seen = see('service', part.name)
  return part.become.status === 'Running' && !(seen.is === 'here' && seen.value.status === 'Running')
}
