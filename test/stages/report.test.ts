import test from 'ava'
import { laneOfServer, worst } from '../../reconciler/stages/report.ts'
import {
  blockText,
  enforcing,
  line,
  mitigationText,
  policyText,
  services,
  shipped,
  statesOf,
} from '../helpers/line.ts'

test('a mitigation has the worst state of its resources', (t) => {
  t.is(worst(['in-sync', 'absent', 'held']), 'held')
  t.is(worst(['unknown', 'failed']), 'failed')
  t.is(worst([]), 'absent')
})

test('the lane of a build is its first three parts', (t) => {
  t.is(laneOfServer({ name: 'a', exchange: '15.01.2507.006', environment: {} }), '15.1.2507')
  t.is(laneOfServer({ name: 'a', environment: {} }), undefined)
  t.is(laneOfServer({ name: 'a', exchange: 'x.y.z', environment: {} }), undefined)
})

test('what the repository no longer has is told of while something of it is left', async (t) => {
  const one = await line(t)
  one.commit(enforcing('PING1', 'M1'))
  await one.pass()
  one.commit(enforcing('PING1'))
  const held = await one.pass()
  const gone = held.mitigations.find(({ name }) => name === 'M1')
  t.like(gone ?? {}, { verdict: 'not-selected', state: 'held' })
  t.regex(gone?.reason ?? '', /no longer in the repository/)
  await one.allow(held.plan?.id ?? '')
  await one.pass()
  t.deepEqual(Object.keys(statesOf(await one.pass())), ['PING1'])
})

test('a server without what is required fails for it and is exposed', async (t) => {
  const one = await line(t, { without: ['url-rewrite'] })
  one.commit(enforcing('M1'))
  const report = await one.pass()
  t.like(report.mitigations[0] ?? {}, { verdict: 'unsupported', state: 'failed', exposed: true })
  t.is(report.result, 'failed')
})

test('exposed says whether it acts, not why it does not', async (t) => {
  const one = await line(t)
  const exposed = async () => (await one.pass()).mitigations.find(({ name }) => name === 'M1')?.exposed
  one.commit({ ...enforcing('M1'), 'policies/b.yaml': blockText('M1', 'remove: false') })
  t.true(await exposed())
  one.commit(enforcing('M1'))
  t.false(await exposed())
  one.commit({ ...enforcing('M1'), 'policies/b.yaml': blockText('M1', 'remove: false') })
  t.false(await exposed(), 'what a block keeps acts still')
})

test('what a block keeps for one mitigation stays when another that shares it goes', async (t) => {
  const one = await line(t)
  const files = (names: string, more = {}) => ({
    'mitigations/a.yaml': mitigationText('A', services('MSExchangeHM')),
    'mitigations/b.yaml': mitigationText('B', services('MSExchangeHM')),
    'mitigations/M1.yaml': shipped('M1'),
    'policies/all.yaml': policyText('all', `{ mitigations: [${names}], mode: enforce }`),
    ...more,
  })
  const block = { 'policies/x.yaml': blockText('A', 'remove: false') }
  one.commit(files('A, B, M1'))
  await one.pass()
  one.commit(files('A, B, M1', block))
  t.like(statesOf(await one.pass()), { A: 'kept', B: 'in-sync' })
  one.commit(files('A, M1', block))
  t.is(statesOf(await one.pass())['A'], 'kept')
  t.like(await one.service('MSExchangeHM'), { status: 'Stopped' })
  one.commit(files('M1'))
  await one.pass()
  t.like(await one.service('MSExchangeHM'), { status: 'Running' })
})
