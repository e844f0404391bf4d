import type { Target } from '../model/target.ts'
import { Limiter } from '../util/limit.ts'

/** How carefully an estate is written; what is not named is as is usual for each kind of server. */
export interface RolloutLimits {
  /** Servers written side by side: one that is careful, any number of the others. */
  readonly writesAtOnce?: number
  /** Servers on which writes of a revision may fail before its other writes are held: one that is careful. */
  readonly stopAfterFailures?: number
}

/** A server's place among those that are written under one revision. */
export interface Turn {
  /** Why no further change of this revision is made here; null: they are. */
  held(): string | null
  /** Waits for the turn to write. `waited`: what was seen before may be old by now. */
  write<T>(task: (waited: boolean) => Promise<T>): Promise<T>
  /** What came of a write, or that nothing of it is left to do. */
  settle(well: boolean): void
  /** The revision under which a write failed here and was not made good; null: there is none. */
  failedUnder(): string | null
}

/** Of a server that nobody waits for. */
export const FREE: Turn = {
  held: () => null,
  write: (task) => task(false),
  settle: () => undefined,
  failedUnder: () => null,
}

/** Who is written when, and whether the rest of a revision may follow. Looks never wait for it. */
export class Rollout {
  readonly #limits: RolloutLimits
  readonly #writing: Limiter
  /** By server, without case: its name and the revision. */
  readonly #failed = new Map<string, { readonly name: string; readonly revision: string }>()

  constructor(limits: RolloutLimits = {}) {
    this.#limits = limits
    this.#writing = new Limiter(limits.writesAtOnce ?? 1)
  }

  /** Takes up what an earlier process knew. */
  recall({ name }: Target, revision: string): void {
    this.#failed.set(name.toLowerCase(), { name, revision })
  }

  /** Moves whenever what was held may go on, or what went on is held. */
  get moment(): string {
    return [...this.#failed.values()]
      .map(({ name, revision }) => `${name} ${revision}`)
      .sort()
      .join(' ')
  }

  /** Whether its last write under this revision failed: it is tried again before others wait for it. */
  hasFailed({ name }: Target, revision: string): boolean {
    return this.#failed.get(name.toLowerCase())?.revision === revision
  }

  /** `place`: what the task holds that others could use while it waits. */
  turn(target: Target, revision: string, place?: Limiter): Turn {
    const key = target.name.toLowerCase()
    return {
      held: () => this.#held(target, revision),
      write: (task) => (this.#isMinded(target) ? this.#inTurn(task, place) : task(false)),
      settle: (well) => {
        if (well) this.#failed.delete(key)
        else this.#failed.set(key, { name: target.name, revision })
      },
      failedUnder: () => this.#failed.get(key)?.revision ?? null,
    }
  }

  #isMinded({ careful }: Target): boolean {
    return careful === true || this.#limits.writesAtOnce !== undefined
  }

  #held(target: Target, revision: string): string | null {
    const limit = this.#limits.stopAfterFailures ?? (target.careful === true ? 1 : Infinity)
    if (this.hasFailed(target, revision)) return null
    const failed = [...this.#failed.values()].filter((one) => one.revision === revision)
    if (failed.length < limit) return null
    const names = failed.map(({ name }) => name).join(', ')
    return `a write of this revision failed on ${names}; the rest of it waits until that is made good`
  }

  async #inTurn<T>(task: (waited: boolean) => Promise<T>, place: Limiter | undefined): Promise<T> {
    if (!this.#writing.isFull) return this.#writing.run(() => task(false))
    // Whoever waits for a turn holds nobody up who only wants to look.
    place?.leave()
    return this.#writing.run(async () => {
      await place?.enter()
      return task(true)
    })
  }
}
