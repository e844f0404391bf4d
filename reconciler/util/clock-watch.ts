import { monotonic, now } from './clock.ts'

const HOUR = 3_600_000

/** The wall clock, and whether it may be believed. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly time: number
  readonly trusted: boolean
}

/**
 * Watches the wall clock against one that cannot be set. After a jump of more than an hour, either way, the time is
 * not trusted until an hour has passed without a further one: nothing is to lapse because a clock was set wrong.
 */
export class ClockWatch {
  readonly #wall: () => number
  readonly #steady: () => number
  #offset: number
  #distrustedUntil = Number.NEGATIVE_INFINITY

  constructor(wall: () => number = now, steady: () => number = monotonic) {
    this.#wall = wall
    this.#steady = steady
    this.#offset = wall() - steady()
  }

  read(): Moment {
    const time = this.#wall()
    const steady = this.#steady()
    const offset = time - steady
    if (Math.abs(offset - this.#offset) > HOUR) this.#distrustedUntil = steady + HOUR
    // Small steps, as time services make them, are followed.
    this.#offset = offset
    return { time, trusted: steady >= this.#distrustedUntil }
  }
}
