import { writeFile } from 'node:fs/promises'
import test from 'ava'
import type { Target } from '../../reconciler/model/target.ts'
import { digestOf } from '../../reconciler/util/digest.ts'
import { ROOT, rested } from '../helpers/embedded-server.ts'
import { enforcing, line, outcomesOf, policyText, shipped, statesOf } from '../helpers/line.ts'

const M1 = 'rewrite-rule:Default Web Site:PowerShell - inbound'

/** The target, with something that happens right after the steps and before the look. */
function spoiled(target: Target, spoil: () => Promise<void>): Target {
  return {
    ...target,
    act: async (steps, then, signal) => {
      const { results } = await target.act(steps, [], signal)
      if (then.length > 0) await spoil()
      return { results, sightings: (await target.look(then, new Map(), signal)).sightings }
    },
  }
}

test('only an observation makes applied: what is gone when looked at is unverified, and tried again', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  const original = await one.text(ROOT)
  const real = one.target
  one.target = spoiled(real, () => writeFile(one.path(ROOT), original))
  const report = await one.pass()
  t.deepEqual(outcomesOf(report), { [M1]: 'unverified' })
  t.is(report.result, 'failed')
  t.is(statesOf(report)['M1'], 'failed')
  t.true(report.mitigations[0]?.exposed)
  t.regex(report.outcome?.[0]?.error ?? '', /did not look as wanted/)
  one.target = real
  t.deepEqual(outcomesOf(await one.pass()), { [M1]: 'applied' })
})

test('what cannot be read after it was written is unverified, says why, and stays in the record', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  const real = one.target
  one.target = spoiled(real, () => writeFile(one.path(ROOT), '<configuration><broken'))
  const report = await one.pass()
  t.deepEqual(outcomesOf(report), { [M1]: 'unverified' })
  t.regex(report.outcome?.[0]?.error ?? '', /could not be read afterwards/)
  t.is((await one.record())?.owned[M1]?.settled, false)
  one.target = real
  const after = await one.pass()
  t.is(statesOf(after)['M1'], 'unknown')
  t.is(after.result, 'failed')
})

test('where the server cannot confirm it, the record is settled by what the look shows, in a round trip more', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  const real = one.target
  const acts: number[] = []
  one.target = {
    ...real,
    act: (steps, then, signal) => {
      acts.push(steps.length)
      // Whoever moves what was just written is faster than the step that confirms it.
      const moved = steps.map((step) => ('confirms' in step ? { ...step, expect: digestOf('moved') } : step))
      return real.act(moved, then, signal)
    },
  }
  t.deepEqual(outcomesOf(await one.pass()), { [M1]: 'applied' })
  t.deepEqual(acts, [3, 1])
  t.is((await one.record())?.owned[M1]?.settled, true)
})

test('each change is journalled once, with who wanted it and why', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1', 'M2'))
  await one.pass()
  await one.pass()
  const changes = (await one.journal()).filter(({ is }) => is === 'change')
  t.is(changes.length, 2)
  t.like(changes.find(({ key }) => key === M1) ?? {}, {
    server: 'ex01',
    verb: 'put',
    cause: 'pending',
    mitigations: ['M1'],
    reason: 'policy all selects it',
    result: 'applied',
    actor: 'test',
  })
  t.is((await one.journal()).filter(({ is }) => is === 'plan').length, 1)
})

test('an undo that somebody turns back at once is unverified', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1', 'M2'))
  await one.pass()
  const there = await one.text(ROOT)
  one.commit({
    ...enforcing('M2'),
    'mitigations/M1.yaml': shipped('M1'),
    'policies/all.yaml': policyText('all', '{ mitigations: [M2], mode: enforce }'),
  })
  const real = one.target
  one.target = spoiled(real, () => writeFile(one.path(ROOT), there))
  t.deepEqual(outcomesOf(await one.pass()), { [M1]: 'unverified' })
  one.target = real
  t.deepEqual(outcomesOf(await one.pass()), { [M1]: 'applied' })
})

test('what somebody else put in the meantime was not applied by us', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1', 'M2'))
  const real = one.target
  one.target = {
    ...real,
    act: async (steps, then, signal) => {
      const theirs = steps.find(({ name }) => name === ROOT)
      if (theirs?.become instanceof Uint8Array) {
        await writeFile(one.path(ROOT), theirs.become)
        await rested(one.path(ROOT))
      }
      return real.act(steps, then, signal)
    },
  }
  const report = await one.pass()
  const M2 = 'outbound-rule:Default Web Site/owa:OWA CSP - outbound'
  t.deepEqual(outcomesOf(report), { [M1]: 'failed', [M2]: 'applied' })
  t.is(report.result, 'conflict')
  t.deepEqual(statesOf(await one.pass()), { M1: 'in-sync', M2: 'in-sync' })
})
