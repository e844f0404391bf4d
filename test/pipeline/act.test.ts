import { readFile, writeFile } from 'node:fs/promises'
import test from 'ava'
import { FRESH, type StepResult, type Target } from '../../reconciler/model/target.ts'
import { ROOT } from '../helpers/embedded-server.ts'
import { enforcing, type Line, line } from '../helpers/line.ts'

/** As a hand does it, just now. */
async function disable(one: Line): Promise<void> {
  const text = await readFile(one.path(ROOT), 'utf8')
  await writeFile(one.path(ROOT), text.replace('<rule name="Stopgap', '<rule enabled="false" name="Stopgap'))
}

function counting(real: Target): { readonly target: Target; readonly acts: () => number } {
  let acts = 0
  return {
    target: {
      ...real,
      act: (...args) => {
        acts += 1
        return real.act(...args)
      },
    },
    acts: () => acts,
  }
}

test('an edit of just now is let rest and then taken back, as one pass that made one change', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  await one.pass()
  await disable(one)
  const before = performance.now()
  const report = await one.pass()
  const took = performance.now() - before
  t.is(report.result, 'changed')
  t.deepEqual(
    report.outcome?.map(({ result, cause }) => [result, cause]),
    [['applied', 'drift']],
  )
  t.true(took > 1_500, `${took} ms`)
  t.false((await one.text(ROOT)).includes('enabled="false"'))
})

test('where nobody else wrote, nothing is waited for', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  const { target, acts } = counting(one.target)
  one.target = target
  await one.pass()
  t.is(acts(), 1)
  one.commit(enforcing('M1', 'M2'))
  await one.pass()
  t.is(acts(), 2)
})

test('the record is settled in a round trip of its own where a file was waited for: the server forgot what was done before', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  const real = one.target
  const confirming: boolean[] = []
  one.target = {
    ...real,
    act: async (steps, then, signal) => {
      confirming.push(steps.some((step) => step.thing === 'file' && step.confirms === true))
      if (confirming.length > 1) return real.act(steps, then, signal)
      const { results, sightings } = await real.act(steps.slice(0, 1), then, signal)
      const fresh: StepResult = { is: 'conflict', detail: `${ROOT}: ${FRESH}` }
      const rest = steps.slice(2).map((): StepResult => ({ is: 'not-attempted' }))
      return { results: [...results, fresh, ...rest], sightings }
    },
  }
  t.is((await one.pass()).result, 'changed')
  t.deepEqual(confirming, [true, false, false])
  t.true(Object.values((await one.record())?.owned ?? {}).every(({ settled }) => settled))
})

test('whoever goes on writing meanwhile has a conflict, and nothing of theirs is lost', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  await one.pass()
  await disable(one)
  const text = await readFile(one.path(ROOT), 'utf8')
  const theirs = text.replace('<configuration>', '<configuration><!-- not done yet -->')
  setTimeout(() => void writeFile(one.path(ROOT), theirs), 1_000)
  const report = await one.pass()
  t.is(report.result, 'conflict')
  t.is(await readFile(one.path(ROOT), 'utf8'), theirs)
})

test('one who is told to stop does not wait, and nothing was written', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  await one.pass()
  await disable(one)
  const theirs = await one.text(ROOT)
  const stop = new AbortController()
  const { converge } = await import('../../reconciler/pipeline.ts')
  const { close, ...options } = one.options()
  setTimeout(() => stop.abort(), 300)
  await converge(one.target, options, stop.signal).catch(() => undefined)
  await close()
  t.is(await one.text(ROOT), theirs)
})
