import type { Readable } from 'node:stream'
import type { ConfigFlags } from '../config.ts'
import type { Paint } from '../reporters/text/paint.ts'

/** Flags that every command shares. */
export interface CommonFlags extends ConfigFlags {
  readonly json?: boolean | undefined
  /** Only these servers. */
  readonly only?: readonly string[] | undefined
  /** Only these mitigations. */
  readonly mitigation?: readonly string[] | undefined
}

/** How a command speaks with the world outside. */
export interface Console {
  /** Prints a result to standard output; the line end is added. */
  out(text: string): void
  /** Tells people something on standard error. */
  tell(text: string): void
  /** Asks on the terminal; null where nobody could answer. */
  readonly ask: ((question: string) => Promise<boolean>) | null
  /** Standard input as UTF-8 text. */
  input(): Readable
  readonly paint: Paint
  readonly paintError: Paint
  readonly isTerminal: boolean
  readonly signal: AbortSignal
}

/** How long a line of sentences may be; in a pipe they are not broken, for whoever searches there. */
export function lineWidth({ isTerminal }: Console): number {
  return isTerminal ? 80 : Number.POSITIVE_INFINITY
}

/** The result of `--json`, indented so that people can read it too. */
export function printJson(console: Console, value: unknown): void {
  console.out(JSON.stringify(value, null, 2))
}
