import { compilePattern } from '../../rewrite/pattern.ts'
import { limitedEach } from '../../util/limited.ts'
import type { Backtracker, Backtracking } from './backtracking.ts'
import type { Finding } from './finding.ts'
import { quoted } from './quoted.ts'
import { referencesTo } from './references.ts'
import type { Samples } from './samples.ts'
import { powerOf, simpler } from './simpler.ts'
import { about, type Said, type Subject } from './subject.ts'
import { type PatternPlace, patternsOf, type WrittenRule } from './written.ts'

/** What patterns are judged with; `samples`: what a proposed pattern must agree with the written one on. */
export interface Judges {
  readonly backtracker: Backtracker
  readonly samples: Samples
}

/** Milliseconds for one pattern on one sample. */
const LIMIT = 200

/** Patterns that take a time out of proportion to what they are tried on. */
export async function slowPatterns(
  subject: Subject,
  judges: Judges,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const rule of subject.rules) {
    for (const place of patternsOf(rule)) {
      if (place.syntax !== 'ECMAScript' || compilePattern(place.pattern, place.syntax, true).is === 'fault')
        continue
      const found = await judged(place.pattern, place.flags, judges, signal)
      if (found.is === 'linear') continue
      const proposal = await better(rule, place, judges, signal)
      findings.push(slow(subject, place, found, proposal))
    }
  }
  return findings
}

/** Where the judge runs out of time, the form of the pattern may say enough. */
async function judged(
  pattern: string,
  flags: string,
  { backtracker }: Judges,
  signal: AbortSignal,
): Promise<Backtracking> {
  const found = await backtracker.judge(pattern, flags, signal)
  const degree = found.is === 'unknown' ? powerOf(pattern) : null
  if (degree === null) return found
  const attack = 'its own text, repeated without its end'
  return degree === 1 ? { is: 'linear' } : { is: 'polynomial', degree, attack }
}

function slow(
  subject: Subject,
  { pointer, pattern }: PatternPlace,
  found: Exclude<Backtracking, { is: 'linear' }>,
  proposal: string,
): Finding {
  const say = (code: Parameters<typeof about>[1], said: Said): Finding => about(subject, code, pointer, said)
  const why = 'Whoever may send a request chooses how long its text is, and each request keeps a thread busy.'
  if (found.is === 'unknown')
    return say('pattern-unproven', {
      message: `the time that ${brief(pattern)} takes could not be worked out: ${found.why}`,
      why: `Nobody knows whether a request can make it take minutes. ${why}`,
      remedy: 'Several conditions with short patterns say the same as one long pattern, and can be judged.',
    })
  const attack = `Such as ${brief(found.attack, LONGEST_ATTACK)}.`
  if (found.is === 'exponential')
    return say('pattern-exponential', {
      message: `${brief(pattern)} takes twice as long with each further character`,
      why: `One short request stops the server. ${attack}`,
      remedy:
        'Write it so that no part that is repeated can match one text in two ways: `(a+)+` is `a+`. No pattern can be proposed.',
    })
  const [code, word] =
    found.degree >= 3
      ? (['pattern-polynomial', `length to the power of ${found.degree}`] as const)
      : (['pattern-quadratic', 'square of the length'] as const)
  return say(code, {
    message: `the time that ${brief(pattern)} takes grows with the ${word}`,
    why: `${why} ${attack}`,
    remedy: proposal,
  })
}

/** The proposed change in words: a pattern that is better and agrees on all samples, or that there is none. */
async function better(
  rule: WrittenRule,
  place: PatternPlace,
  judges: Judges,
  signal: AbortSignal,
): Promise<string> {
  if (referencesTo(rule, place)) return 'No pattern can be proposed, since what this one captures is used.'
  const { samples } = judges
  const before = await judged(place.pattern, place.flags, judges, signal)
  for (const candidate of simpler(place.pattern)) {
    const after = await judged(candidate, place.flags, judges, signal)
    if (rank(after) >= rank(before) || !agree(place, candidate, samples)) continue
    const key = place.pointer.slice(place.pointer.lastIndexOf('/') + 1)
    const growth = rank(after) === 1 ? 'linear time' : `time by the power of ${rank(after)}`
    return `${key}: ${quoted(candidate)}\n# ${growth}; agrees on all ${samples.length} texts of the tests and the traffic`
  }
  return 'No pattern was found that is faster and agrees on all texts of the tests and the traffic.'
}

function rank(found: Backtracking): number {
  return found.is === 'linear' ? 1 : found.is === 'polynomial' ? found.degree : Number.POSITIVE_INFINITY
}

/** Whether both match the same samples; what could not be found out in time is no agreement. */
function agree({ pattern, flags }: PatternPlace, candidate: string, samples: Samples): boolean {
  const [a, b] = [new RegExp(pattern, flags), new RegExp(candidate, flags)]
  return limitedEach(LIMIT, samples, (text) => a.test(text) === b.test(text)).every(
    (each) => each.is === 'done' && each.value,
  )
}

/** Enough for any that was met; it is there to be tried. */
const LONGEST_ATTACK = 1000

function brief(text: string, longest = 90): string {
  return text.length > longest ? `${text.slice(0, longest - 3)}...` : text
}
