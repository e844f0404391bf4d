import test from 'ava'
import type { Change } from '../../reconciler/model/plan.ts'
import type { Outcome } from '../../reconciler/model/report.ts'
import { flapping, type Stops, secondLooks, stopsAfter } from '../../reconciler/stages/flapping.ts'
import { type Line, line, MINUTE, mitigationText, policyText, START, services } from '../helpers/line.ts'

const UM = 'service:MSExchangeUM'

function change(over: Partial<Change> = {}): Change {
  return {
    verb: 'put',
    key: UM,
    kind: 'service',
    mitigations: ['M'],
    cause: 'pending',
    before: { status: 'Running', startType: 'Automatic' },
    after: { status: 'Stopped', startType: 'Disabled' },
    impact: { stops: ['MSExchangeUM'], restarts: [] },
    id: 'id',
    ...over,
  }
}

const applied = ({ key, verb, cause }: Change): Outcome => ({ key, verb, cause, result: 'applied' })

/** After a change that was made. */
const made = (before: Stops, one: Change, at: number) =>
  stopsAfter(before, { changes: [one], outcomes: [applied(one)], at })

test('what is stopped is looked at again after a minute and after five', (t) => {
  const stops = made({}, change(), START)
  t.deepEqual(stops, { [UM]: { at: START } })
  t.deepEqual(secondLooks(stops), [START + MINUTE, START + 5 * MINUTE])
  t.deepEqual(flapping(stops), [])
})

test('what runs again within a quarter of an hour is flapping, until it is quiet as long', (t) => {
  const stops = made({}, change(), START)
  const drift = change({ cause: 'drift' })
  const again = made(stops, drift, START + MINUTE)
  t.deepEqual(again, { [UM]: { at: START + MINUTE, back: START + MINUTE } })
  t.deepEqual(flapping(again), [UM])
  const nothing = { changes: [], outcomes: [] }
  t.deepEqual(flapping(stopsAfter(again, { ...nothing, at: START + 15 * MINUTE })), [UM])
  t.deepEqual(stopsAfter(again, { ...nothing, at: START + 16 * MINUTE }), {})
})

test('what is held because it comes back is flapping, too, and is not counted as stopped', (t) => {
  const stops = made({}, change(), START)
  const held = stopsAfter(stops, {
    changes: [change({ cause: 'drift' })],
    outcomes: [],
    at: START + 2 * MINUTE,
  })
  t.deepEqual(held, { [UM]: { at: START, back: START + 2 * MINUTE } })
})

test('a stop that failed, a start, a file and an undo are no stops', (t) => {
  const failed: Outcome = { ...applied(change()), result: 'failed' }
  t.deepEqual(stopsAfter({}, { changes: [change()], outcomes: [failed], at: START }), {})
  t.deepEqual(made({}, change({ before: { status: 'Stopped' }, after: { status: 'Running' } }), START), {})
  t.deepEqual(made({}, change({ before: null, after: { value: 'x' } }), START), {})
  const undo = change({ verb: 'undo', before: { status: 'Stopped' }, after: { status: 'Running' } })
  t.deepEqual(made(made({}, change(), START), undo, START + MINUTE), {})
})

test('a pool that is stopped counts; one that drifts long after its stop is ordinary drift', (t) => {
  const pool = change({ key: 'app-pool:X', before: { state: 'Started' }, after: { state: 'Stopped' } })
  const stops = made({}, pool, START)
  t.deepEqual(Object.keys(stops), ['app-pool:X'])
  const late = made(stops, { ...pool, cause: 'drift' }, START + 20 * MINUTE)
  t.deepEqual(flapping(late), [])
})

test('a stop that another clock wrote down in times to come is forgotten', (t) => {
  t.deepEqual(stopsAfter({ [UM]: { at: START + 1 } }, { changes: [], outcomes: [], at: START }), {})
})

async function stopped(t: Parameters<typeof line>[0]): Promise<Line> {
  const one = await line(t)
  one.commit({
    'mitigations/m.yaml': mitigationText('M', services('MSExchangeUM')),
    'policies/p.yaml': policyText('p', '{ mitigations: [M], mode: enforce }'),
  })
  return one
}

/** As Managed Availability does it. */
const start = (one: Line) =>
  one.server((root) => {
    root.services.MSExchangeUM = { ...root.services.MSExchangeUM, startType: 'Automatic', status: 'Running' }
  })

test('a pass that stops something asks for the second looks, and one that finds it stopped says nothing', async (t) => {
  const one = await stopped(t)
  const first = await one.apply()
  t.is(first.conclusion?.until, START + MINUTE)
  one.time = START + MINUTE
  const second = await one.apply()
  t.is(second.report.result, 'converged')
  t.deepEqual(second.report.warnings, [])
  t.is(second.conclusion?.until, START + 5 * MINUTE)
  one.time = START + 5 * MINUTE
  t.is((await one.apply()).conclusion?.until, null)
})

test('what comes back is stopped again and told, and in the end not fought any more', async (t) => {
  const one = await stopped(t)
  await one.pass()
  const results: string[] = []
  for (const minutes of [1, 2, 3, 3.5]) {
    one.time = START + minutes * MINUTE
    await start(one)
    const report = await one.pass()
    results.push([report.result, ...(report.plan?.held ?? []).map(({ reason }) => reason)].join(' '))
    t.regex(report.warnings.join(), /service:MSExchangeUM was stopped and runs again.*MSExchangeHM/)
    t.true(report.mitigations[0]?.resources[0]?.fighting)
  }
  t.deepEqual(results, ['changed', 'changed', 'changed', 'held fight'])
  t.is((await one.service('MSExchangeUM')).status, 'Running')
  t.regex((await one.plan()).report.warnings.join(), /runs again/, 'a plan tells of it, too')
})

test('once it stays stopped for a quarter of an hour nothing is told of it', async (t) => {
  const one = await stopped(t)
  await one.pass()
  one.time += MINUTE
  await start(one)
  const { conclusion } = await one.apply()
  one.time = START + 16 * MINUTE - 1
  t.is((await one.pass()).warnings.length, 1)
  one.time = START + 16 * MINUTE
  t.true((conclusion?.until ?? 0) <= one.time)
  const report = await one.pass()
  t.deepEqual(report.warnings, [])
  t.is(report.mitigations[0]?.resources[0]?.fighting, undefined)
})
