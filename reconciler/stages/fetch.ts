import { asStopgapError, StopgapError } from '../errors/error.ts'
import type { Diagnostic } from '../model/catalogue.ts'
import {
  FETCH_FAILURES,
  type FetchFailure,
  type Refusal,
  type Rejection,
  type Snapshot,
  type Source,
  type SourceMemory,
  type SourceState,
} from '../model/source.ts'
import { type RetryOptions, retry } from '../util/retry.ts'

export interface Fetching {
  readonly source: Source
  readonly memory: SourceMemory
  /** The revision whose files the caller has loaded, so that they need not be read again; null: none. */
  readonly loaded: string | null
  /** The revision that the caller judged and refused in this process: it stays refused without being judged again. */
  readonly judged: string | null
  readonly retry: RetryOptions
}

export type FetchOutcome =
  /** The newest revision is the one in force. `snapshot` is null when the caller has it loaded. */
  | { readonly is: 'same'; readonly revision: string; readonly snapshot: Snapshot | null }
  /** Another revision, to be verified and loaded, then `admit`ted or `refuse`d. */
  | { readonly is: 'moved'; readonly snapshot: Snapshot; readonly from: string | null }
  /** The newest revision is refused, now (`first`) or still; `kept` as in `same`, null also when none is in force. */
  | {
      readonly is: 'refused'
      readonly refusal: Refusal
      readonly first: boolean
      readonly inForce: string | null
      readonly kept: Snapshot | null
    }
  /** The source did not answer as it should; what was in force stays so. */
  | {
      readonly is: 'failed'
      readonly error: StopgapError
      readonly reason: FetchFailure
      readonly inForce: string | null
      readonly kept: Snapshot | null
    }

/**
 * Asks the source once, with retries, what its newest revision is and whether it may follow the one in force.
 * Writes nothing down: `admit` and `refuse` do. Throws only what is no failure of the source: an abort, SOURCE_MEMORY.
 */
export async function fetch(fetching: Fetching, signal: AbortSignal): Promise<FetchOutcome> {
  const state = await fetching.memory.load()
  try {
    return await retry(() => judged(fetching, state, signal), fetching.retry, signal)
  } catch (thrown) {
    signal.throwIfAborted()
    const error = keeping(asStopgapError(thrown), state.inForce)
    if (error.code === 'BUG' || error.code === 'SOURCE_MEMORY') throw error
    const kept = await inForceSnapshot(fetching, state, signal)
    return { is: 'failed', error, reason: failureOf(error.code), inForce: state.inForce, kept }
  }
}

/** Puts a revision in force: keeps it readable, and forgets that another one was refused. Throws FETCH_DISK. */
export async function admit(
  fetching: Pick<Fetching, 'source' | 'memory'>,
  revision: string,
  signal: AbortSignal,
): Promise<void> {
  const { source, memory } = fetching
  // Kept before it is named: a name without content would be worse than content without a name.
  await source.keep(revision, signal)
  await memory.store({ version: 1, lineage: memory.lineage, inForce: revision, refused: null })
}

/** Writes down that a revision is refused; true when it was not yet so for this reason. */
export async function refuse(memory: SourceMemory, refusal: Refusal): Promise<boolean> {
  const state = await memory.load()
  const first = isFirst(state, refusal.revision, refusal.reason)
  if (first) await memory.store({ ...state, refused: refusal })
  return first
}

/** A refusal in the words of an error. */
export function refusalOf(
  revision: string,
  reason: Rejection,
  error: StopgapError,
  faults: readonly Diagnostic[] = [],
): Refusal {
  return { revision, reason, code: error.code, message: error.message, hint: error.hint, faults }
}

async function judged(fetching: Fetching, state: SourceState, signal: AbortSignal): Promise<FetchOutcome> {
  try {
    return await compared(fetching, state, signal)
  } catch (error) {
    if (!(error instanceof StopgapError) || error.code !== 'SOURCE_OVERSIZED') throw error
    const { revision } = (error as StopgapError<'SOURCE_OVERSIZED'>).facts
    return refused(fetching, state, refusalOf(revision, 'oversized', keeping(error, state.inForce)), signal)
  }
}

async function compared(fetching: Fetching, state: SourceState, signal: AbortSignal): Promise<FetchOutcome> {
  const { source, loaded } = fetching
  const newest = await source.newest(signal)
  if (newest === state.inForce) {
    const snapshot = newest === loaded ? null : await source.read(newest, signal)
    return { is: 'same', revision: newest, snapshot }
  }
  // What is wrong with files stays wrong; whether history may be rewound an operator can say at any moment.
  if (
    newest === fetching.judged &&
    state.refused?.revision === newest &&
    state.refused.reason !== 'rewound'
  ) {
    return refused(fetching, state, state.refused, signal)
  }
  const refusal = await rewound(fetching, state, newest, signal)
  if (refusal !== null) return refused(fetching, state, refusal, signal)
  return { is: 'moved', snapshot: await source.read(newest, signal), from: state.inForce }
}

async function rewound(
  { source, memory }: Fetching,
  { inForce, lineage }: SourceState,
  newest: string,
  signal: AbortSignal,
): Promise<Refusal | null> {
  // Another source, branch or path in the configuration is an operator's word already.
  if (!source.hasHistory || inForce === null || lineage !== memory.lineage) return null
  if ((await source.descends(inForce, newest, signal)) || (await memory.accepted(newest))) return null
  return refusalOf(newest, 'rewound', new StopgapError('SOURCE_REWOUND', { revision: newest, kept: inForce }))
}

async function refused(
  fetching: Fetching,
  state: SourceState,
  refusal: Refusal,
  signal: AbortSignal,
): Promise<FetchOutcome> {
  const first = isFirst(state, refusal.revision, refusal.reason)
  const kept = await inForceSnapshot(fetching, state, signal)
  return { is: 'refused', refusal, first, inForce: state.inForce, kept }
}

function isFirst({ refused }: SourceState, revision: string, reason: Rejection): boolean {
  return refused === null || refused.revision !== revision || refused.reason !== reason
}

// Read although the source failed: that it can be is what keeping a revision means. If it is lost all the same there is
// nothing to converge with, and the caller reports the failure that it has.
async function inForceSnapshot(
  { source, loaded }: Fetching,
  { inForce }: SourceState,
  signal: AbortSignal,
): Promise<Snapshot | null> {
  if (inForce === null || inForce === loaded) return null
  try {
    return await source.read(inForce, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof StopgapError) return null
    throw error
  }
}

/** The same error, saying which revision stays in force: the source itself cannot know. */
function keeping(error: StopgapError, kept: string | null): StopgapError {
  const facts: object = error.facts
  if (!('kept' in facts)) return error
  return new StopgapError(error.code, { ...facts, kept } as typeof error.facts, { cause: error })
}

/** The metric's word for an error: FETCH_HOST_KEY is `host-key`; what is none of the list is `other`. */
function failureOf(code: string): FetchFailure {
  const word = code
    .replace(/^FETCH_/, '')
    .toLowerCase()
    .replaceAll('_', '-')
  return FETCH_FAILURES.find((failure) => failure === word) ?? 'other'
}
