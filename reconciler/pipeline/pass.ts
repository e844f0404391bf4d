import type { Plan } from '../model/plan.ts'
import type { ServerRecord } from '../model/record.ts'
import type { ServerReport } from '../model/report.ts'
import type { Stores } from '../model/store.ts'
import type { Known } from '../model/target.ts'
import type { Query } from '../model/thing.ts'
import type { World } from '../stages/assess.ts'
import type { Turn } from './rollout.ts'

/** What a pass leaves behind for the next one: enough to tell that nothing has moved. */
export interface Conclusion {
  readonly queries: readonly Query[]
  readonly known: Known
  /** When time alone could change something (milliseconds since 1970); null: never. */
  readonly until: number | null
}

/** What a pass came to. */
export interface Passed {
  readonly report: ServerReport
  readonly plan: Plan
  /** Null where the next pass has to look at everything anew. */
  readonly conclusion: Conclusion | null
  /** What was done brought further changes about, such as of a setting that inherits what it must not. */
  readonly more?: true
}

/** What a pass that only looks came to, with what the record says as it is. */
export interface Prepared extends Passed {
  readonly record: ServerRecord | null
}

/** What a pass is made with. */
export interface PassOptions {
  readonly world: World
  readonly stores: Stores
  readonly takeOver?: boolean
  /** Exactly the plan with this id, or nothing. */
  readonly exactly?: string | undefined
  /** Its place among the servers that are written; absent: it waits for none. */
  readonly turn?: Turn
}
