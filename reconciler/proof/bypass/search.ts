import type { Request } from '../../rewrite/exchange.ts'
import { within } from '../../util/limited.ts'
import type { AreBlocked, Blocked } from './blocked.ts'
import { surenessOf } from './sureness.ts'
import { CONFIDENCES, type Confidence, leastSure, lessSure, type Transformation } from './transformation.ts'
import { changedOnce, changedTwice, type Turn, type Variant } from './variants.ts'

/** When a search of one mitigation ends at the latest. */
export interface Limits {
  readonly evaluations: number
  readonly milliseconds: number
}

/** Enough for some forty tests; a few seconds, mostly. The time is ample, so that a busy machine finds the same. */
export const LIMITS: Limits = { evaluations: 40_000, milliseconds: 30_000 }

/** A request that is let through, although one like it is blocked. */
export interface Bypass {
  /** Which of the blocked requests it comes from: its index. */
  readonly test: number
  readonly request: Request
  readonly how: readonly Turn[]
  /** One step less than that of the changes where only one reading lets it through. */
  readonly confidence: Confidence
  /** Whether it is let through however IIS reads the path, or only in one reading of two. */
  readonly readings: 'both' | 'one'
  /** Names of other transformations of the same sort that are let through too. */
  readonly also: readonly string[]
}

/** What a search found, the surest first, and how far it came. */
export interface Search {
  readonly bypasses: readonly Bypass[]
  readonly evaluations: number
  /** `time` and `evaluations`: at which limit it ended before everything was tried. */
  readonly ended: 'complete' | 'evaluations' | 'time'
  /** So many of them were neither blocked nor let through, because nobody can tell. */
  readonly unknown: number
  /** Requests that are not surely blocked as they are: nothing was searched from them. By index. */
  readonly notBlocked: readonly number[]
}

/** A change is made smaller in so many trials, or a few more. */
const TRIALS = 160

/** So many of them at once: mostly one of the first will do. */
const FEW = 8

/** So many requests are asked about at once. */
const BATCH = 64

/** So many findings that need two changes at once are shown: the surest. */
const PAIRS_SHOWN = 5

/**
 * Looks for requests that mean what the blocked ones mean and are let through. Of each sort of change the surest and
 * smallest is given, so that a rule has a handful. Deterministic as long as the time does not end it; what was found by
 * then counts. What `areBlocked` throws is thrown on.
 */
export function searchBypasses(
  blocked: readonly Request[],
  areBlocked: AreBlocked,
  limits: Limits = LIMITS,
): Search {
  const hunt = new Hunt(areBlocked, limits.evaluations)
  // One limit around it all: what was found before it strikes lies in the hunt.
  const { is } = within(limits.milliseconds, () => hunt.run(blocked))
  return {
    bypasses: hunt.best(),
    evaluations: hunt.evaluations,
    ended: is === 'timeout' ? 'time' : hunt.spent ? 'evaluations' : 'complete',
    unknown: hunt.unknown,
    notBlocked: hunt.notBlocked,
  }
}

/** A blocked request to start from. */
interface Start {
  readonly test: number
  readonly request: Request
  readonly sureness: Confidence
}

/** One search: what was found so far, and what it has cost. */
class Hunt {
  evaluations = 0
  unknown = 0
  readonly notBlocked: number[] = []
  readonly #found: Bypass[] = []
  readonly #areBlocked: AreBlocked
  readonly #limit: number
  #spent = false

  constructor(areBlocked: AreBlocked, limit: number) {
    this.#areBlocked = areBlocked
    this.#limit = limit
  }

  /** Everything changed once comes before anything changed twice, which is dear and rarely needed. */
  run(blocked: readonly Request[]): void {
    const asTheyAre = this.#ask(blocked)
    // They are told as not blocked.
    this.unknown = 0
    for (const test of blocked.keys())
      if (asTheyAre[test] !== undefined && asTheyAre[test] !== true) this.notBlocked.push(test)
    const starts = [...blocked.entries()]
      .filter(([test]) => asTheyAre[test] === true)
      .map(([test, request]) => ({ test, request, sureness: surenessOf(request) }))
      // What is found from a doubtful request would hide what is found from a plain one.
      .sort((a, b) => rank(a.sureness) - rank(b.sureness))
    for (const start of starts)
      this.#follow(
        start,
        changedOnce(start.request, (one) => this.#passes(one, ['both'])),
      )
    for (const start of starts)
      this.#follow(
        start,
        // What passes alone passes with anything else.
        changedTwice(start.request, (one) => this.#passes(one, ['both', 'one'])),
      )
  }

