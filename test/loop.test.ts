import { chmod, rename } from 'node:fs/promises'
import test from 'ava'
import type { Target } from '../reconciler/model/target.ts'
import { Rollout } from '../reconciler/pipeline/rollout.ts'
import { ROOT } from './helpers/embedded-server.ts'
import { enforcing, line, statesOf } from './helpers/line.ts'
import { passes, post, running, until } from './helpers/tower.ts'

test('all servers are passed over; one that cannot be reached does not stop the others', async (t) => {
  const [one, two] = [await line(t), await line(t, { name: 'ex02' })]
  for (const each of [one, two]) each.commit(enforcing('M1'))
  await rename(two.dir, `${two.dir}.away`)
  const posts = [post(t, two), post(t, one)]
  const { stop } = running(t, one, posts)
  await until('both were tried', () => posts.every(({ events }) => passes(events).length > 0))
  t.is(passes(posts[0]?.events ?? [])[0]?.result, 'unreachable')
  t.is(passes(posts[1]?.events ?? [])[0]?.result, 'changed')
  await stop()
})

test('a revision that moved makes every server due at once', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  const here = post(t, one)
  const { loop, signal } = running(t, one, [here])
  await until('a first pass', () => passes(here.events).length > 0)
  one.commit(enforcing('M1', 'M2'))
  loop.lookAtSource(signal)
  await until('M2 in sync', () => {
    const last = passes(here.events).at(-1)
    return last !== undefined && statesOf(last)['M2'] === 'in-sync'
  })
  t.is(passes(here.events).at(-1)?.revision, one.catalogue.revision)
})

test('many triggers are few passes, never two at once, and none is lost', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  let under = 0
  let most = 0
  const target: Target = {
    ...one.target,
    look: async (queries, known, signal) => {
      most = Math.max(most, ++under)
      await new Promise((resolve) => setTimeout(resolve, 30))
      const seen = await one.target.look(queries, known, signal)
      under -= 1
      return seen
    },
  }
  const here = post(t, one, target)
  const { loop, signal } = running(t, one, [here])
  await until('a first pass', () => passes(here.events).length > 0)
  const before = passes(here.events).length
  await one.edit(ROOT, (text) => text.replace('<rule name="Stopgap', '<rule enabled="false" name="Stopgap'))
  for (let trigger = 0; trigger < 50; trigger += 1) loop.lookAt(here.worker, signal)
  await until(
    'the drift is corrected',
    async () => !(await one.text(ROOT)).includes('enabled="false" name="Stopgap'),
  )
  await until('it is told', () => passes(here.events).length > before)
  await new Promise((resolve) => setTimeout(resolve, 300))
  t.true(passes(here.events).length - before <= 3, `${passes(here.events).length - before} passes`)
  t.is(most, 1)
})

test('between triggers nothing is looked at, and after a drift was corrected neither', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  let looks = 0
  const target: Target = {
    ...one.target,
    look: (queries, known, signal) => {
      looks += 1
      return one.target.look(queries, known, signal)
    },
  }
  const here = post(t, one, target)
  const { loop, signal, events } = running(t, one, [here])
  await until('a first pass', () => passes(here.events).length > 0)
  await one.edit(ROOT, (text) => text.replace('<rule name="Stopgap', '<rule enabled="false" name="Stopgap'))
  loop.lookAt(here.worker, signal)
  await until('corrected', () => passes(here.events).length === 2)
  const before = looks
  const ticks = events.length
  await new Promise((resolve) => setTimeout(resolve, 2500))
  t.is(looks, before)
  const ticked = events.length - ticks
  t.true(ticked >= 1 && ticked <= 4, `${ticked} ticks`)
  t.true(loop.isAlive)
})

test('a drift clock of its own looks again', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  const here = post(t, one, one.target, { interval: () => 500 })
  running(t, one, [here])
  await until('some passes', () => passes(here.events).length >= 3)
  t.deepEqual(
    passes(here.events)
      .slice(0, 3)
      .map(({ quiet }) => quiet),
    [false, true, true],
  )
})

test('what is released is looked at, and a source that throws is told and does not end the loop', async (t) => {
  const one = await line(t)
  one.commit(enforcing('PING1', 'M1'))
  await one.pass()
  one.commit(enforcing('PING1'))
  const here = post(t, one)
  let broken = false
  const { loop, signal, events } = running(t, one, [here], {
    renew: async () => {
      if (broken) throw new Error('the state folder is gone')
      return one.catalogue
    },
    approvals: async () => [...(await one.options().stores.released(one.name))].join(),
  })
  await until('held', () => passes(here.events).at(-1)?.result === 'held')
  await one.allow(passes(here.events).at(-1)?.plan?.id ?? '')
  await loop.approvalsMoved(signal)
  await until('taken back', () => passes(here.events).some(({ result }) => result === 'changed'))
  broken = true
  loop.lookAtSource(signal)
  await until('the trouble is told', () => events.some(({ is }) => is === 'fetch-failed'))
  const before = passes(here.events).length
  loop.lookAt(here.worker, signal)
  await until('passes go on', () => passes(here.events).length > before)
  t.true(loop.isAlive)
})

test('while nothing is in force no server is looked at', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  const here = post(t, one)
  let asked = 0
  const { loop, signal } = running(t, one, [here], {
    renew: async () => {
      asked += 1
      return null
    },
  })
  await until('the source was asked', () => asked === 1)
  loop.lookAtSource(signal)
  await until('and again', () => asked === 2)
  t.deepEqual(here.events, [])
})

test('triggers while the source is looked at are one more look', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  let asked = 0
  const { loop, signal } = running(t, one, [post(t, one)], {
    renew: async () => {
      asked += 1
      await new Promise((resolve) => setTimeout(resolve, 100))
      return one.catalogue
    },
  })
  for (let trigger = 0; trigger < 20; trigger += 1) loop.lookAtSource(signal)
  await until('again', () => asked === 2)
  await new Promise((resolve) => setTimeout(resolve, 400))
  t.is(asked, 2)
})

test('what one server holds up on the others goes on by itself once that one is made good', async (t) => {
  const [one, two] = [await line(t), await line(t, { name: 'ex02' })]
  for (const each of [one, two]) each.commit(enforcing('M1'))
  await chmod(one.path(ROOT), 0o444)
  const rollout = new Rollout({ writesAtOnce: 1, stopAfterFailures: 1 })
  const posts = [one, two].map((each) => post(t, each, each.target, { rollout }))
  const results = (index: number) => passes(posts[index]?.events ?? []).map(({ result }) => result)
  running(t, one, [posts[0]!], { rollout: () => rollout.moment })
  await until('the first failed', () => results(0).includes('failed'))
  running(t, two, [posts[1]!], { rollout: () => rollout.moment })
  await until('the second is held', () => results(1).includes('held'))
  t.is(passes(posts[1]?.events ?? []).at(-1)?.plan?.held[0]?.reason, 'rollout')
  await chmod(one.path(ROOT), 0o644)
  await until('the first is made good', () => results(0).includes('changed'))
  await until('the second follows', () => results(1).includes('changed'))
  t.true((await two.text(ROOT)).includes('Stopgap M1'))
})
