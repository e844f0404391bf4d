import type { Examined as ExaminedServer } from '../../model/examined.ts'
import type { Facts } from '../../model/facts.ts'
import type { EventLine, ServiceSettings } from '../../model/target.ts'
import type { Digest, Pool, Query, Service } from '../../model/thing.ts'

// One request a line and one answer a line, both JSON in ASCII: whatever code page a console has, it arrives. The program
// on the server answers requests in the order in which they come, and knows nothing of mitigations.

/** Grows whenever a request or an answer changes its meaning; the program says its own in its first line. */
export const PROTOCOL = 1

/** The first line that the program writes, before it reads any request; `refused` instead says why it cannot work there. */
export type Greeting = Hello | { readonly hello: 'stopgap'; readonly refused: string }

export interface Hello {
  readonly hello: 'stopgap'
  readonly protocol: number
  /** Such as `5.1.20348.2849` and `Desktop`. */
  readonly powershell: { readonly version: string; readonly edition: string }
}

/** Digests are made by the program, of what it sees: ours are only ever handed back to it. */
export type AskedQuery = Query & { readonly known: Digest | 'absent' | null }

export type WireStep =
  | {
      readonly thing: 'file'
      readonly name: string
      readonly expect: Digest | 'absent'
      /** Base64; null: it is to go. */
      readonly become: string | null
      /** See `FileStep`. */
      readonly confirms?: true
    }
  | {
      readonly thing: 'service'
      readonly name: string
      readonly expect: Digest
      readonly become: ServiceSettings
      readonly timeoutSeconds: number
    }
  | {
      readonly thing: 'pool'
      readonly name: string
      readonly expect: Digest
      readonly become: { readonly state: Pool['state'] }
      readonly timeoutSeconds: number
    }

export type Ask =
  | { readonly do: 'look'; readonly queries: readonly AskedQuery[] }
  /** Steps in order; after the first that is not done the rest is left. Ends with a look at the queries. */
  | { readonly do: 'act'; readonly steps: readonly WireStep[]; readonly queries: readonly AskedQuery[] }
  /** What `doctor` asks: who we are there and what we may do. */
  | { readonly do: 'examine' }
  /** A URL on the server itself: only http(s) on loopback or the server's own name. */
  | { readonly do: 'fetch'; readonly url: string; readonly timeoutSeconds: number }
  /** A line in the event log of Windows. */
  | (EventLine & { readonly do: 'event' })

export type RequestLine = Ask & { readonly id: number }

/** What was seen; a file is base64, a version is text. `same`: it is as `known` says, and is not sent again. */
export type WireSighting =
  | {
      readonly thing: 'file' | 'version'
      readonly name: string
      readonly is: 'here'
      readonly digest: Digest
      readonly value: string
    }
  | {
      readonly thing: 'service'
      readonly name: string
      readonly is: 'here'
      readonly digest: Digest
      readonly value: Service
    }
  | {
      readonly thing: 'pool'
      readonly name: string
      readonly is: 'here'
      readonly digest: Digest
      readonly value: Pool
    }
  | {
      readonly thing: 'facts'
      readonly name: ''
      readonly is: 'here'
      readonly digest: Digest
      readonly value: Facts
    }
  | (Query & { readonly is: 'absent' | 'same' })
  | (Query & { readonly is: 'unknown'; readonly why: string })

export type WireResult =
  | { readonly is: 'done' }
  | { readonly is: 'conflict' | 'failed'; readonly detail: string }
  | { readonly is: 'not-attempted' }

/** What `doctor` is told of the session on the server: PowerShell is always in between, and says so. */
export interface Examined extends ExaminedServer {
  readonly powershell: Hello['powershell']
  readonly languageMode: string
}

export interface Values {
  readonly look: { readonly sightings: readonly WireSighting[] }
  readonly act: { readonly results: readonly WireResult[]; readonly sightings: readonly WireSighting[] }
  readonly examine: Examined
  readonly fetch: {
    readonly status: number | null
    readonly milliseconds: number
    readonly error: string | null
  }
  readonly event: { readonly written: boolean; readonly why: string | null }
}

/** `refused`: the program cannot work there at all (32-bit process, constrained language mode, missing rights). */
export type AnswerLine =
  | { readonly id: number; readonly is: 'done'; readonly value: Values[Ask['do']] }
  | { readonly id: number; readonly is: 'failed' | 'refused'; readonly detail: string }
