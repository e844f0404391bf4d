import { rename } from 'node:fs/promises'
import test from 'ava'
import type { Target } from '../reconciler/model/target.ts'
import { Limiter } from '../reconciler/util/limit.ts'
import { ROOT } from './helpers/embedded-server.ts'
import { enforcing, line, MINUTE } from './helpers/line.ts'
import { passes, post } from './helpers/tower.ts'

const never = new AbortController().signal

test('after a pass nothing is due; a quiet pass is exactly one look and sends nothing', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1', 'M2', 'PING1'))
  const trips: number[] = []
  const target: Target = {
    ...one.target,
    look: async (queries, known, signal) => {
      const seen = await one.target.look(queries, known, signal)
      trips.push(seen.sightings.size)
      return seen
    },
  }
  const { worker, events, current } = post(t, one, target)
  const limiter = new Limiter(1)
  t.true(worker.isDue(current().epoch, one.time))
  await worker.run(limiter, current, never)
  t.false(worker.isDue(current().epoch, one.time))
  trips.length = 0
  worker.want()
  t.true(worker.isDue(current().epoch, one.time))
  await worker.run(limiter, current, never)
  t.deepEqual(trips, [0])
  t.deepEqual(
    passes(events).map(({ result, quiet }) => [result, quiet]),
    [
      ['changed', false],
      ['converged', true],
    ],
  )
  t.deepEqual(
    events.map(({ is }) => is),
    ['change-settled', 'change-settled', 'pass-ended', 'pass-ended'],
  )
})

test('another revision, a released change, and the end of a back-off make it due', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  const { worker, current } = post(t, one)
  const limiter = new Limiter(1)
  await worker.run(limiter, () => current('a'), never)
  t.false(worker.isDue('a', one.time))
  t.true(worker.isDue('b', one.time))
  await worker.run(limiter, () => current('b'), never)
  t.false(worker.isDue('b', one.time))
  for (let correction = 0; correction < 4; correction += 1) {
    one.time += 1000
    await one.edit(ROOT, (text) => text.replace('<rule name="Stopgap', '<rule enabled="false" name="Stopgap'))
    worker.want(true)
    await worker.run(limiter, () => current('b'), never)
  }
  t.false(worker.isDue('b', one.time), 'a fight, and it is backed off')
  t.false(worker.isDue('b', one.time + MINUTE - 1001))
  t.true(worker.isDue('b', one.time + MINUTE))
  one.time += MINUTE
  await worker.run(limiter, () => current('b'), never)
  t.false(worker.isDue('b', one.time), 'a back-off that is over makes nothing due')
})

test('a server that cannot be reached is told as such, tried again soon, and comes back', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  const { worker, events, current } = post(t, one)
  const limiter = new Limiter(1)
  await worker.run(limiter, current, never)
  await rename(one.dir, `${one.dir}.away`)
  worker.want()
  await worker.run(limiter, current, never)
  const gone = passes(events).at(-1)
  t.is(gone?.result, 'unreachable')
  t.is(gone?.error?.code, 'SERVER_MISSING')
  t.is(gone?.mitigations.length, 1, 'what was known of it is shown still')
  t.false(worker.isDue(current().epoch, one.time), 'not at once')
  await new Promise((resolve) => setTimeout(resolve, 1100))
  t.true(worker.isDue(current().epoch, one.time), 'but soon')
  await rename(`${one.dir}.away`, one.dir)
  await worker.run(limiter, current, never)
  t.is(passes(events).at(-1)?.result, 'converged')
  t.is(passes(events).at(-1)?.error, undefined)
})

test('what is asked for while a pass runs is done right after it, and never two at once', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  let under = 0
  let most = 0
  const target: Target = {
    ...one.target,
    look: async (queries, known, signal) => {
      under += 1
      most = Math.max(most, under)
      await new Promise((resolve) => setTimeout(resolve, 20))
      const seen = await one.target.look(queries, known, signal)
      under -= 1
      return seen
    },
  }
  const { worker, current } = post(t, one, target)
  const first = worker.run(new Limiter(8), current, never)
  t.false(worker.isDue(current().epoch, one.time))
  worker.want()
  t.false(worker.isDue(current().epoch, one.time), 'one runs')
  await first
  t.true(worker.isDue(current().epoch, one.time), 'it was not forgotten')
  t.is(most, 1)
})

test('an aborted pass tells nothing, and no pass begins any more', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  const before = await one.files()
  const { worker, events, current } = post(t, one)
  const stopped = AbortSignal.abort()
  await worker.run(new Limiter(1), current, stopped)
  t.deepEqual(events, [])
  t.deepEqual(await one.files(), before)
  await worker.close()
})

test('a conflict is followed by another pass after a short pause', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  let interfered = false
  const target: Target = {
    ...one.target,
    act: async (steps, then, signal) => {
      if (!interfered)
        await one.edit(ROOT, (text) => text.replace('<configuration>', '<configuration><!-- x -->'))
      interfered = true
      return one.target.act(steps, then, signal)
    },
  }
  const { worker, events, current } = post(t, one, target)
  await worker.run(new Limiter(1), current, never)
  t.is(passes(events).at(-1)?.result, 'conflict')
  t.false(worker.isDue(current().epoch, one.time))
  await new Promise((resolve) => setTimeout(resolve, 300))
  t.true(worker.isDue(current().epoch, one.time))
  await worker.run(new Limiter(1), current, never)
  t.is(passes(events).at(-1)?.result, 'changed')
})
