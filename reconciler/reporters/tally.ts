import { CAUSES, type Cause } from '../model/plan.ts'
import { PASS_RESULTS, RESULTS, type Result, type ServerReport } from '../model/report.ts'

/**
 * What metrics remember of one server. The report is the one that the loop and the status keep too, so it costs
 * nothing more; counters are numbers in a row instead of label objects: 1 000 servers are 22 000 series.
 */
export class Tally {
  report: ServerReport | null = null
  /** Milliseconds since 1970 of the last pass that did all it may. */
  lastSuccess: number | null = null
  readonly #passes = new Uint32Array(PASS_RESULTS.length)
  readonly #changes = new Uint32Array(CAUSES.length * RESULTS.length)

  /** Counts a pass. What is held is not a failure of the pass: it was made, and what may be done is done. */
  pass(report: ServerReport, at: number): void {
    this.report = report
    const index = PASS_RESULTS.indexOf(report.result)
    this.#passes[index] = (this.#passes[index] ?? 0) + 1
    const good = report.result === 'converged' || report.result === 'changed' || report.result === 'held'
    if (good && report.error === undefined) this.lastSuccess = at
  }

  change(cause: Cause, result: Result): void {
    const index = CAUSES.indexOf(cause) * RESULTS.length + RESULTS.indexOf(result)
    this.#changes[index] = (this.#changes[index] ?? 0) + 1
  }

  /** Every combination, also those that never happened. */
  *passes(): Generator<readonly [labels: string, count: number]> {
    for (const [index, result] of PASS_RESULTS.entries())
      yield [`result="${result}"`, this.#passes[index] ?? 0]
  }

  *changes(): Generator<readonly [labels: string, count: number]> {
    for (const [at, cause] of CAUSES.entries()) {
      for (const [index, result] of RESULTS.entries()) {
        yield [`cause="${cause}",result="${result}"`, this.#changes[at * RESULTS.length + index] ?? 0]
      }
    }
  }
}
