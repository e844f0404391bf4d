import test from 'ava'
import { limited, limitedEach } from '../../reconciler/util/limited.ts'

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
