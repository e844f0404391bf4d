import test from 'ava'
import type { Target } from '../../reconciler/model/target.ts'
import { recordStep } from '../../reconciler/stages/intend.ts'
import {
  enforcing,
  type Files,
  type Line,
  line,
  mitigationText,
  policyText,
  services,
  shipped,
} from '../helpers/line.ts'
import { Machine } from '../helpers/machine.ts'

const UM = 'service:MSExchangeUM'
const all: Files = {
  ...enforcing('M1'),
  'mitigations/s.yaml': mitigationText('Stops', services('MSExchangeUM')),
  'mitigations/p.yaml': mitigationText(
    'Pool',
    '    - { kind: app-pool, name: MSExchangeOABAppPool, autoStart: false, state: Stopped }',
  ),
  'mitigations/PING1.yaml': shipped('PING1'),
  'policies/all.yaml': policyText('all', '{ mitigations: [M1, Stops, Pool], mode: enforce }'),
}
const none: Files = {
  ...all,
  'policies/all.yaml': policyText('all', '{ mitigations: [PING1], mode: enforce }'),
}

/** A target whose process ends after so many steps, counted over all acts. */
function dying(target: Target, steps: number): Target {
  let left = steps
  return {
    ...target,
    act: async (all, then, signal) => {
      const now = all.slice(0, left)
      left -= now.length
      const acted = await target.act(now, then, signal)
      if (now.length < all.length) throw new Error('killed')
      return acted
    },
  }
}

async function release(one: Line): Promise<void> {
  const { plan } = await one.apply()
  if (plan.held.length > 0) await one.allow(plan.id)
}

for (const verb of ['put', 'undo'] as const) {
  test(`a process that ends between any two steps of a ${verb} loses and doubles nothing`, async (t) => {
    const reference = await line(t)
    reference.commit(all)
    await reference.pass()
    const good = await reference.files()
    const wanted = Object.keys((await reference.record())?.owned ?? {}).sort()
    let deaths = 0
    for (let steps = 0; ; steps += 1) {
      const one = await line(t)
      const before = await one.files()
      const real = one.target
      one.commit(all)
      if (verb === 'undo') {
        await one.pass()
        one.commit(none)
        await release(one)
      }
      one.target = dying(real, steps)
      const died = await one.apply().then(
        () => false,
        () => true,
      )
      one.target = real
      if (!died) break
      deaths += 1
      if (verb === 'put') {
        await one.pass()
        t.deepEqual(await one.files(), good, `after ${steps} steps`)
        const record = await one.record()
        t.deepEqual(Object.keys(record?.owned ?? {}).sort(), wanted)
        t.true(Object.values(record?.owned ?? {}).every(({ settled }) => settled))
        t.deepEqual(record?.owned[UM]?.before.fields, { startType: 'Automatic', status: 'Running' })
        one.commit(none)
      }
      // A thing that went back by half is another change than the one that was allowed.
      await release(one)
      await one.pass()
      t.deepEqual(await one.files(), before, `back after ${steps} steps`)
      t.deepEqual((await one.record())?.owned, {})
      t.deepEqual((await one.record())?.made, {})
    }
    t.true(deaths >= 5, `${deaths} places to die`)
  })
}

test('what came of an intent is not asked again: before stays what it was, whatever stands there now', async (t) => {
  const one = await line(t)
  one.commit(all)
  const real = one.target
  one.target = dying(real, 2)
  await t.throwsAsync(() => one.apply(), { message: 'killed' })
  one.target = real
  t.false((await one.record())?.owned[UM]?.settled)
  t.like(await one.service('MSExchangeUM'), { status: 'Stopped' })
  await one.server((root) => Object.assign(root.services.MSExchangeUM, { startType: 'Manual' }))
  await one.pass()
  t.deepEqual((await one.record())?.owned[UM]?.before.fields, { startType: 'Automatic', status: 'Running' })
})

test('an intent of which nothing came is dropped when nobody wants it any more', async (t) => {
  const one = await line(t)
  const before = await one.files()
  one.commit(all)
  const real = one.target
  one.target = dying(real, 1)
  await t.throwsAsync(() => one.apply(), { message: 'killed' })
  one.target = real
  t.true(Object.keys((await one.record())?.owned ?? {}).length > 0)
  one.commit(none)
  await one.pass()
  t.deepEqual((await one.record())?.owned, {})
  t.deepEqual(await one.files(), before)
})

test('a record that says so already is not written, nor an empty one where there is none', (t) => {
  const record = { version: 1, server: 'ex01', instance: 'i', owned: {}, made: {} } as const
  const { see } = new Machine({})
  t.is(recordStep(record, see), null)
  t.like(recordStep({ ...record, made: { x: [{ at: 'y', tail: null }] } }, see), { expect: 'absent' })
})
