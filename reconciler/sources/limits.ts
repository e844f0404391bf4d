import { StopgapError } from '../errors/error.ts'

/** What one revision may hold below mitigations/ and policies/; far above any estate, far below what could choke us. */
export const LIMITS = { files: 10_000, bytes: 50_000_000, file: 1_000_000 } as const

/** The folders of a policy repository, relative to the source's path. */
export const FOLDERS = ['mitigations', 'policies'] as const

/** Whether a file of those folders is read at all; everything else there is for people. */
export function isPolicyFile(path: string): boolean {
  return /\.ya?ml$/i.test(path)
}

/** Counts what a revision holds and throws SOURCE_OVERSIZED as soon as it is too much: before anything is read. */
export class Allowance {
  readonly #revision: string
  #files = 0
  #bytes = 0

  constructor(revision: string) {
    this.#revision = revision
  }

  /** Every entry counts, also what is not read: listing it costs as well. */
  entry(): void {
    this.#files += 1
    if (this.#files > LIMITS.files) {
      this.#refuse(`it has more than ${LIMITS.files} files below ${FOLDERS.join('/ and ')}/`)
    }
  }

  file(path: string, size: number): void {
    if (size > LIMITS.file) this.#refuse(`${path} has ${size} bytes, more than ${LIMITS.file}`)
    this.#bytes += size
    if (this.#bytes > LIMITS.bytes)
      this.#refuse(`its policy files have more than ${LIMITS.bytes} bytes together`)
  }

  #refuse(what: string): never {
    throw new StopgapError('SOURCE_OVERSIZED', { revision: this.#revision, what, kept: null })
  }
}
