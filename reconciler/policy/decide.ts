import type { Mitigation } from '../model/catalogue.ts'
import type { Decision, Question, Verdict } from '../model/verdict.ts'
import { ask, type Case } from './questions.ts'
import { lacksRewrite } from './requires.ts'
import { retiresAt } from './retire.ts'
import { inWords } from './time.ts'

/** A decision, and when time alone could change it (milliseconds since 1970). */
export interface Decided {
  readonly decision: Decision
  readonly until: number | null
}

/** Decides one mitigation on one server. */
export function decide(of: Case): Decided {
  const { mitigation, fix, blocked, selection } = of
  const questions = ask(of)
  const held = questions.at(-1) as Question
  // `ask` ends with a question that holds, in every case.
  const { effect, reason, until } = consequence(of, held)
  const late = of.blocked.expired !== null && AFTER_BLOCKS.has(held.verdict)
  const decision: Decision = {
    mitigation: mitigation.name,
    verdict: held.verdict,
    mode: selection.mode,
    reason,
    origin: held.origin ?? mitigation.origin,
    questions,
    effect,
    applies: applies(of),
    fixed: fix.fixed.is === 'unknown' ? null : fix.fixed.is === 'yes',
    keeps: fix.fixed.is === 'yes' && (mitigation.onFixed === 'keep' || fix.below.is === 'yes'),
    selected: selection.selected,
    optIn: mitigation.optIn,
    harmless: isHarmless(mitigation),
    ...(late && blocked.expired ? { expired: blocked.expired } : {}),
  }
  return { decision, until: earliest([until, blocked.until]) }
}

/** Verdicts that a block in force would have prevented. */
const AFTER_BLOCKS: ReadonlySet<Verdict> = new Set(['not-selected', 'unsupported', 'audit', 'enforced'])

/** Whether all that it does is ping. */
function isHarmless({ resources }: Mitigation): boolean {
  return resources.every(({ kind }) => kind === 'ping')
}

/** The earliest of some moments; null: never. */
export function earliest(moments: readonly (number | null)[]): number | null {
  const some = moments.filter((moment) => moment !== null)
  return some.length > 0 ? some.reduce((a, b) => Math.min(a, b)) : null
}

/** What follows from a verdict; `until`: when time ends a wait. */
type Consequence = Pick<Decision, 'effect' | 'reason'> & { readonly until: number | null }

function consequence(of: Case, { verdict, answer }: Question): Consequence {
  const result = (effect: Decision['effect'], reason = answer): Consequence => ({
    effect,
    reason,
    until: null,
  })
  switch (verdict) {
    // Neither may cost a protection: not a fact that could not be read, and not a switch that somebody may turn back.
    case 'unknown':
    case 'disabled':
      return result('keep')
    case 'not-applicable':
    case 'not-selected':
      return result('remove')
    case 'fixed':
      return retire(of, answer)
    case 'blocked':
      return result(of.blocked.remove ? 'remove' : 'keep')
    case 'unsupported':
      return result(lacksRewrite(of.mitigation, of.facts) ? 'remove' : 'keep')
    case 'audit':
      // Worked out like what is enforced, so that the plan can show it; the mode keeps it from being written.
      return result('converge', `${of.selection.words}, but ${answer}`)
    case 'enforced':
      return result('converge', stays(of, answer))
  }
}

function retire({ mitigation, fix, context, catalogue }: Case, answer: string): Consequence {
  const waits = fix.version === null ? null : retiresAt(mitigation.name, fix.version, context, catalogue.time)
  if (waits === null) return { effect: 'remove', reason: answer, until: null }
  const reason = `${answer}; what is ours stays until the fix has been seen for long enough, at ${inWords(waits.at)}`
  return { effect: 'keep', reason, until: waits.lookAgain }
}

function stays({ mitigation, fix }: Case, answer: string): string {
  if (fix.fixed.is !== 'yes') return answer
  return mitigation.onFixed === 'keep'
    ? `${answer}; kept with the fix (onFixed: keep)`
    : `${answer}; ${fix.below.words}`
}

// A build with the fix no longer needs it, so it does not apply there, even while it stays for another reason.
function applies({ inRange, fix }: Case): boolean | null {
  if (inRange.is === 'no' || fix.fixed.is === 'yes') return false
  return inRange.is === 'unknown' || fix.fixed.is === 'unknown' ? null : true
}
