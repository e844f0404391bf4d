import { equalFields } from '../model/equal.ts'
import type { See } from '../model/thing.ts'
import type { Judged } from './diff/judged.ts'

/**
 * Which of those that are as wanted would not be so any more, in words; null: none. One attribute can be named by two
 * kinds, and one preCondition by two rules, and neither has the other's key: written in turns they would never rest.
 */
export function clashOf(wanted: readonly Judged[], see: See): string | null {
  const broken = wanted.find(({ resource }) => {
    const reading = resource.read(see)
    // What cannot be read any more is found by the check of what IIS can read.
    return (
      reading.is === 'absent' || (reading.is === 'present' && !equalFields(reading.fields, resource.want))
    )
  })
  if (broken === undefined) return null
  const names = broken.wantedBy.map(({ mitigation }) => mitigation).join(', ')
  return `it would change ${broken.resource.key}, which is as ${names} wants it`
}
