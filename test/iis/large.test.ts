import test from 'ava'
import { editTimes, largeConfiguration } from '../../bench/configuration-text.ts'
import { parseText } from '../../reconciler/iis/document.ts'
import { wellFormed } from '../../reconciler/iis/wellformed.ts'
import { tokensOf } from '../helpers/xml.ts'

const SIZE = 160_000

/** A shape on which careless work would be quadratic. How fast it is the bench says; here it only has to be right. */
const large = test.macro({
  title: (name) => `large: ${name}`,
  exec(t, make: (size: number) => string, is: 'document' | 'refused') {
    t.is(parseText(make(SIZE)).is, is)
  },
})

const wrap = (inner: string) => `<a>${inner}</a>`
test('references in one value', large, (size) => `<a b="${'&amp;'.repeat(size)}"/>`, 'document')
test('values with a reference each', large, (size) => wrap('<b c="&lt;"/>'.repeat(size)), 'document')
test(
  'attributes of one element',
  large,
  (size) => `<a${Array.from({ length: size }, (_, i) => ` a${i}="1"`).join('')}/>`,
  'document',
)
test('ampersands that are no references', large, (size) => wrap('&'.repeat(size)), 'refused')
test('comments', large, (size) => wrap('<!-- > -->'.repeat(size)), 'document')
test('a comment that does not end', large, (size) => `<a><!--${'- '.repeat(size)}`, 'refused')
test('opened and never closed', large, (size) => '<a '.repeat(size), 'refused')
test('blanks in a tag', large, (size) => `<a${' '.repeat(size * 5)}/>`, 'document')
test('blanks and no name', large, (size) => `<a${' '.repeat(size * 5)}"="/>`, 'refused')
test('a name and no value', large, (size) => `<a ${'b'.repeat(size * 5)}/>`, 'refused')
test('blanks in the declaration', large, (size) => `<?xml ${' encoding '.repeat(size)}?><a/>`, 'refused')

test('the independent parser finds one fault among very many', (t) => {
  t.not(wellFormed(wrap('&x;'.repeat(SIZE))), null)
})

test('tokens grow with the text, and five megabytes are edited', (t) => {
  const [few, many] = [largeConfiguration(5_000), largeConfiguration(40_000)]
  const ratio = (tokensOf(many).length - 6) / (tokensOf(few).length - 6)
  t.true(Math.abs(ratio - 8) < 0.01, `${ratio}`)
  t.true(editTimes(many).megabytes > 4)
})
