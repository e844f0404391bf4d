import type { Catalogue, Origin } from '../model/catalogue.ts'
import type { Decision, Question } from '../model/verdict.ts'
import { blockedBy } from './blocks.ts'
import { type Now, type ServerView, viewOf } from './context.ts'
import { blocksInWords, switchedOff } from './questions.ts'
import { modeOf } from './selection.ts'

/** A mitigation that the server still has something of, and the repository no longer has. */
export interface Orphan {
  readonly name: string
  /** All that is left of it is ping. */
  readonly harmless: boolean
}

// Nothing said it, so there is no line to point at: the folder where it would be.
const NOWHERE: Origin = { file: 'mitigations/', line: 1, column: 1 }

/**
 * The decision about an orphan: not selected, so what we own of it is removed. The switches still count, and so do
 * blocks for every mitigation; those by severity or label cannot know it any more.
 */
export function orphanDecision(
  orphan: Orphan,
  catalogue: Catalogue,
  context: { readonly now: Now; readonly server: string },
): Decision {
  const server = viewOf(catalogue, context.server)
  const blocked = blockedBy(server.blocks, null, context.now, catalogue.time)
  const questions = ask(server, blocked.by)
  const held = questions.at(-1) as Question
  const verdict = held.verdict
  const removes = verdict === 'not-selected' || (verdict === 'blocked' && blocked.remove)
  return {
    mitigation: orphan.name,
    verdict,
    mode: modeOf(server, null).mode,
    reason: held.answer,
    origin: held.origin ?? NOWHERE,
    questions,
    effect: removes ? 'remove' : 'keep',
    applies: null,
    fixed: null,
    keeps: false,
    selected: false,
    optIn: false,
    harmless: orphan.harmless,
    ...(verdict === 'not-selected' && blocked.expired ? { expired: blocked.expired } : {}),
  }
}

// The same questions in the same order as for a known one, without those that need its definition.
function ask(server: ServerView, blocks: Parameters<typeof blocksInWords>[0]): readonly Question[] {
  const off = switchedOff(server)
  const place = server.off?.by.origin ?? server.on
  const disabled: Question = {
    verdict: 'disabled',
    asked: 'Are mitigations switched off?',
    answer: off.words,
    holds: off.is === 'yes',
    ...(place === null ? {} : { origin: place }),
  }
  if (disabled.holds) return [disabled]
  const [first] = blocks
  const blocked: Question = {
    verdict: 'blocked',
    asked: 'Does a block forbid it?',
    answer: first === undefined ? 'no block matches' : blocksInWords(blocks),
    holds: first !== undefined,
    ...(first ? { origin: first.origin } : {}),
  }
  if (blocked.holds) return [disabled, blocked]
  const answer = 'no longer in the repository'
  const asked = 'Does no policy select it here?'
  return [disabled, blocked, { verdict: 'not-selected', asked, answer, holds: true, origin: NOWHERE }]
}
