/**
 * Lets a burst through and then one more each time `refillMs` have passed (a token bucket). `monotonic` gives
 * milliseconds that only grow.
 */
export class RateLimit {
  readonly #burst: number
  readonly #refillMs: number
  readonly #monotonic: () => number
  #tokens: number
  #at: number

  constructor(burst: number, refillMs: number, monotonic: () => number) {
    this.#burst = burst
    this.#refillMs = refillMs
    this.#monotonic = monotonic
    this.#tokens = burst
    this.#at = monotonic()
  }

  /** Takes one if there is one; otherwise gives the whole seconds until there is. */
  take(): { readonly ok: true } | { readonly ok: false; readonly retryAfter: number } {
    const now = this.#monotonic()
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) / this.#refillMs)
    this.#at = now
    if (this.#tokens < 1) {
      return { ok: false, retryAfter: Math.max(1, Math.ceil(((1 - this.#tokens) * this.#refillMs) / 1000)) }
    }
    this.#tokens -= 1
    return { ok: true }
  }
}
