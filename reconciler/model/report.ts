import type { Mode, Severity } from './catalogue.ts'
import type { Facts } from './facts.ts'
import type { Cause, Change, FileDiff, Held, State, Verb } from './plan.ts'
import type { Question, Verdict } from './verdict.ts'

/** What became of a change; `unverified`: written, and the look afterwards could not show it. */
export const RESULTS = ['applied', 'unverified', 'failed', 'not-attempted'] as const
export type Result = (typeof RESULTS)[number]

/** One change that was tried, or would have been. */
export interface Outcome {
  readonly key: string
  readonly verb: Verb
  readonly cause: Cause
  readonly result: Result
  readonly error?: string
}

/** One resource of a mitigation as the pass found it. */
export interface ResourceReport {
  readonly key: string
  readonly kind: string
  readonly state: State
  readonly owned: boolean
  readonly reason?: string
  /** Set while a change of it is due; the cause of that change. */
  readonly due?: Cause
  /** True while corrections of it are backed off, see held `fight`, or it does not stay stopped. */
  readonly fighting?: boolean
}

/** One mitigation on one server: the verdict, and the worst state of its resources. */
export interface MitigationReport {
  readonly name: string
  /** Of the catalogue's entry; absent when the repository no longer has it. */
  readonly title?: string
  readonly severity: Severity
  readonly verdict: Verdict
  readonly mode: Mode
  readonly reason: string
  readonly origin: { readonly file: string; readonly line: number }
  readonly state: State
  readonly exposed: boolean
  readonly fixedButPresent: boolean
  readonly resources: readonly ResourceReport[]
  /** For `explain`; empty in the report of a pass. */
  readonly questions: readonly Question[]
}

/** How a pass over one server ended. */
export const PASS_RESULTS = ['converged', 'changed', 'held', 'failed', 'conflict', 'unreachable'] as const
export type PassResult = (typeof PASS_RESULTS)[number]

/** All that one pass found and did on one server. What status, metrics and the page show is made from it alone. */
export interface ServerReport {
  readonly server: string
  readonly revision: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly result: PassResult
  /** Set when the pass could not be made; what it shows then is from the last one that was. */
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string }
  readonly facts?: Facts
  readonly lane?: string
  readonly enabled: boolean
  readonly warnings: readonly string[]
  readonly mitigations: readonly MitigationReport[]
  readonly plan?: {
    readonly id: string
    readonly changes: readonly Change[]
    readonly held: readonly Held[]
    readonly diffs: readonly FileDiff[]
  }
  readonly outcome?: readonly Outcome[]
}
