import test from 'ava'
import fc from 'fast-check'
import type { Outcome, ServerReport } from '../../reconciler/model/report.ts'
import type { Memory } from '../../reconciler/model/store.ts'
import { noMemory } from '../../reconciler/model/store.ts'
import { isBackedOff, type Pass, pastOf, remember } from '../../reconciler/stages/remember.ts'
import { HOUR, MINUTE, START } from '../helpers/line.ts'
import { mitigation, report, resource } from '../helpers/reports.ts'

const KEY = 'service:S'
const DAY = 24 * HOUR
const put: Outcome = { key: KEY, verb: 'put', cause: 'drift', result: 'applied' }

function pass(
  memory: Memory,
  at: number,
  over: Partial<Pass> & { readonly of?: Partial<ServerReport> } = {},
): Memory {
  const { of, ...rest } = over
  const base: Pass = {
    report: report({ at, result: 'changed', ...of }),
    outcomes: [put],
    open: true,
    allowed: [],
    fixedSince: {},
    stops: {},
    failedUnder: null,
  }
  return remember(memory, { ...base, ...rest })
}

test('three corrections within a quarter of an hour, then back-offs that double up to an hour', (t) => {
  let memory = noMemory('ex01')
  let at = START
  const waits: number[] = []
  for (let round = 0; round < 12; round += 1) {
    memory = pass(memory, at)
    const until = memory.corrections[KEY]?.until ?? 0
    waits.push((until - at) / MINUTE)
    at = Math.max(until, at + MINUTE)
  }
  t.deepEqual(waits, [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60])
})

test('a fight that a clock far ahead wrote down is forgotten, not waited for', (t) => {
  let memory = noMemory('ex01')
  for (let round = 0; round < 4; round += 1) memory = pass(memory, START + 1000 * DAY + round * MINUTE)
  const ahead = memory.corrections[KEY]
  t.true(ahead !== undefined && ahead.rounds > 0)
  if (ahead === undefined) return
  t.true(isBackedOff(ahead, START + 1000 * DAY + 3 * MINUTE), 'it holds as long as the clock says so')
  t.false(isBackedOff(ahead, START))
  memory = pass(memory, START)
  t.deepEqual(memory.corrections[KEY], { times: [START], rounds: 0, until: START })
})

test('corrections far enough apart are no fight', (t) => {
  let memory = noMemory('ex01')
  for (let round = 0; round < 20; round += 1) memory = pass(memory, START + round * 8 * MINUTE)
  t.is(memory.corrections[KEY]?.rounds, 0)
})

const NO_CORRECTIONS: readonly Partial<Outcome>[] = [
  { verb: 'undo' },
  { cause: 'pending' },
  { cause: 'upgrade' },
  { result: 'not-attempted' },
]
for (const over of NO_CORRECTIONS) {
  test(`no correction: ${JSON.stringify(over)}`, (t) => {
    t.deepEqual(pass(noMemory('ex01'), START, { outcomes: [{ ...put, ...over }] }).corrections, {})
  })
}

test('allow and six quiet hours end a fight', (t) => {
  let memory = noMemory('ex01')
  for (const minute of [0, 1, 2]) memory = pass(memory, START + minute * MINUTE)
  t.true((memory.corrections[KEY]?.until ?? 0) > START)
  t.is(pass(memory, START + 3 * MINUTE, { allowed: [KEY] }).corrections[KEY]?.rounds, 0)
  t.deepEqual(pass(memory, START + 7 * HOUR, { outcomes: [] }).corrections, {})
})

test('a back-off is never longer than an hour, and times do not pile up', (t) => {
  const law = () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 60 }), (pauses) => {
        let memory = noMemory('ex01')
        let at = START
        for (const pause of pauses) {
          at += pause * MINUTE
          memory = pass(memory, at)
          const fight = memory.corrections[KEY]
          if (fight === undefined || fight.until - at > HOUR || fight.times.length > 10) return false
        }
        return true
      }),
    )
  t.notThrows(law)
})

test('only a good pass over a server that could be written to counts as the last good one', (t) => {
  const facts = { name: 'ex01', exchange: '15.1.2507.6', environment: {} }
  const first = pass(noMemory('ex01'), START, { of: { facts, revision: 'a' } })
  t.deepEqual(first.lastGood, { at: START, revision: 'a', build: '15.1.2507.6' })
  const others: readonly Memory[] = [
    pass(first, START + 1, { open: false, of: { facts, revision: 'b' } }),
    pass(first, START + 1, { of: { facts, revision: 'b', result: 'failed' } }),
    pass(first, START + 1, { of: { facts, revision: 'b', result: 'conflict' } }),
  ]
  for (const other of others) {
    t.deepEqual(other.lastGood, first.lastGood)
    t.is(other.report?.revision, 'b')
  }
})

test('what moved since, and how each resource was; who does not want it has no say', (t) => {
  const of = {
    revision: 'a',
    facts: { name: 'ex01', exchange: '15.1.2507.6', environment: {} },
    mitigations: [
      mitigation({ name: 'A', resources: [resource({ key: KEY, state: 'in-sync' })] }),
      mitigation({ name: 'B', resources: [resource({ key: KEY, state: 'absent' })] }),
    ],
  }
  const memory = pass(noMemory('ex01'), START, { of })
  const past = (revision: string, build: string | null) => pastOf(memory, { revision, build, lost: false })
  t.like(past('a', '15.1.2507.6'), { moved: false, upgraded: false })
  t.like(past('b', '15.1.2507.16'), { moved: true, upgraded: true })
  t.is(past('a', null).states.get('service:s'), 'in-sync')
  t.like(pastOf(noMemory('ex01'), { revision: 'a', build: 'b', lost: true }), {
    moved: true,
    upgraded: false,
    lost: true,
  })
})
