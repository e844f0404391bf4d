import test from 'ava'
import type { Block } from '../../reconciler/model/catalogue.ts'
import type { DesiredState } from '../../reconciler/model/verdict.ts'
import type { Context } from '../../reconciler/policy/context.ts'
import { seenFixes } from '../../reconciler/policy/retire.ts'
import { resolve } from '../../reconciler/stages/resolve.ts'
import {
  block,
  catalogue,
  context,
  DAY,
  facts,
  KINDS,
  mitigation,
  NOW,
  policy,
  without,
} from '../helpers/catalogue.ts'

const COMMIT = NOW - DAY

function withBlock(over: Partial<Block>, clock: Partial<Context['now']> = {}): DesiredState {
  const now = { time: NOW, trusted: true, ...clock }
  return resolve(catalogue({ blocks: [block('b', over)] }), facts(), KINDS, context({ now }))
}

test('a block holds up to its last moment, and not at its end', (t) => {
  const before = withBlock({ expires: NOW + 1 })
  t.is(before.decisions[0]?.verdict, 'blocked')
  t.is(before.until, NOW + 1)
  const after = withBlock({ expires: NOW })
  t.like(after.decisions[0], { verdict: 'enforced', expired: { block: 'b', hold: true } })
  t.is(after.until, null)
})

test('a block without an end never changes by time', (t) => {
  t.is(withBlock({}).until, null)
  t.is(withBlock({}).decisions[0]?.verdict, 'blocked')
})

test('what an ended block held back waits, unless it says apply or a later commit has seen it', (t) => {
  const hold = (over: Partial<Block>) => withBlock(over).decisions[0]?.expired?.hold
  t.true(hold({ expires: COMMIT + 1 }))
  t.false(hold({ expires: COMMIT + 1, onExpiry: 'apply' }))
  t.false(hold({ expires: COMMIT }))
})

test('of two ended blocks the one that holds counts, and one in force hides both', (t) => {
  const ended = [block('a', { expires: COMMIT + 1, onExpiry: 'apply' }), block('b', { expires: COMMIT + 1 })]
  const both = resolve(catalogue({ blocks: ended }), facts(), KINDS, context())
  t.deepEqual(both.decisions[0]?.expired, { block: 'b', hold: true })
  const third = resolve(catalogue({ blocks: [...ended, block('c')] }), facts(), KINDS, context())
  t.like(third.decisions[0], { verdict: 'blocked', expired: undefined })
})

test('an ended block shows on removals too, not on what it never decided', (t) => {
  const blocks = [block('b', { expires: NOW - 1 })]
  const deselected = resolve(catalogue({ blocks, policies: [] }), facts(), KINDS, context())
  t.like(deselected.decisions[0], { verdict: 'not-selected', expired: { block: 'b' } })
  const fixed = resolve(catalogue({ blocks }), facts({ exchange: '15.1.2507.16' }), KINDS, context())
  t.like(fixed.decisions[0], { verdict: 'fixed', expired: undefined })
})

test('a block for other servers or mitigations neither holds nor moves until', (t) => {
  const other = withBlock({ expires: NOW + 5, mitigations: { is: 'names', names: ['M2'] } })
  t.is(other.until, null)
  const elsewhere = withBlock({ expires: NOW + 5, servers: { is: 'some', names: ['ex02'], labels: {} } })
  t.is(elsewhere.until, null)
})

test('nothing lapses while the clock is earlier than the commit in force', (t) => {
  const early = { time: COMMIT - 2 }
  const state = withBlock({ expires: COMMIT - 5 }, early)
  t.is(state.decisions[0]?.verdict, 'blocked')
  t.is(state.until, COMMIT)
  t.regex(state.warnings[0] ?? '', /earlier than the commit/)
})

test('nothing lapses after a jump of the clock, save what had before the commit', (t) => {
  const jumped = { trusted: false }
  const state = withBlock({ expires: COMMIT + 1 }, jumped)
  t.is(state.decisions[0]?.verdict, 'blocked')
  t.is(state.until, NOW, 'to be asked again at once')
  t.regex(state.warnings[0] ?? '', /jumped/)
  t.is(withBlock({ expires: COMMIT }, jumped).decisions[0]?.verdict, 'enforced')
})

test('a block with an end removes nothing while the clock does not hold', (t) => {
  const effect = (over: Partial<Block>, clock: Partial<Context['now']>) =>
    withBlock({ remove: true, ...over }, clock).decisions[0]?.effect
  t.is(effect({ expires: NOW + DAY }, {}), 'remove')
  t.is(effect({ expires: NOW + DAY }, { trusted: false }), 'keep')
  t.is(effect({ expires: NOW + DAY }, { time: COMMIT - 1 }), 'keep')
  t.is(effect({}, { trusted: false }), 'remove')
})

