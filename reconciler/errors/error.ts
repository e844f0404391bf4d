import { type Code, catalogue, type FactsOf } from './catalogue.ts'

/** What is done about it: try again with back-off, wait until somebody changes something, or not even start. */
export type Disposition = 'retry' | 'stall' | 'crash'
/** Who can do something about it. */
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

/** Any thrown value as a `StopgapError`; what is neither one already nor said by the disk is a bug of ours. */
export function asStopgapError(thrown: unknown): StopgapError {
  if (thrown instanceof StopgapError) return thrown
  if (isOfDisk(thrown)) {
    return new StopgapError('DISK_FAILED', { path: thrown.path, what: wordsOf(thrown) }, { cause: thrown })
  }
  return new StopgapError('BUG', { detail: wordsOf(thrown) }, { cause: thrown })
}

/** What a thrown value says, without code, path and call where the disk says it: `permission denied`. */
export function wordsOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  if (!isOfDisk(thrown)) return thrown.message
  const { syscall, code, message } = thrown
  return message.replace(`${code}: `, '').split(`, ${syscall}`)[0] ?? code
}

type OfDisk = Error & { readonly code: string; readonly path: string; readonly syscall: string }

/** An error of a call to the file system; one of a program that was to be started has a path too. */
function isOfDisk(thrown: unknown): thrown is OfDisk {
  if (!(thrown instanceof Error)) return false
  const { code, path, syscall } = thrown as Partial<OfDisk>
  return (
    typeof path === 'string' && /^E[A-Z0-9]+$/.test(code ?? '') && /^(?!spawn)[a-z0-9]+$/.test(syscall ?? '')
  )
}
