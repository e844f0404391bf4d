import type { Block, Catalogue, Mitigation, Origin } from '../model/catalogue.ts'
import type { Facts } from '../model/facts.ts'
import type { Question, Verdict } from '../model/verdict.ts'
import { type Answer, all, no, not, yes } from './answer.ts'
import { applicable } from './applicable.ts'
import { type Blocked, blockedBy } from './blocks.ts'
import type { Context, ServerView } from './context.ts'
import { type Fix, fixOf } from './fix.ts'
import { supported } from './requires.ts'
import { type Selection, selectionOf } from './selection.ts'

/** One mitigation on one server, with all that can be said about it without deciding yet. */
export interface Case {
  readonly mitigation: Mitigation
  readonly catalogue: Catalogue
  readonly facts: Facts
  readonly context: Context
  readonly server: ServerView
  readonly inRange: Answer
  readonly fix: Fix
  readonly blocked: Blocked
  readonly selection: Selection
}

/** Gathers what can be said. All of it is worked out, since `applies` and `fixed` count whatever the verdict is. */
export function caseOf(
  mitigation: Mitigation,
  server: ServerView,
  given: Pick<Case, 'catalogue' | 'facts' | 'context'>,
): Case {
  const { catalogue, facts, context } = given
  return {
    ...given,
    mitigation,
    server,
    inRange: applicable(mitigation, facts),
    fix: fixOf(mitigation, facts, context.versions),
    blocked: blockedBy(server.blocks, mitigation, context.now, catalogue.time),
    selection: selectionOf(server, mitigation),
  }
}

interface Rung {
  readonly verdict: Verdict
  readonly asked: string
  readonly answer: (of: Case) => Answer
  /** Null where nothing says it: the answer is that there is none. */
  readonly origin: (of: Case) => Origin | null
}

/** The verdicts in the order of docs/glossary.md; `unknown` has no rung, see `ask`. */
const LADDER: readonly Rung[] = [
  {
    verdict: 'disabled',
    asked: 'Are mitigations switched off?',
    answer: ({ server }) => switchedOff(server),
    origin: ({ server }) => server.off?.by.origin ?? server.on,
  },
  {
    verdict: 'not-applicable',
    asked: 'Is the role or the build outside what it is for?',
    answer: ({ inRange }) => not(inRange),
    origin: ({ mitigation }) => mitigation.appliesTo.origin,
  },
  {
    verdict: 'fixed',
    asked: 'Does the build have the fix, so that it can go?',
    answer: ({ mitigation, fix }) => retired(mitigation, fix),
    origin: ({ mitigation, fix }) =>
      (fix.below.is === 'yes' ? mitigation.keepUntil?.origin : undefined) ?? mitigation.fixedIn.origin,
  },
  {
    verdict: 'blocked',
    asked: 'Does a block forbid it?',
    answer: ({ blocked }) =>
      blocked.by.length > 0 ? yes(blocksInWords(blocked.by)) : no('no block matches'),
    origin: ({ blocked }) => blocked.by[0]?.origin ?? null,
  },
  {
    verdict: 'not-selected',
    asked: 'Does no policy select it here?',
    answer: ({ selection }) => (selection.selected ? no(selection.words) : yes(selection.words)),
    origin: ({ selection, mitigation }) => selection.by?.origin ?? mitigation.origin,
  },
  {
    verdict: 'unsupported',
    asked: 'Is something missing that it requires?',
    answer: ({ mitigation, facts }) => not(supported(mitigation, facts)),
    origin: ({ mitigation }) => mitigation.requiresOrigin,
  },
  {
    verdict: 'audit',
    asked: 'Is it only audited?',
    answer: ({ selection }) =>
      selection.mode === 'audit' ? yes(selection.modeWords) : no(selection.modeWords),
    origin: ({ selection, mitigation }) => selection.modeBy?.origin ?? mitigation.origin,
  },
]

/**
 * Asks in order until one holds. A question that needs a fact nobody could read ends it as `unknown`: what comes
 * after it might be decided wrongly, and what comes before it did not need the fact.
 */
export function ask(of: Case): readonly Question[] {
  const questions: Question[] = []
  // Answered one by one: a later question may need facts that this server cannot give and nobody needs.
  for (const rung of LADDER) {
    const { is, words } = rung.answer(of)
    const origin = rung.origin(of)
    const question = { asked: rung.asked, answer: words, ...(origin === null ? {} : { origin }) }
    if (is === 'unknown') return [...questions, { ...question, verdict: 'unknown', holds: true }]
    questions.push({ ...question, verdict: rung.verdict, holds: is === 'yes' })
    if (is === 'yes') return questions
  }
  const { selection, mitigation } = of
  const origin = selection.by?.origin ?? mitigation.origin
  const answer = selection.words
  return [...questions, { verdict: 'enforced', asked: 'Is it enforced?', answer, holds: true, origin }]
}

/** Whether the organization or the server is switched off, with who said so and why. */
export function switchedOff({ off }: ServerView): Answer {
  if (off === null) return no('they are switched on')
  const { reason, owner } = off.by
  const why = [reason, owner === undefined ? undefined : `(${owner})`].filter((part) => part !== undefined)
  return yes(`switched off for ${off.of}${why.length > 0 ? `: ${why.join(' ')}` : ''}`)
}

/** All reasons, since lifting one of several blocks changes nothing. */
export function blocksInWords(blocks: readonly Block[]): string {
  return blocks.map(({ name, reason, owner }) => `block ${name}: ${reason} (${owner})`).join('; ')
}

function retired({ onFixed }: Mitigation, { fixed, below }: Fix): Answer {
  if (fixed.is === 'no') return fixed
  // Asked before an unknown build counts: the answer would be the same whatever the build is.
  if (onFixed === 'keep') return no('it is kept when the fix is installed (onFixed: keep)')
  return below.is === 'no' ? fixed : all([fixed, not(below)])
}