const FIXED = facts({ exchange: '15.1.2507.16' })

function retiring(over: Partial<Context>): DesiredState {
  return resolve(catalogue(), FIXED, KINDS, context({ retireAfter: DAY, ...over }))
}
const since = (at: number, build = '15.1.2507.16') => ({ M1: { build, at } })

test('a fix seen for the first time is waited for, from now on', (t) => {
  const state = retiring({})
  t.like(state.decisions[0], { verdict: 'fixed', effect: 'keep', fixed: true })
  t.regex(state.decisions[0]?.reason ?? '', /at 2026-09-02T12:00:00\.000Z/)
  t.is(state.until, NOW + DAY)
})

test('a fix seen long enough retires its mitigation, a moment before it does not', (t) => {
  t.is(retiring({ fixedSince: since(NOW - DAY) }).decisions[0]?.effect, 'remove')
  t.is(retiring({ fixedSince: since(NOW - DAY) }).until, null)
  const early = retiring({ fixedSince: since(NOW - DAY + 1) })
  t.is(early.decisions[0]?.effect, 'keep')
  t.is(early.until, NOW + 1)
})

test('another build starts the wait again, and so does a moment that has not come', (t) => {
  t.is(retiring({ fixedSince: since(NOW - 9 * DAY, '15.1.2507.17') }).until, NOW + DAY)
  t.is(retiring({ fixedSince: since(NOW + 9 * DAY) }).until, NOW + DAY)
})

test('retireAfter does not end while the clock does not hold, and none is needed for zero', (t) => {
  const jumped = { time: NOW, trusted: false }
  const state = retiring({ now: jumped, fixedSince: since(NOW - 9 * DAY) })
  t.is(state.decisions[0]?.effect, 'keep')
  t.is(state.until, NOW)
  const behind = retiring({ now: { time: COMMIT - 1, trusted: true }, fixedSince: since(NOW - 9 * DAY) })
  t.is(behind.decisions[0]?.effect, 'keep')
  t.is(retiring({ now: jumped, retireAfter: 0 }).decisions[0]?.effect, 'remove')
})

test('a wait longer than any calendar is words, not a fault', (t) => {
  t.regex(retiring({ retireAfter: 1e300 }).decisions[0]?.reason ?? '', /beyond any calendar/)
})

test('until is the earliest of all', (t) => {
  const blocks = [block('b', { expires: NOW + 7 }), block('c', { expires: NOW + 5 })]
  const mitigations = [mitigation('M1'), mitigation('M2')]
  t.is(resolve(catalogue({ blocks, mitigations }), facts(), KINDS, context()).until, NOW + 5)
})

test('fixes are remembered from their first sight, per version, and forgotten when they go', (t) => {
  const first = seenFixes(catalogue(), FIXED, context())
  t.deepEqual(first, since(NOW))
  const later = context({ now: { time: NOW + 5, trusted: true }, fixedSince: first })
  t.deepEqual(seenFixes(catalogue(), FIXED, later), first)
  t.deepEqual(
    seenFixes(catalogue(), facts({ exchange: '15.1.2507.17' }), later),
    since(NOW + 5, '15.1.2507.17'),
  )
  t.deepEqual(seenFixes(catalogue(), facts(), later), {})
  t.deepEqual(seenFixes(catalogue({ mitigations: [] }), FIXED, later), {})
})

test('an unknown build breaks nothing, a clock that does not hold begins nothing', (t) => {
  const known = since(NOW - 5)
  t.deepEqual(seenFixes(catalogue(), without(['exchange']), context({ fixedSince: known })), known)
  t.deepEqual(seenFixes(catalogue(), FIXED, context({ now: { time: NOW, trusted: false } })), {})
  t.deepEqual(
    seenFixes(catalogue(), FIXED, context({ now: { time: NOW, trusted: false }, fixedSince: known })),
    known,
  )
  t.deepEqual(seenFixes(catalogue(), FIXED, context({ fixedSince: since(NOW + 9) })), since(NOW))
})

test('until is true: nothing changes before it', (t) => {
  const blocks = [block('b', { expires: NOW + 50 })]
  const mitigations = [mitigation('M1'), mitigation('M2', { optIn: true })]
  const policies = [policy('p')]
  const world = catalogue({ blocks, mitigations, policies })
  const verdicts = (time: number) =>
    resolve(world, facts(), KINDS, context({ now: { time, trusted: true } })).decisions.map(
      ({ verdict }) => verdict,
    )
  t.deepEqual(verdicts(NOW), verdicts(NOW + 49))
  t.notDeepEqual(verdicts(NOW), verdicts(NOW + 50))
})
