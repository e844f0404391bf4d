import { type Code, catalogue, type FactsOf } from './catalogue.ts'

/** What is done about it: try again with back-off, wait until somebody changes something, or not even start. */
export type Disposition = 'retry' | 'stall' | 'crash'
export type Fault = 'operator' | 'environment' | 'us'

/** One sort of error: its one-line message and hint are built from typed facts. */
export interface ErrorSort<F> {
  readonly disposition: Disposition
  readonly fault: Fault
  readonly exit: 1 | 3 | 4 | 70
  readonly message: (facts: F) => string
  readonly hint: (facts: F) => string
}

/** An error for people: what happened, and what to do. `code` is a key of the catalogue. */
export class StopgapError<C extends Code = Code> extends Error {
  readonly code: C
  readonly facts: FactsOf<C>
  readonly disposition: Disposition
  readonly fault: Fault
  readonly exit: number
  readonly hint: string

  constructor(code: C, facts: FactsOf<C>, options?: { cause?: unknown }) {
    const sort = catalogue[code] as ErrorSort<FactsOf<C>>
    super(sort.message(facts), options)
    this.name = 'StopgapError'
    this.code = code
    this.facts = facts
    this.disposition = sort.disposition
    this.fault = sort.fault
    this.exit = sort.exit
    this.hint = sort.hint(facts)
  }
}

/** Any thrown value as a `StopgapError`; what is not one already is a bug of ours. */
export function asStopgapError(thrown: unknown): StopgapError {
  if (thrown instanceof StopgapError) return thrown
  const detail = thrown instanceof Error ? thrown.message : String(thrown)
  return new StopgapError('BUG', { detail }, { cause: thrown })
}
