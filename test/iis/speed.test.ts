import test from 'ava'
import { editTimes, largeConfiguration } from '../../bench/configuration-text.ts'
import { parseText } from '../../reconciler/iis/document.ts'
import { wellFormed } from '../../reconciler/iis/wellformed.ts'
import { tokensOf } from '../helpers/xml.ts'

/** The least of three is what the work costs; the rest is what else this machine does. */
function least(work: () => unknown): number {
  const times = [0, 1, 2].map(() => {
    const start = performance.now()
    work()
    return performance.now() - start
  })
  return Math.min(...times)
}

/** Eight times the text is eight times the work; were it quadratic, it would be sixty-four times. */
const linear = test.macro({
  title: (name) => `linear in size: ${name}`,
  exec(t, make: (size: number) => string, work: (text: string) => unknown) {
    const [small, large] = [make(20_000), make(160_000)]
    work(small)
    const time = least(() => work(large))
    const ratio = time / least(() => work(small))
    // Below some milliseconds a ratio says nothing, and quadratic work on such sizes takes seconds.
    t.true(ratio < 32 || time < 25, `${ratio}, ${time} ms`)
  },
})

const wrap = (inner: string) => `<a>${inner}</a>`
test('locations', linear, (size) => largeConfiguration(size / 10), editTimes)
test('references in one value', linear, (size) => `<a b="${'&amp;'.repeat(size)}"/>`, parseText)
test('values with a reference each', linear, (size) => wrap('<b c="&lt;"/>'.repeat(size)), parseText)
test(
  'attributes of one element',
  linear,
  (size) => `<a${Array.from({ length: size }, (_, i) => ` a${i}="1"`).join('')}/>`,
  parseText,
)
test('ampersands that are no references', linear, (size) => wrap('&'.repeat(size)), parseText)
test('comments', linear, (size) => wrap('<!-- > -->'.repeat(size)), parseText)
test('a comment that does not end', linear, (size) => `<a><!--${'- '.repeat(size)}`, parseText)
test('opened and never closed', linear, (size) => '<a '.repeat(size), parseText)
test('blanks in a tag', linear, (size) => `<a${' '.repeat(size * 5)}/>`, parseText)
test('blanks and no name', linear, (size) => `<a${' '.repeat(size * 5)}"="/>`, parseText)
test('a name and no value', linear, (size) => `<a ${'b'.repeat(size * 5)}/>`, parseText)
test('blanks in the declaration', linear, (size) => `<?xml ${' encoding '.repeat(size)}?><a/>`, parseText)
test('faults for the independent parser', linear, (size) => wrap('&x;'.repeat(size)), wellFormed)

test('tokens grow with the text, and five megabytes are edited in seconds at the very worst', (t) => {
  const [small, large] = [largeConfiguration(5_000), largeConfiguration(40_000)]
  const ratio = (tokensOf(large).length - 6) / (tokensOf(small).length - 6)
  t.true(Math.abs(ratio - 8) < 0.01, `${ratio}`)
  const times = editTimes(large)
  t.true(times.megabytes > 4)
  t.log(
    `${times.megabytes.toFixed(1)} MB: ${times.whole.toFixed(0)} ms, of which parsing ${times.parse.toFixed(0)} ms`,
  )
  // The bench holds it to well under a second; here it shares its two cores with the other tests.
  t.true(times.whole < 5_000, `${times.whole}`)
})
