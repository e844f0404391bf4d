/** One running program on a server. Lines are ASCII, without their end. */
export interface Channel {
  /** Writes one line. Never throws: a channel that has ended says so by `next`. */
  send(line: string): void
  /** The next line that arrives; null: there are no more. One caller at a time. */
  next(): Promise<string | null>
  /** Settles when the program is gone, by itself or by us; never rejects. */
  readonly ended: Promise<Ending>
  /** Closes its input, so that it ends by itself, and kills it when it does not within two seconds. */
  close(): Promise<void>
  /** Ends it at once. */
  kill(): void
}

export interface Ending {
  /** In words, such as `it ended with exit code 1`. */
  readonly why: string
  /** The last that it wrote to standard error, on one line; empty: nothing. */
  readonly said: string
}

/** A way to start the program on one server. What it starts is to read the program from its first line: `BOOTSTRAP`. */
export interface Transport {
  /**
   * Starts it. Throws a `StopgapError` when the server cannot be reached, within the transport's own limits; the signal's
   * reason when that comes first, with nothing left running.
   */
  open(signal: AbortSignal): Promise<Channel>
}

/** What an SSH transport is made from. Exactly one of `knownHostsFile` and `fingerprint` is set. */
export interface SshOptions {
  /** The configured name, for messages. */
  readonly server: string
  readonly host: string
  readonly port: number
  readonly user: string
  /** Absolute path of a private key; null: the keys of the agent. */
  readonly identityFile: string | null
  /** Asked for when the key is locked, and not kept; null: none is configured. */
  readonly passphrase: (() => Promise<string>) | null
  /** Where the agent listens (SSH_AUTH_SOCK, or a pipe of Windows); null: there is none. */
  readonly agent: string | null
  /** Absolute path of a file in the format of OpenSSH. */
  readonly knownHostsFile: string | null
  /** Such as `SHA256:jXN1lW…`. */
  readonly fingerprint: string | null
}
