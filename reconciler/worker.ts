import { asStopgapError, type StopgapError } from './errors/error.ts'
import type { Emit } from './model/event.ts'
import type { ServerReport } from './model/report.ts'
import type { Stores } from './model/store.ts'
import type { Target } from './model/target.ts'
import type { Conclusion } from './pipeline/pass.ts'
import { unreached } from './pipeline/report.ts'
import { FREE, type Rollout } from './pipeline/rollout.ts'
import { converge } from './pipeline.ts'
import type { World } from './stages/assess.ts'
import { monotonic } from './util/clock.ts'
import { backOff } from './util/jitter.ts'
import type { Limiter } from './util/limit.ts'

const SHORTEST_BACK_OFF = 1_000
const LONGEST_BACK_OFF = 300_000
/** Another whole pass follows a conflict at once, but somebody who writes without end is not raced. */
const CONFLICT_PAUSE = 250

/** One server, and what a pass over it needs. */
export interface WorkerParts {
  readonly target: Target
  readonly stores: Stores
  readonly emit: Emit
  /** Milliseconds between two looks when nothing moved. */
  readonly interval: () => number
  /** What all servers share; absent: this one waits for no other. */
  readonly rollout?: Rollout
}

/** The world at one moment; `epoch` changes whenever what was concluded before may not hold any more. */
export interface Current {
  readonly world: World
  readonly epoch: string
}

/** One server's passes: never two at once; what is asked for while one runs is done right after it. */
export class Worker {
  readonly name: string
  readonly #parts: WorkerParts
  #conclusion: { readonly of: Conclusion; readonly epoch: string } | null = null
  #report: ServerReport | null = null
  #wanted = true
  /** The epoch of the last pass, however it went. */
  #epoch: string | null = null
  #running: Promise<void> | null = null
  #failures = 0
  /** By the steady clock: not before this, and not later than that. */
  #notBefore = 0
  #dueAt = 0

  constructor(parts: WorkerParts) {
    this.name = parts.target.name
    this.#parts = parts
  }

  /** Something may have moved: look as soon as possible. `anew`: whatever was concluded, and without waiting out a back-off. */
  want(anew = false): void {
    this.#wanted = true
    if (anew) this.#notBefore = 0
  }

  isDue(epoch: string, wallClock: number): boolean {
    if (this.#running !== null) return false
    const steady = monotonic()
    if (steady < this.#notBefore) return false
    const until = this.#conclusion?.of.until ?? null
    const lapsed = until !== null && wallClock >= until
    return this.#wanted || steady >= this.#dueAt || lapsed || this.#epoch !== epoch
  }

  /** Runs one pass when its turn comes, in the world as it is then. Never rejects: what went wrong is an event. */
  run(limiter: Limiter, current: () => Current, signal: AbortSignal): Promise<void> {
    const turn = async () => {
      if (signal.aborted) return
      this.#wanted = false
      const { world, epoch } = current()
      this.#epoch = epoch
      await this.#pass({ world, epoch }, limiter, signal)
    }
    this.#running = limiter.run(turn).finally(() => {
      this.#running = null
    })
    return this.#running
  }

  async close(): Promise<void> {
    await this.#running
    await this.#parts.target.close()
  }

  async #pass({ world, epoch }: Current, place: Limiter, signal: AbortSignal): Promise<void> {
    const started = monotonic()
    try {
      const quiet = await this.#isQuiet(world, epoch, signal)
      if (!quiet) await this.#converge({ world, epoch }, place, signal)
      else if (this.#report !== null) this.#report = resting(this.#report, world.now.time)
      const report = this.#report
      if (report !== null) this.#ended(report, quiet, started, world)
    } catch (thrown) {
      if (!signal.aborted) this.#failed(asStopgapError(thrown), started, world)
    }
  }

  /** One look at what the last pass looked at: nothing has moved, so its conclusion still holds. */
  async #isQuiet(world: World, epoch: string, signal: AbortSignal): Promise<boolean> {
    const conclusion = this.#conclusion
    if (conclusion === null || conclusion.epoch !== epoch || this.#report === null) return false
    const { queries, known, until } = conclusion.of
    if (until !== null && world.now.time >= until) return false
    // What could not be seen last time is to be looked at all the same.
    if (queries.length !== known.size) return false
    const { same } = await this.#parts.target.look(queries, known, signal)
    return same.size === known.size
  }

  async #converge({ world, epoch }: Current, place: Limiter, signal: AbortSignal): Promise<void> {
    const { target, stores, rollout } = this.#parts
    const turn = rollout?.turn(target, world.catalogue.revision, place) ?? FREE
    const { report, conclusion } = await converge(target, { world, stores, turn }, signal)
    this.#report = report
    this.#conclusion = conclusion === null ? null : { of: conclusion, epoch }
  }

  #ended(report: ServerReport, quiet: boolean, started: number, world: World): void {
    const { emit, interval } = this.#parts
    const seconds = (monotonic() - started) / 1000
    const at = world.now.time
    if (!quiet) {
      for (const outcome of report.outcome ?? []) {
        emit({ is: 'change-settled', at, server: this.name, revision: report.revision, outcome })
      }
    }
    emit({ is: 'pass-ended', at, seconds, quiet, report })
    // Without a conclusion there was more to do than this pass could see.
    this.#rest(report.result === 'failed' || this.#conclusion === null, interval())
    if (report.result === 'conflict') {
      this.#wanted = true
      this.#notBefore = monotonic() + CONFLICT_PAUSE
    }
  }

  #failed(error: StopgapError, started: number, world: World): void {
    const { emit, interval } = this.#parts
    const report = unreached(this.#report, this.name, error, world)
    this.#conclusion = null
    this.#report = report
    emit({
      is: 'pass-ended',
      at: world.now.time,
      seconds: (monotonic() - started) / 1000,
      quiet: false,
      report,
    })
    this.#rest(error.disposition === 'retry', interval())
  }

  /** A failure that may pass is tried again soon, then ever later; everything else waits for the clock or a trigger. */
  #rest(failed: boolean, interval: number): void {
    this.#failures = failed ? this.#failures + 1 : 0
    const pause = failed
      ? Math.min(backOff(this.#failures, SHORTEST_BACK_OFF, LONGEST_BACK_OFF), interval)
      : interval
    this.#dueAt = monotonic() + pause
    if (failed) this.#notBefore = monotonic() + Math.min(pause, SHORTEST_BACK_OFF)
  }
}

/** What a pass that found everything as it was left has to say. */
function resting({ outcome: _, ...report }: ServerReport, at: number): ServerReport {
  return { ...report, at, result: report.result === 'changed' ? 'converged' : report.result }
}
