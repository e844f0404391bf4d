import type { Diagnostic, Severity } from './catalogue.ts'
import type { Outcome, ServerReport } from './report.ts'
import type { FetchFailure, Rejection } from './source.ts'

/** An error as every reporter needs it. */
export interface Trouble {
  readonly code: string
  readonly message: string
  readonly hint: string
}

/** What there is to know of the revision in force beyond its name. */
export interface InForce {
  readonly revision: string
  /** Commit time, milliseconds since 1970. */
  readonly time: number
  readonly signature: 'unsigned'
  readonly mitigations: readonly { readonly name: string; readonly severity: Severity }[]
  readonly blocks: readonly { readonly name: string; readonly expires?: number }[]
  readonly warnings: readonly Diagnostic[]
}

/** Everything that happens, as values; reporters turn them into metrics, log lines and words. Times in ms since 1970. */
export type Event =
  | {
      readonly is: 'started'
      readonly version: string
      readonly servers: readonly string[]
      readonly source: string
    }
  | { readonly is: 'listening'; readonly url: string }
  | { readonly is: 'ticked'; readonly at: number }
  | {
      readonly is: 'fetched'
      readonly at: number
      readonly revision: string
      /** Commit time; null: it is refused unread. */
      readonly time: number | null
      readonly seconds: number
      readonly moved: boolean
    }
  | {
      readonly is: 'fetch-failed'
      readonly at: number
      readonly reason: FetchFailure
      readonly seconds: number
      readonly trouble: Trouble
    }
  | {
      readonly is: 'revision-refused'
      readonly at: number
      readonly revision: string
      readonly reason: Rejection
      /** False while the same revision is seen again. */
      readonly first: boolean
      readonly trouble: Trouble
      readonly faults: readonly Diagnostic[]
    }
  | { readonly is: 'revision-in-force'; readonly at: number; readonly inForce: InForce }
  | {
      readonly is: 'pass-ended'
      readonly at: number
      readonly seconds: number
      /** True when nothing had moved since the last pass and nothing was evaluated; `report` is the last one then. */
      readonly quiet: boolean
      readonly report: ServerReport
    }
  | {
      readonly is: 'change-settled'
      readonly at: number
      readonly server: string
      readonly revision: string
      readonly outcome: Outcome
    }
  | { readonly is: 'server-gone'; readonly server: string }
  | { readonly is: 'trouble'; readonly at: number; readonly server?: string; readonly trouble: Trouble }
  | { readonly is: 'stopping'; readonly why: string }

/** Where events go. */
export type Emit = (event: Event) => void
