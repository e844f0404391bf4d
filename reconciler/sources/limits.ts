import { StopgapError } from '../errors/error.ts'

/** What one revision may hold below mitigations/ and policies/; far above any estate, far below what could choke us. */
export const LIMITS = { files: 10_000, bytes: 50_000_000, file: 1_000_000 } as const

/** The folders of a policy repository, relative to the source's path. */
export const FOLDERS = ['mitigations', 'policies'] as const

/** Whether a file of those folders is read at all; everything else there is for people. */
export function isPolicyFile(path: string): boolean {
  return /\.ya?ml$/i.test(path)
}

/** The error for too much, from the file where it became so and what is the matter with it. */
export type Refusal = (file: string, what: string) => StopgapError

/** The refusal of a revision. */
export function refusing(revision: string): Refusal {
  return (file, what) =>
    new StopgapError('SOURCE_OVERSIZED', { revision, what: `${file} ${what}`, kept: null })
}

/** Counts what a revision holds and refuses it as soon as it is too much: before anything is read. */
export class Allowance {
  readonly #refusal: Refusal
  #files = 0
  #bytes = 0

  constructor(refusal: Refusal) {
    this.#refusal = refusal
  }

  /** Every entry counts, also what is not read: listing it costs as well. */
  entry(path: string): void {
    this.#files += 1
    if (this.#files > LIMITS.files)
      throw this.#refusal(
        path,
        `is one of more than ${LIMITS.files} files and folders below ${FOLDERS.join('/ and ')}/`,
      )
  }

  file(path: string, size: number): void {
    if (size > LIMITS.file)
      throw this.#refusal(path, `has ${size} bytes; a policy file may have ${LIMITS.file}`)
    this.#bytes += size
    if (this.#bytes > LIMITS.bytes)
      throw this.#refusal(path, `is where the policy files get more than ${LIMITS.bytes} bytes together`)
  }
}
