/** What Setup installed there. */
export type Role = 'Mailbox' | 'ClientAccess' | 'EdgeTransport'

/** State of Microsoft's own Exchange Emergency Mitigation service on the server. */
export interface Eems {
  readonly installed?: boolean
  readonly enabled?: boolean
  readonly applied?: readonly string[]
  readonly blocked?: readonly string[]
}

/**
 * What a server is, as it says itself. A property that is missing could not be read: it is unknown,
 * which is not the same as empty. `urlRewrite: null` means looked for and not installed.
 */
export interface Facts {
  readonly name: string
  readonly roles?: readonly Role[]
  /** File version of ExSetup.exe, the only one that moves with security updates. */
  readonly exchange?: string
  readonly os?: string
  readonly iis?: string
  readonly urlRewrite?: string | null
  readonly setup?: 'idle' | 'running' | 'incomplete'
  readonly maintenance?: boolean
  readonly eems?: Eems
  /** Environment variables that configuration paths use; names in lower case, without the percent signs. */
  readonly environment: Readonly<Record<string, string>>
}
