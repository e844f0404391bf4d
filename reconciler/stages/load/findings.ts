import type { Diagnostic, Origin } from '../../model/catalogue.ts'

/** More faults than this are counted, not listed: nobody reads them, and hostile input could make millions. */
const MAX_LISTED = 1000

/** Gathers faults and warnings of one revision, each of them once. */
export class Findings {
  readonly #found = new Map<string, Diagnostic>()
  #unlisted = 0
  #last: Origin | undefined

  error(origin: Origin, message: string): void {
    this.#add('error', origin, message)
  }

  warning(origin: Origin, message: string): void {
    this.#add('warning', origin, message)
  }

  /** In order of file, line and column. */
  list(): readonly Diagnostic[] {
    const listed = [...this.#found.values()].sort(byPlace)
    if (this.#last === undefined) return listed
    const { file, line, column } = this.#last
    const message = `there are ${this.#unlisted} further faults and warnings, which are not listed.`
    return [...listed, { severity: 'error', file, line, column, message }]
  }

  /** Nothing more will be listed: the time for good words is better saved. */
  isFull(): boolean {
    return this.#found.size >= MAX_LISTED
  }

  hasErrors(): boolean {
    return this.#last !== undefined || this.#found.values().some((one) => one.severity === 'error')
  }

  #add(severity: Diagnostic['severity'], { file, line, column }: Origin, message: string): void {
    const key = `${file}\n${line}:${column}\n${message}`
    if (this.#found.has(key)) return
    if (this.#found.size < MAX_LISTED) {
      this.#found.set(key, { severity, file, line, column, message })
      return
    }
    this.#unlisted += 1
    this.#last = { file, line, column }
  }
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1
  return a.line - b.line || a.column - b.column
}
