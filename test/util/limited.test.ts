import test from 'ava'
import { limited, limitedEach, within } from '../../reconciler/util/limited.ts'

const SLOW = /^(a|a)*$/
const LONG = `${'a'.repeat(60)}b`

test('work that ends in time gives its value, work that does not is stopped', (t) => {
  t.deepEqual(
    limited(1_000, () => 3),
    { is: 'done', value: 3 },
  )
  t.deepEqual(
    limited(50, () => SLOW.test(LONG)),
    { is: 'timeout' },
  )
})

test('work that did not get the processor is done again; a limit by the clock is one', (t) => {
  const cell = new Int32Array(new SharedArrayBuffer(4))
  let tries = 0
  const held = () => {
    tries += 1
    if (tries === 1) Atomics.wait(cell, 0, 0, 300)
    return tries
  }
  t.deepEqual(limited(50, held), { is: 'done', value: 2 })
  tries = 0
  t.deepEqual(within(50, held), { is: 'timeout' })
})

test('what is thrown is thrown on', (t) => {
  t.throws(() => limited(1_000, () => JSON.parse('{')), { name: 'SyntaxError' })
})

test('of many items only the slow ones are stopped, and the order is kept', (t) => {
  const items = Array.from({ length: 200 }, (_, index) => (index === 77 || index === 199 ? LONG : 'aa'))
  const results = limitedEach(100, items, (text) => SLOW.test(text))
  const slow = results.flatMap((one, index) => (one.is === 'timeout' ? [index] : []))
  t.deepEqual(slow, [77, 199])
  t.true(results.every((one) => one.is === 'timeout' || one.value))
})
