import type { HeldReason } from '../model/resource.ts'

/** What could not be read, and why; `held` when the reason also forbids to write. */
export interface Unknown {
  readonly is: 'unknown'
  readonly why: string
  readonly held?: HeldReason
}

/** A value worked out from what was seen. */
export interface Value<T> {
  readonly is: 'known'
  readonly value: T
}

export type Known<T> = Value<T> | Unknown

/** Wraps a value that is known. */
export function known<T>(value: T): Value<T> {
  return { is: 'known', value }
}

/** Something that could not be read, with its reason in words. */
export function unknown(why: string): Unknown {
  return { is: 'unknown', why }
}
