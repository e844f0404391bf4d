/** More than the files of any server together; beyond it somebody only wants to fill our memory. */
const LARGEST = 64 * 1024 * 1024
/** An answer is one line, and is read before more is asked for; an empty line counts no bytes, but is kept all the same. */
const MOST = 100

/** Lines out of bytes as they arrive, one reader at a time. What nobody has read yet is bounded. */
export class Lines {
  readonly #limit: number
  #pieces: Buffer[] = []
  #size = 0
  readonly #ready: string[] = []
  #waiting: ((line: string | null) => void) | null = null
  #ended = false

  constructor(limit = LARGEST) {
    this.#limit = limit
  }

  /** False when that is more than is kept: what comes after is not taken any more. */
  push(bytes: Buffer): boolean {
    if (this.#ended) return false
    this.#size += bytes.length
    if (this.#size > this.#limit) {
      this.end()
      return false
    }
    let from = 0
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
      this.#pieces.push(bytes.subarray(from, at))
      this.#complete()
      from = at + 1
      if (this.#ready.length > MOST) {
        this.end()
        return false
      }
    }
    if (from < bytes.length) this.#pieces.push(bytes.subarray(from))
    return true
  }

  /** No more will come. Half a line is none. */
  end(): void {
    this.#ended = true
    this.#pieces = []
    this.#waiting?.(null)
    this.#waiting = null
  }

  next(): Promise<string | null> {
    const line = this.#ready.shift()
    if (line !== undefined) {
      this.#size -= line.length + 1
      return Promise.resolve(line)
    }
    if (this.#ended) return Promise.resolve(null)
    return new Promise((resolve) => {
      this.#waiting = resolve
    })
  }

  // Latin-1 takes every byte as it is: what is not ASCII is refused where the line is understood. A console ends lines by CR LF.
  #complete(): void {
    const bytes = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces)
    this.#pieces = []
    const cr = bytes.at(-1) === 13 ? 1 : 0
    const line = bytes.toString('latin1', 0, bytes.length - cr)
    this.#size -= cr
    const waiting = this.#waiting
    this.#waiting = null
    if (waiting === null) {
      this.#ready.push(line)
      return
    }
    this.#size -= line.length + 1
    waiting(line)
  }
}
