import type { Diagnostic } from './catalogue.ts'

/** An entry of a snapshot. Links and submodules are kept so that they can be refused by name. */
export type SnapshotEntry =
  | { readonly is: 'file'; readonly bytes: Uint8Array }
  | { readonly is: 'link' }
  | { readonly is: 'submodule' }

/** The policy files of exactly one revision; paths are relative to the source's `path`, with forward slashes. */
export interface Snapshot {
  /** `main@sha1:…` for git, `dir@sha256:…` for a folder. */
  readonly revision: string
  /** Commit time (a folder: when its newest file changed), milliseconds since 1970. */
  readonly time: number
  readonly files: ReadonlyMap<string, SnapshotEntry>
}

declare const verified: unique symbol

/** Only `stages/verify` can make one. */
export type VerifiedSnapshot = Snapshot & { readonly [verified]: true; readonly signature: 'unsigned' }

/** Where policy comes from. */
export interface Source {
  /** For people, without secrets. */
  readonly name: string
  /** Whether what it names moves only by commits that can be compared by descent. */
  readonly hasHistory: boolean
  /** The newest revision that the source has; makes its files readable. Costs one ls-remote when nothing moved. */
  newest(signal: AbortSignal): Promise<string>
  /** Works without the network for every revision that `newest` ever gave and that still is in force. */
  read(revision: string, signal: AbortSignal): Promise<Snapshot>
  /** Whether `newer` is `older` or comes after it in history. */
  descends(older: string, newer: string, signal: AbortSignal): Promise<boolean>
  /** Keep this revision readable, whatever the remote does to its history. */
  keep(revision: string, signal: AbortSignal): Promise<void>
  /** Calls back when the source may have moved; absent for remote ones. */
  watch?(changed: () => void): { close(): Promise<void> }
}

/** Why a fetch failed; the label of `stopgap_source_fetch_failures_total`. */
export const FETCH_FAILURES = [
  'dns',
  'connect',
  'tls',
  'auth',
  'host-key',
  'timeout',
  'not-found',
  'corrupt',
  'oversized',
  'disk',
  'other',
] as const
export type FetchFailure = (typeof FETCH_FAILURES)[number]

/** Why a revision was refused; the label of `stopgap_source_rejected_total`. */
export const REJECTIONS = ['invalid', 'empty', 'rewound', 'oversized'] as const
export type Rejection = (typeof REJECTIONS)[number]

/** Why the newest revision is not in force, as it was told; the same revision is told again but counted once. */
export interface Refusal {
  readonly revision: string
  readonly reason: Rejection
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly faults: readonly Diagnostic[]
}

/** What is known of the source between processes. */
export interface SourceState {
  readonly version: 1
  /** Which source the revision in force came from: another one has another history, so nothing rewinds it. */
  readonly lineage: string
  readonly inForce: string | null
  readonly refused: Refusal | null
}

/** Where that is kept, and whom an operator let in. */
export interface SourceMemory {
  /** The lineage of the source that is configured now. */
  readonly lineage: string
  load(): Promise<SourceState>
  store(state: SourceState): Promise<void>
  /** Whether an operator took this revision by name; asked anew each time, since another process writes it. */
  accepted(revision: string): Promise<boolean>
}
