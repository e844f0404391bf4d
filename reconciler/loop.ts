import { asStopgapError, type StopgapError } from './errors/error.ts'
import type { Catalogue } from './model/catalogue.ts'
import type { Emit } from './model/event.ts'
import type { World } from './stages/assess.ts'
import { monotonic } from './util/clock.ts'
import { ClockWatch, type Moment } from './util/clock-watch.ts'
import { Limiter } from './util/limit.ts'
import type { Current, Worker } from './worker.ts'

const TICK = 1_000
const SERVERS_AT_ONCE = 8

/** What the loop turns, and what tells it when. */
export interface LoopParts {
  readonly workers: readonly Worker[]
  /** Looks at the source, and gives what is in force; null: nothing is yet. */
  readonly renew: (moment: Moment, signal: AbortSignal) => Promise<Catalogue | null>
  /** What all servers share while this catalogue is in force. */
  readonly worldOf: (catalogue: Catalogue, moment: Moment) => Promise<World>
  /** Changes whenever an operator released something. */
  readonly approvals: () => Promise<string>
  /** Moves whenever servers that wait for others may go on, or have to wait. */
  readonly rollout: () => string
  readonly emit: Emit
  /** Milliseconds to the next look at the source. */
  readonly interval: () => number
  /** The longest that it may be without a tick (milliseconds) before it is not well. */
  readonly patience: number
}

/**
 * Decides when to look at the source and when to pass over a server; both have clocks of their own. Level-triggered:
 * a trigger only says that it is time to look, never what has changed.
 */
export class Loop {
  readonly #parts: LoopParts
  readonly #clock = new ClockWatch()
  readonly #limiter = new Limiter(SERVERS_AT_ONCE)
  readonly #tasks = new Set<Promise<void>>()
  #catalogue: Catalogue | null = null
  #world: World | null = null
  #approvals = ''
  #sourceAt = 0
  #renewing = false
  #renewAgain = false
  #tickedAt = monotonic()

  constructor(parts: LoopParts) {
    this.#parts = parts
  }

  /** Runs until the signal is aborted, and ends when all that was under way has ended. */
  async run(signal: AbortSignal): Promise<void> {
    const timer = setInterval(() => this.#tick(signal), TICK)
    this.#tick(signal)
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    clearInterval(timer)
    await Promise.allSettled(this.#tasks)
  }

  /** Look at the source now. */
  lookAtSource(signal: AbortSignal): void {
    if (this.#renewing) this.#renewAgain = true
    this.#sourceAt = 0
    this.#tick(signal)
  }

  /** Look at this server now. */
  lookAt(worker: Worker, signal: AbortSignal): void {
    worker.want(true)
    this.#tick(signal)
  }

  /** An operator released something: what waits for it is looked at now. */
  async approvalsMoved(signal: AbortSignal): Promise<void> {
    try {
      this.#approvals = await this.#parts.approvals()
    } catch (thrown) {
      const { code, message, hint } = asStopgapError(thrown)
      this.#parts.emit({ is: 'trouble', at: this.#clock.read().time, trouble: { code, message, hint } })
    }
    this.#tick(signal)
  }

  get isAlive(): boolean {
    return monotonic() - this.#tickedAt < this.#parts.patience
  }

  #tick(signal: AbortSignal): void {
    if (signal.aborted) return
    this.#tickedAt = monotonic()
    const moment = this.#clock.read()
    this.#parts.emit({ is: 'ticked', at: moment.time })
    if (!this.#renewing && monotonic() >= this.#sourceAt) this.#track(this.#renew(moment, signal))
    this.#startPasses(moment, signal)
  }

  async #renew(moment: Moment, signal: AbortSignal): Promise<void> {
    this.#renewing = true
    const started = monotonic()
    try {
      const catalogue = await this.#parts.renew(moment, signal)
      if (catalogue !== null && catalogue !== this.#catalogue) await this.#bringInForce(catalogue, moment)
    } catch (thrown) {
      if (!signal.aborted) this.#tellOf(asStopgapError(thrown), moment, (monotonic() - started) / 1000)
    } finally {
      this.#renewing = false
      this.#sourceAt = this.#renewAgain ? 0 : monotonic() + this.#parts.interval()
      this.#renewAgain = false
    }
    this.#tick(signal)
  }

  /** What was in force stays so. Without a word nobody would know that this is not because all is well. */
  #tellOf({ code, message, hint }: StopgapError, { time: at }: Moment, seconds: number): void {
    const reason = code.endsWith('_DISK') ? 'disk' : 'other'
    this.#parts.emit({ is: 'fetch-failed', at, reason, seconds, trouble: { code, message, hint } })
  }

  async #bringInForce(catalogue: Catalogue, moment: Moment): Promise<void> {
    this.#approvals = await this.#parts.approvals()
    this.#world = await this.#parts.worldOf(catalogue, moment)
    this.#catalogue = catalogue
  }

  #startPasses(moment: Moment, signal: AbortSignal): void {
    const world = this.#world
    if (world === null) return
    const { epoch } = this.#current(world, moment)
    for (const worker of this.#parts.workers) {
      if (!worker.isDue(epoch, moment.time)) continue
      const task = worker.run(
        this.#limiter,
        () => this.#current(this.#world ?? world, this.#clock.read()),
        signal,
      )
      this.#track(task.then(() => this.#tick(signal)))
    }
  }

  #current(world: World, now: Moment): Current {
    return {
      world: { ...world, now },
      epoch: `${world.catalogue.revision} ${this.#approvals} ${now.trusted} ${this.#parts.rollout()}`,
    }
  }

  #track(task: Promise<void>): void {
    const tracked = task.catch(() => undefined).finally(() => this.#tasks.delete(tracked))
    this.#tasks.add(tracked)
  }
}
