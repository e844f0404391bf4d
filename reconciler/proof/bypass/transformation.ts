import type { Request } from '../../rewrite/exchange.ts'

export const CONFIDENCES = ['same', 'likely', 'possible'] as const
/**
 * How sure it is that the changed request means to Exchange what the first one meant. `same`: HTTP or IIS itself makes
 * the two equal; `likely`: real attackers used it, or readers do so by rule; `possible`: some reader somewhere does.
 */
export type Confidence = (typeof CONFIDENCES)[number]

/** What is reported together: a rule that misses one of a group mostly misses the others for the same reason. */
export type Group =
  | 'encoding'
  | 'case'
  | 'path'
  | 'parameters'
  | 'address'
  | 'line-break'
  | 'endpoint'
  | 'headers'
  | 'cookies'
  | 'length'

/** A request changed in one way. */
export interface Spelling {
  readonly request: Request
  /** What was done to it, in words. */
  readonly what: string
  /** The same change done to less of the request; the smallest that still serves is what people are shown. */
  readonly smaller?: () => Iterable<Spelling>
}

/** One way to write a request differently. */
export interface Transformation {
  readonly name: string
  readonly group: Group
  readonly confidence: Confidence
  /** Which reader would take the changed request for the first one, and why. */
  readonly meaning: string
  /** The request changed this way, the smallest changes first; never more than a few hundred. */
  readonly of: (request: Request) => Iterable<Spelling>
}

/** The least sure of several. */
export function leastSure(confidences: readonly Confidence[]): Confidence {
  return CONFIDENCES[Math.max(0, ...confidences.map((one) => CONFIDENCES.indexOf(one)))] ?? 'possible'
}

/** One step less sure. */
export function lessSure(confidence: Confidence): Confidence {
  return confidence === 'same' ? 'likely' : 'possible'
}
