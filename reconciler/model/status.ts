import type { Diagnostic } from './catalogue.ts'
import type { InForce, Trouble } from './event.ts'
import type { ServerReport } from './report.ts'
import type { FetchFailure, Rejection } from './source.ts'

/** What is known of the source. Times in milliseconds since 1970. */
export interface SourceStatus {
  /** For people, without secrets. */
  readonly name: string
  /** Null until a revision is in force. */
  readonly signature: InForce['signature'] | null
  /** Commit time of the revision in force; null: not known. */
  readonly committed: number | null
  /** The newest revision seen, in force or not. */
  readonly seen: string | null
  /** When a fetch last succeeded; null: there is none on record. */
  readonly lastFetch: number | null
  /** The failures since the last success; null when the last fetch succeeded. */
  readonly failing: {
    readonly since: number
    readonly at: number
    readonly times: number
    readonly reason: FetchFailure
    readonly trouble: Trouble
  } | null
  /** Set while the newest seen revision is refused. */
  readonly rejected: {
    readonly revision: string
    /** When it was first seen; null: by an earlier process, it is not on record. */
    readonly at: number | null
    readonly reason: Rejection
    readonly trouble: Trouble
    readonly faults: readonly Diagnostic[]
  } | null
}

/** Everything there is to show of a whole estate at one moment. */
export interface Status {
  /** When this was put together, milliseconds since 1970. */
  readonly at: number
  /** The revision in force; null before the first one. */
  readonly revision: string | null
  readonly source: SourceStatus
  /** Servers that are configured and have not been reached by any pass yet. */
  readonly waiting: readonly string[]
  readonly servers: readonly ServerReport[]
}

/** One plan or apply over several servers; `id` digests the ids of their plans. */
export interface Run {
  readonly revision: string
  readonly id: string
  readonly servers: readonly ServerReport[]
}
