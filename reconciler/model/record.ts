import type { Before, Fields, Json, MadeByFile } from './resource.ts'

/** One resource of ours: who wants it, what was there before us and what we set. */
export interface Owned {
  readonly kind: string
  readonly mitigations: readonly string[]
  readonly spec: Json
  /** Never overwritten while owned. */
  readonly before: Before
  readonly want: Fields
  /** What we had set before, while `want` is to take its place: whichever of the two is there is ours. */
  readonly was?: Fields
  readonly revision: string
  /** False from the intent until an observation after the steps. */
  readonly settled: boolean
}

export const RECORD_VERSION = 1

/** What we remember of a server, kept on that server. */
export interface ServerRecord {
  readonly version: typeof RECORD_VERSION
  readonly server: string
  /** Random id of the state folder that owns this server. */
  readonly instance: string
  readonly owned: { readonly [key: string]: Owned }
  readonly made: MadeByFile
}

/** Where the record lies on the server. */
export const RECORD_PATH = 'C:\\ProgramData\\Stopgap\\record.json'
