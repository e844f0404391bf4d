import type { Trouble } from './event.ts'

/** What is known of our way into a server, and of what we may do there. */
export interface Examined {
  /** Who we are there. */
  readonly user: string
  /** Whether with the rights of an administrator; null: that could not be found out, or means nothing there. */
  readonly elevated: boolean | null
  readonly computer: string
  /** Null: there is none in between. */
  readonly powershell: { readonly version: string; readonly edition: string } | null
  readonly languageMode: string | null
  readonly is64Bit: boolean
  /** Milliseconds since 1970, by the clock of the server. */
  readonly clock: number
  readonly universalCrt: boolean | null
  /** Where the configuration of IIS lies instead of on the server. */
  readonly configurationRedirected: string | null
  /** Whether the folder of the record can be written to; a text says why not. */
  readonly recordFolder: true | string
}

/** The certificate that a remote shows. */
export interface Certificate {
  readonly issuer: string
  /** Milliseconds since 1970. */
  readonly validTo: number
}

/** How a remote is reached, and what makes us believe that it is the one. */
export type Way =
  | { readonly is: 'here' }
  | {
      readonly is: 'http'
      readonly encrypted: boolean
      /** Without secrets; null: none is in between. */
      readonly proxy: string | null
      /** Where the authorities that are believed come from, in words. */
      readonly authorities: string
      /** Null: it was not shown, or a proxy stands in between. */
      readonly certificate: Certificate | null
    }
  | {
      readonly is: 'ssh'
      /** What to jump over, in words; null: nothing. */
      readonly proxy: string | null
      /** The command that the operator set in the place of ours; null: none. */
      readonly command: string | null
      /** Fingerprints of the keys that are known for this host. */
      readonly known: readonly string[]
    }

/** One remote, asked for its newest revision. */
export interface ExaminedRemote {
  /** For people, without secrets. */
  readonly name: string
  /** Null: it is none. */
  readonly way: Way | null
  readonly answer:
    | { readonly is: 'revision'; readonly revision: string }
    | { readonly is: 'failed'; readonly trouble: Trouble; readonly exit: number }
}

/** All that was tried of the source. */
export interface ExaminedSource {
  /** What git calls itself; null: it cannot be started. */
  readonly git: string | null
  readonly usesGit: boolean
  readonly remotes: readonly ExaminedRemote[]
}

/** The state folder, looked at and not touched. */
export interface ExaminedState {
  readonly path: string
  readonly exists: boolean
  /** Whether it, or the folder it will be made in, can be written to; a text says why not. */
  readonly writable: true | string
  /** Whether others than its user may look inside. */
  readonly open: boolean
  /** Bytes; null: that could not be found out. */
  readonly free: number | null
  /** The owner that records name; null: it has none yet, or cannot be read. */
  readonly instance: string | null
  readonly trouble: (Trouble & { readonly exit: number }) | null
  /** Who works with it now, in words; null: nobody. */
  readonly holder: string | null
}
