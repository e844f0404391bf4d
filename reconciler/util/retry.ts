import pRetry from 'p-retry'
import { asStopgapError, StopgapError } from '../errors/error.ts'

/** How often and how fast to try again; times in milliseconds. */
export interface RetryOptions {
  /** Further attempts after the first. */
  readonly retries: number
  /** The first pause; each further one doubles, with jitter, up to `longest`. */
  readonly shortest: number
  readonly longest: number
  /** Hears of each failure that is followed by another attempt. */
  readonly failed?: (error: StopgapError, attempt: number) => void
}

/**
 * Does the work again while it fails with an error whose disposition is `retry`; any other error ends it at once,
 * since a second attempt would meet the same. Throws what the last attempt threw; when aborted, the signal's reason.
 */
export async function retry<T>(
  work: (attempt: number) => Promise<T>,
  options: RetryOptions,
  signal: AbortSignal,
): Promise<T> {
  return pRetry((attempt) => attempted(work, attempt), {
    retries: options.retries,
    minTimeout: options.shortest,
    maxTimeout: options.longest,
    randomize: true,
    signal,
    shouldRetry: ({ error, attemptNumber, retriesLeft }) => {
      const again = error instanceof StopgapError && error.disposition === 'retry'
      if (again && retriesLeft > 0) options.failed?.(error, attemptNumber)
      return again
    },
  })
}

// p-retry gives up on a TypeError but tries again after network errors that are one; ours have one meaning only.
async function attempted<T>(work: (attempt: number) => Promise<T>, attempt: number): Promise<T> {
  try {
    return await work(attempt)
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') throw thrown
    throw asStopgapError(thrown)
  }
}
