import type { Past } from './diff/cause.ts'
import type { Judged } from './diff/judged.ts'
import { unwanted } from './diff/unwanted.ts'
import { wanted } from './diff/wanted.ts'
import type { Observed } from './observe.ts'

/** Compares what was read with what is wanted. */
export function diff(observed: readonly Observed[], past: Past): readonly Judged[] {
  return observed.map((one) =>
    one.wantedBy.length > 0 ? { ...wanted(one, past), ...remarkOn(one) } : unwanted(one, past),
  )
}

/** What others have that is like it: for people, who may want to clear it away. */
function remarkOn({ reading, resource }: Observed): { readonly warning?: string } {
  const { key } = resource
  if (reading.is === 'present' && reading.duplicate !== undefined) {
    return { warning: `${key}: an equal one stands in ${reading.duplicate} (duplicate); ours stays` }
  }
  const beside = reading.is === 'present' || reading.is === 'absent' ? reading.beside : undefined
  return beside === undefined ? {} : { warning: `${key}: ${beside} is like it, but not enough` }
}
