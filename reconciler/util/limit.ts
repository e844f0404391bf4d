/** Lets a limited number of tasks run at once; the others wait their turn. */
export class Limiter {
  readonly #limit: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get isFull(): boolean {
    return this.#running >= this.#limit
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    // With a place free the task begins at once, before whatever its caller does next.
    if (this.isFull) await this.enter()
    else this.#running++
    try {
      return await task()
    } finally {
      this.leave()
    }
  }

  /** For a task that left its place while it waited for something else. */
  async enter(): Promise<void> {
    if (this.isFull) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#running++
  }

  /** Gives its place to the next; whoever calls this enters again, or is done. */
  leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#running--
    else next()
  }
}
