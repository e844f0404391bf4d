import test from 'ava'
import { didYouMean, nearest } from '../../reconciler/formats/nearest.ts'

const finds = test.macro((t, word: string, expected: string | undefined) => {
  t.is(nearest(word, ['conditions', 'action', 'at', 'name', 'names']), expected)
})
test('a letter too much', finds, 'contitions', 'conditions')
test('two swapped', finds, 'acton', 'action')
test('another case', finds, 'AT', 'at')
test('the nearest of two', finds, 'namees', 'names')
test('a short word is not turned into any other', finds, 'by', undefined)
test('nothing near', finds, 'equivalents', undefined)
test('a hostile word costs nothing', finds, 'x'.repeat(1_000_000), undefined)
test('as a question', (t) => t.is(didYouMean('nam', ['name']), "; did you mean 'name'?"))
