import type { Diagnostic, Origin } from '../../model/catalogue.ts'

/** More of one sort than this are not listed: nobody reads them, and hostile input could make millions. */
const MAX_LISTED = 1000

/** Gathers faults and warnings of one revision, each of them once. */
export class Findings {
  readonly #errors = new Listed('error')
  readonly #warnings = new Listed('warning')

  error(origin: Origin, message: string): void {
    this.#errors.add(origin, message)
  }

  warning(origin: Origin, message: string): void {
    this.#warnings.add(origin, message)
  }

  /** In order of file, line and column; what is not listed is told last. */
  list(): readonly Diagnostic[] {
    const listed = [...this.#errors.listed(), ...this.#warnings.listed()].sort(byPlace)
    return [...listed, ...this.#errors.rest(), ...this.#warnings.rest()]
  }

  /** No further one will be listed: the time for finding it, or good words for it, is better saved. */
  isFull(severity: Diagnostic['severity']): boolean {
    return severity === 'error' ? this.#errors.isFull() : this.#warnings.isFull()
  }

  hasErrors(): boolean {
    return this.#errors.listed().length > 0
  }
}

/** The findings of one severity. */
class Listed {
  readonly #severity: Diagnostic['severity']
  readonly #found = new Map<string, Diagnostic>()

  constructor(severity: Diagnostic['severity']) {
    this.#severity = severity
  }

  add({ file, line, column }: Origin, message: string): void {
    const key = `${file}\n${line}:${column}\n${message}`
    if (this.isFull() || this.#found.has(key)) return
    this.#found.set(key, { severity: this.#severity, file, line, column, message })
  }

  isFull(): boolean {
    return this.#found.size >= MAX_LISTED
  }

  listed(): readonly Diagnostic[] {
    return [...this.#found.values()]
  }

  rest(): readonly Diagnostic[] {
    const last = this.listed().at(-1)
    if (last === undefined || !this.isFull()) return []
    const what = this.#severity === 'error' ? 'faults' : 'warnings'
    return [{ ...last, message: `there may be further ${what}: no more than ${MAX_LISTED} are listed.` }]
  }
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1
  return a.line - b.line || a.column - b.column
}
