import test from 'ava'
import { StopgapError } from '../../reconciler/errors/error.ts'
import { backOff, jittered } from '../../reconciler/util/jitter.ts'
import { retry } from '../../reconciler/util/retry.ts'

const often = { retries: 3, shortest: 5, longest: 20 }
const never = new AbortController().signal
const passing = () => new StopgapError('FETCH_CONNECT', { remote: 'r', detail: 'refused', kept: null })
const lasting = () => new StopgapError('FETCH_AUTH', { remote: 'r', detail: 'denied', kept: null })

test('tries again while the disposition is retry, and tells of it', async (t) => {
  const heard: number[] = []
  const result = await retry(
    async (attempt) => {
      if (attempt < 3) throw passing()
      return attempt
    },
    { ...often, failed: (_error, attempt) => heard.push(attempt) },
    never,
  )
  t.is(result, 3)
  t.deepEqual(heard, [1, 2])
})

test('ends at once on any other disposition', async (t) => {
  let attempts = 0
  const work = async () => {
    attempts += 1
    throw lasting()
  }
  const error = await t.throwsAsync(retry(work, often, never), { instanceOf: StopgapError })
  t.is(error?.code, 'FETCH_AUTH')
  t.is(attempts, 1)
})

test('gives up after the last retry with the last error', async (t) => {
  let attempts = 0
  const work = async () => {
    attempts += 1
    throw passing()
  }
  await t.throwsAsync(retry(work, often, never), { instanceOf: StopgapError, message: /refused/ })
  t.is(attempts, 4)
})

test('a TypeError is a bug of ours, not something to try again', async (t) => {
  let attempts = 0
  const work = async () => {
    attempts += 1
    throw new TypeError('fetch failed')
  }
  const error = await t.throwsAsync(retry(work, often, never), { instanceOf: StopgapError })
  t.is(error?.code, 'BUG')
  t.is(attempts, 1)
})

test('a pause ends when aborted', async (t) => {
  const stop = new AbortController()
  const started = performance.now()
  const waiting = retry(
    async () => {
      throw passing()
    },
    { retries: 3, shortest: 60_000, longest: 60_000 },
    stop.signal,
  )
  setTimeout(() => stop.abort(), 20)
  await t.throwsAsync(waiting, { name: 'AbortError' })
  t.true(performance.now() - started < 50_000)
})

test('jitter stays within its share', (t) => {
  t.is(jittered(1000, 0.1, 0), 900)
  t.is(jittered(1000, 0.1, 0.5), 1000)
  t.is(jittered(1000, 0.1, 1), 1100)
  t.is(jittered(0, 0.1, 0.3), 1)
})

test('back-off doubles up to its longest and begins at nothing', (t) => {
  t.deepEqual(
    [0, 1, 2, 3, 4, 5000].map((failures) => backOff(failures, 1000, 5000)),
    [0, 1000, 2000, 4000, 5000, 5000],
  )
})
