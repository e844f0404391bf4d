/** What became of the tests, counted as their lines came in. */
export interface Tally {
  passed: number
  failed: number
  /** Titles; the reason stands in the title. */
  readonly skipped: string[]
}

export interface TapEvents {
  /** A failed test with everything that was printed about it. */
  readonly failed: (title: string, detail: readonly string[]) => void
  readonly counted: (tally: Tally) => void
}

// `ok 3 - load › a title # SKIP`. A title may itself hold a number sign, so only the end decides.
const RESULT = /^(not )?ok \d+ - (.*?)( # (?:SKIP|TODO))?$/

/** Reads TAP line by line, so that a run which is cut off still has counted everything up to there. */
export class TapReader {
  readonly tally: Tally = { passed: 0, failed: 0, skipped: [] }
  readonly #events: TapEvents
  #rest = ''
  #open: { readonly title: string; readonly detail: string[] } | null = null

  constructor(events: TapEvents) {
    this.#events = events
  }

  /** Any piece of the output; lines may be cut anywhere. */
  push(piece: string): void {
    const lines = (this.#rest + piece).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#line(line.replace(/\r$/, ''))
  }

  /** To be called once, when no more comes. */
  end(): void {
    if (this.#rest !== '') this.#line(this.#rest)
    this.#rest = ''
    this.#close()
  }

  #line(line: string): void {
    const result = RESULT.exec(line)
    if (result === null) {
      if (this.#open !== null && !/^(1\.\.\d+|# (tests|pass|skip|fail) \d+|)$/.test(line)) {
        this.#open.detail.push(line)
      }
      return
    }
    this.#close()
    const [, not, title = '', mark] = result
    if (mark === ' # SKIP') this.tally.skipped.push(title)
    else if (not === undefined) this.tally.passed++
    else {
      // A test that is only planned (TODO) proves nothing, so it counts as failed.
      this.tally.failed++
      this.#open = { title, detail: [] }
    }
    this.#events.counted(this.tally)
  }

  #close(): void {
    if (this.#open !== null) this.#events.failed(this.#open.title, this.#open.detail)
    this.#open = null
  }
}

/** The last line of a run. Zero tests skipped are not worth a word. */
export function countsLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped.length === 0 ? '' : `, ${skipped.length} skipped`}`
}
