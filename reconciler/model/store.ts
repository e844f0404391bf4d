import type { Cause, Plan } from './plan.ts'
import type { ServerRecord } from './record.ts'
import type { ServerReport } from './report.ts'
import type { Query } from './thing.ts'

/** What we know of a server between processes, in the state folder; losing it loses history, never safety. */
export interface Memory {
  readonly version: 1
  readonly server: string
  /** The last report; what `status` shows. */
  readonly report: ServerReport | null
  /** The newest report of a pass that reached the server, and its build. */
  readonly lastGood: { readonly at: number; readonly revision: string; readonly build: string | null } | null
  /** Per mitigation: since when its fix has been seen without a break, for which build. */
  readonly fixedSince: { readonly [mitigation: string]: { readonly build: string; readonly at: number } }
  /** Per resource key: when it was corrected lately, newest last. */
  readonly corrections: { readonly [key: string]: Fight }
  /** The revision under which a write failed here; absent once it is made good. */
  readonly failedUnder?: string
  /** Per resource key: what we stopped within the last quarter of an hour. */
  readonly stops?: { readonly [key: string]: Stop }
  /** What the last pass looked at: another process then finds it in its first round trip. Only ever names to look at. */
  readonly queries?: readonly Query[]
}

/** Something that we stopped (milliseconds since 1970). */
export interface Stop {
  readonly at: number
  /** When it was last found running again; absent: it stayed as it was left. */
  readonly back?: number
}

/** A server that nothing is known of. */
export function noMemory(server: string): Memory {
  return { version: 1, server, report: null, lastGood: null, fixedSince: {}, corrections: {} }
}

/** Corrections of one resource (milliseconds since 1970), and how long there is none. */
export interface Fight {
  readonly times: readonly number[]
  /** How many back-offs there were in a row. */
  readonly rounds: number
  /** No correction before this moment (milliseconds since 1970). */
  readonly until: number
}

/** What an operator released by `allow`. */
export interface Approval {
  /** The plan id that was named. */
  readonly plan: string
  readonly server: string
  /** `Change.id` of each change that is released. */
  readonly changes: readonly string[]
  readonly at: number
  readonly actor: string
}

/** One line of the journal. */
export type JournalEntry =
  | {
      readonly is: 'plan'
      readonly server: string
      readonly id: string
      readonly changes: readonly JournalChange[]
      readonly held: readonly JournalChange[]
    }
  | {
      readonly is: 'change'
      readonly server: string
      readonly plan: string
      readonly verb: string
      readonly key: string
      readonly cause: Cause
      readonly mitigations: readonly string[]
      readonly reason: string
      readonly result: string
      readonly error?: string
    }
  | { readonly is: 'revision'; readonly from: string | null; readonly reason: string }
  | { readonly is: 'refused'; readonly reason: string }
  | {
      readonly is: 'allow'
      readonly plan: string
      readonly server: string
      readonly changes: readonly string[]
    }
  | { readonly is: 'accept' }
  | { readonly is: 'take-over'; readonly server: string; readonly from: string | null }

/** A change as the journal has it in a plan. */
export interface JournalChange {
  readonly verb: string
  readonly key: string
  readonly cause: Cause
  readonly held?: string
}

/** `at` is RFC 3339; `actor` is who ran us: the daemon, or a user name. */
export type JournalLine = JournalEntry & {
  readonly at: string
  readonly revision: string
  readonly actor: string
}

/** What the line keeps in the state folder. Nothing here is needed to be safe; the record on the server is. */
export interface Stores {
  /** Random id of the state folder; the owner that records name. */
  readonly instance: string
  memory(server: string): Promise<Memory | null>
  remember(memory: Memory): Promise<void>
  /** The copy of the record that lies on the server. */
  recordCopy(server: string): Promise<ServerRecord | null>
  copyRecord(record: ServerRecord): Promise<void>
  /** Keeps what a file held before it is replaced. */
  backUp(server: string, file: string, bytes: Uint8Array): Promise<void>
  journal(revision: string, entries: readonly JournalEntry[]): Promise<void>
  /** Ids of changes on this server that an operator released and that were not made yet. */
  released(server: string): Promise<ReadonlySet<string>>
  /** Releases of changes that do not wait any more end. `waiting`: ids of those that still do; `made`: of those just made. */
  spend(server: string, waiting: ReadonlySet<string>, made: ReadonlySet<string>): Promise<void>
  /** Remembers a plan, so that `allow` knows its id; true when it was not known yet. */
  offer(plan: Plan): Promise<boolean>
}
