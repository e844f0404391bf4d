import test from 'ava'
import fc from 'fast-check'
import { powerOf, simpler } from '../../../reconciler/proof/lint/simpler.ts'

const becomes = test.macro({
  exec(t, pattern: string, ...expected: readonly string[]) {
    t.deepEqual(simpler(pattern), expected)
  },
  title: (_, pattern) => `what is simpler than ${pattern}`,
})

test(becomes, '(.*)X-AnonResource-Backend(.*)', 'X-AnonResource-Backend')
test(becomes, '(.*)X=(.+)/(.+)~(.+)', 'X=.[^/\\r\\n]*/.[^~\\r\\n]*~.', 'X=.+/.+~.')
test(becomes, '.*a\\.b.*\\@.*c.*', 'a\\.b[^\\@\\r\\n]*\\@[^c\\r\\n]*c', 'a\\.b.*\\@.*c')
test(becomes, '(?=.*a)(?=.*b)', '^(?=[\\s\\S]*a)(?=[\\s\\S]*b)')
test(becomes, '.+a', '.a')
test('what stands alone, or is of another sort, has nothing simpler', (t) => {
  for (const pattern of ['a', '.*', 'a(b|c).*', '^.*a', 'a\\.*', '(.*)+a', '[a.*]b', 'a{2}.*', 'ab?.*'])
    t.deepEqual(simpler(pattern), [], pattern)
})

test('the power of the length', (t) => {
  const powers = ['a', '.*a.*', 'a.*b', '.*a.*b.*', '(.*)X=(.+)/(.+)~(.+)', '(a+)+', '[ab].*c'].map(powerOf)
  t.deepEqual(powers, [1, 2, 2, 3, 4, null, null])
})

// Few letters and short texts, so that matches and near misses are both common.
const letter = fc.constantFrom('a', 'b', '/')
const wildcard = fc.constantFrom('.*', '.+', '(.*)', '(.+)')
const pattern = fc
  .array(fc.oneof(letter, wildcard), { minLength: 1, maxLength: 7 })
  .map((parts) => parts.join(''))
const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', 'c', '\n'), maxLength: 12 })

test('what is simpler matches what the pattern matches, and nothing else', (t) => {
  fc.assert(
    fc.property(pattern, text, (written, subject) => {
      for (const candidate of simpler(written))
        t.is(new RegExp(candidate).test(subject), new RegExp(written).test(subject), candidate)
    }),
    { numRuns: 5000 },
  )
})

test('lookaheads that are tied to the beginning see past line ends, where the others had to begin again', (t) => {
  const [tied] = simpler('(?=.*a)(?=.*b)')
  fc.assert(
    fc.property(text, (subject) => {
      if (/(?=.*a)(?=.*b)/.test(subject)) t.regex(subject, new RegExp(tied ?? '$^'))
    }),
    { numRuns: 1000 },
  )
  t.regex('a\nb', new RegExp(tied ?? '$^'))
})