  get spent(): boolean {
    return this.#spent
  }

  /** One for each sort of change, the others of it by name. */
  best(): readonly Bypass[] {
    const sorts = Map.groupBy(this.#found.toSorted(surest), ({ how }) =>
      how.map((turn) => turn.transformation.group).join(' '),
    )
    const all = [...sorts.values()].flatMap(([first, ...others]) => {
      if (first === undefined) return []
      const names = new Set(others.map(nameOf))
      names.delete(nameOf(first))
      return [{ ...first, also: [...names] }]
    })
    const pairs = all.filter(({ how }) => how.length > 1).sort(surest)
    return all.filter((one) => one.how.length === 1 || pairs.indexOf(one) < PAIRS_SHOWN).sort(surest)
  }

  #follow(start: Start, all: Iterable<Variant>): void {
    let batch: Variant[] = []
    for (const variant of all) {
      batch.push(variant)
      if (batch.length < BATCH) continue
      this.#judge(start, batch)
      if (this.#spent) return
      batch = []
    }
    this.#judge(start, batch)
  }

  #judge({ test, sureness }: Start, batch: readonly Variant[]): void {
    const answers = this.#ask(batch.map(({ request }) => request))
    for (const [index, variant] of batch.entries()) {
      const answer = answers[index]
      if (answer === undefined || answer === true || answer === 'unknown' || this.#known(variant, answer))
        continue
      const { request, how, confidence } = this.#smallest(variant, answer)
      const [readings, sure] =
        answer === false ? (['both', confidence] as const) : (['one', lessSure(confidence)] as const)
      this.#found.push({ test, request, how, confidence: leastSure([sure, sureness]), readings, also: [] })
    }
  }

  #smallest(variant: Variant, answer: Blocked): Variant {
    let smallest = variant
    for (let trials = 0; trials < TRIALS; ) {
      const candidates = [...smallest.smaller()]
      const before = smallest
      for (let at = 0; at < candidates.length && smallest === before && trials < TRIALS; at += FEW) {
        const some = candidates.slice(at, at + FEW)
        trials += some.length
        smallest = some[this.#ask(some.map(({ request }) => request)).indexOf(answer)] ?? smallest
      }
      if (smallest === before) break
    }
    return smallest
  }

  #ask(requests: readonly Request[]): readonly Blocked[] {
    const some = requests.slice(0, this.#limit - this.evaluations)
    if (some.length < requests.length) this.#spent = true
    this.evaluations += some.length
    const answers = some.length === 0 ? [] : this.#areBlocked(some)
    this.unknown += answers.filter((one) => one === 'unknown').length
    return answers
  }

  #passes({ name }: Transformation, readings: readonly Bypass['readings'][]): boolean {
    return this.#found.some(
      (one) =>
        one.how.length === 1 && one.how[0]?.transformation.name === name && readings.includes(one.readings),
    )
  }

  /** That it passes in one reading is no news when it does in one already; that it does in both, is. */
  #known(variant: Variant, answer: Blocked): boolean {
    const readings = answer === false ? (['both'] as const) : (['both', 'one'] as const)
    if (variant.how.some(({ transformation }) => this.#passes(transformation, readings))) return true
    return this.#found.some(
      (one) => nameOf(one) === nameOf(variant) && readings.some((each) => each === one.readings),
    )
  }
}

function nameOf({ how }: Pick<Bypass, 'how'>): string {
  return how.map((turn) => turn.transformation.name).join(' with ')
}

function rank(confidence: Confidence): number {
  return CONFIDENCES.indexOf(confidence)
}

function surest(a: Bypass, b: Bypass): number {
  return (
    rank(a.confidence) - rank(b.confidence) ||
    a.how.length - b.how.length ||
    Number(a.readings === 'one') - Number(b.readings === 'one') ||
    a.test - b.test
  )
}
