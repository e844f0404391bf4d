import type { Request } from '../../rewrite/exchange.ts'
import { ADDRESSES } from './addresses.ts'
import { COOKIES } from './cookies.ts'
import { ENCODINGS } from './encodings.ts'
import { ENDPOINTS } from './endpoints.ts'
import { HEADER_VALUES } from './header-values.ts'
import { HEADERS } from './headers.ts'
import { PARAMETERS } from './parameters.ts'
import { PATHS } from './paths.ts'
import type { Confidence, Spelling, Transformation } from './transformation.ts'
import { CONFIDENCES, leastSure } from './transformation.ts'

/** One change of a variant, and by which transformation. */
export interface Turn {
  readonly transformation: Transformation
  readonly what: string
}

/** A request that means the same to some reader, and what was done to get it. */
export interface Variant {
  readonly request: Request
  readonly how: readonly Turn[]
  readonly confidence: Confidence
  /** The same with less of its last change. */
  readonly smaller: () => Iterable<Variant>
}

// Letters are encoded last: what is written otherwise can no longer be found as a word.
const ALL: readonly Transformation[] = [
  ...ADDRESSES,
  ...ENDPOINTS,
  ...PARAMETERS,
  ...HEADERS,
  ...HEADER_VALUES,
  ...COOKIES,
  ...PATHS,
  ...ENCODINGS,
]

/** Every transformation; those after which a request is surely the same come first. */
export const TRANSFORMATIONS: readonly Transformation[] = CONFIDENCES.flatMap((confidence) =>
  ALL.filter((one) => one.confidence === confidence),
)

/** So many changes of each transformation take part in pairs: the two smallest and the widest. */
const IN_PAIRS = 2

/** Whether a transformation is left out; asked anew for every change. */
export type Without = (transformation: Transformation) => boolean

/**
 * Requests that are equivalent to this one as Exchange, or somebody before it, may read it: changed in one way, then in
 * two. Always the same ones in the same order, the surest first, none twice, a few thousand at most.
 */
export function* variants(request: Request): Generator<Variant, void, undefined> {
  const seen = new Set([keyOf(request)])
  yield* fresh(changedOnce(request), seen)
  yield* fresh(changedTwice(request), seen)
}

/** Those that are changed in one way. */
export function* changedOnce(request: Request, without: Without = () => false): Generator<Variant> {
  const all = function* (): Iterable<Variant> {
    for (const transformation of TRANSFORMATIONS)
      for (const change of transformation.of(request)) {
        if (without(transformation)) break
        yield variantOf(change, transformation, [])
      }
  }
  yield* fresh(all(), new Set([keyOf(request)]))
}

/** Those that are changed in two ways: of each the smallest changes and the widest. */
export function* changedTwice(request: Request, without: Without = () => false): Generator<Variant> {
  const all = function* (): Iterable<Variant> {
    for (const [first, second] of pairs())
      for (const change of without(first) ? [] : few(first, request))
        for (const next of without(second) ? [] : few(second, change.request)) {
          if (without(first) || without(second)) break
          yield variantOf(next, second, [{ transformation: first, what: change.what }])
        }
  }
  yield* fresh(all(), new Set([keyOf(request)]))
}

function* fresh(all: Iterable<Variant>, seen: Set<string>): Generator<Variant> {
  for (const variant of all) {
    const key = keyOf(variant.request)
    if (seen.has(key)) continue
    seen.add(key)
    yield variant
  }
}

// Two changes of which one is doubtful are too far-fetched to show anybody. Long padding makes every evaluation dear, and
// adds nothing to another change.
function* pairs(): Iterable<readonly [Transformation, Transformation]> {
  const some = ALL.filter(({ group, confidence }) => group !== 'length' && confidence !== 'possible')
  const all = some.flatMap((first, index) => some.slice(index + 1).map((second) => [first, second] as const))
  for (const confidence of CONFIDENCES)
    yield* all.filter((pair) => leastSure(pair.map((one) => one.confidence)) === confidence)
}

function few(transformation: Transformation, request: Request): readonly Spelling[] {
  const all = [...transformation.of(request)]
  return all.length <= IN_PAIRS ? all : [...all.slice(0, IN_PAIRS), ...all.slice(-1)]
}

function variantOf(change: Spelling, transformation: Transformation, before: readonly Turn[]): Variant {
  const how = [...before, { transformation, what: change.what }]
  return {
    request: change.request,
    how,
    confidence: leastSure(how.map((turn) => turn.transformation.confidence)),
    smaller: function* () {
      for (const less of change.smaller?.() ?? []) yield variantOf(less, transformation, before)
    },
  }
}

function keyOf({ method, url, headers, host }: Request): string {
  return JSON.stringify([method, url, headers, host])
}
