import type { ErrorSort } from './error.ts'

/** Gives an entry of a catalogue its type. */
export function sort<F>(entry: ErrorSort<F>): ErrorSort<F> {
  return entry
}
