import test from 'ava'
import { losesProtection } from '../../reconciler/stages/unprotected.ts'
import { updateServer } from '../../reconciler/targets/embedded/create/update.ts'
import { blockText, enforcing, type Files, type Line, line, shipped } from '../helpers/line.ts'

async function loses(one: Line, files: Files): Promise<boolean> {
  one.commit(files)
  const { world, stores } = one.options()
  const facts = (await one.plan()).report.facts
  const record = await stores.recordCopy('ex01')
  if (facts === undefined || record === null) throw new Error('nothing is known of the server')
  return losesProtection(world, { server: 'ex01', facts, record })
}

test('a revision that no longer selects what is ours takes a protection', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1', 'M2'))
  await one.pass()
  t.false(await loses(one, enforcing('M1', 'M2')))
  t.true(await loses(one, { ...enforcing('M2'), 'mitigations/M1.yaml': shipped('M1') }))
  t.true(await loses(one, enforcing('M2')), 'nor does one that has it no more')
  t.false(await loses(one, { ...enforcing('M1', 'M2'), 'policies/b.yaml': blockText('M1', 'remove: true') }))
})

test('what a build fixed, or was never ours, is no protection that is taken', async (t) => {
  const one = await line(t, { with: ['eems-m2'] })
  one.commit(enforcing('M1', 'M2'))
  await one.pass()
  t.false(await loses(one, { ...enforcing('M1'), 'mitigations/M2.yaml': shipped('M2') }))
  await updateServer({ dir: one.dir, exchange: '15.1.2507.16' })
  t.false(await loses(one, { ...enforcing('M2'), 'mitigations/M1.yaml': shipped('M1') }))
})
