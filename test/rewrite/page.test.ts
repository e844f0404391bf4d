import test from 'ava'
import fc from 'fast-check'
import { pageSearch, replaceMatches, splice } from '../../reconciler/rewrite/page.ts'
import { compilePattern, type Pattern, type PatternSyntax } from '../../reconciler/rewrite/pattern.ts'

function search(text: string, syntax: PatternSyntax = 'ECMAScript', ignoreCase = true): RegExp {
  const found = pageSearch(compilePattern(text, syntax, ignoreCase) as Pattern)
  if (found === null) throw new Error('nothing to search with')
  return found
}

const never = () => false
const page = fc
  .array(fc.constantFrom('a', 'b', 'ab', '\n', '$1', '.', ''), { maxLength: 20 })
  .map((all) => all.join(''))

test('where a match is of something, all are replaced as a script would', (t) => {
  const pattern = fc.constantFrom('a', 'b+', '(a)(b)?', '[^a]', '^a', '\\n')
  fc.assert(
    fc.property(page, pattern, (text, source) => {
      const mark = (captures: readonly string[]) => `<${captures.join('|')}>`
      const expected = text.replace(new RegExp(source, 'gi'), (...found: unknown[]) =>
        mark(
          found
            .slice(
              0,
              found.findIndex((each) => typeof each === 'number'),
            )
            .map((each) => String(each ?? '')),
        ),
      )
      t.is(replaceMatches(text, search(source), mark, never), expected)
    }),
  )
})

test('what is left as it is, is', (t) => {
  fc.assert(
    fc.property(page, fc.constantFrom('a', 'b*', '', '^', '$'), (text, source) => {
      t.is(
        replaceMatches(text, search(source), () => null, never),
        text,
      )
      t.is(
        replaceMatches(text, search(source), ([all = '']) => all, never),
        text,
      )
    }),
  )
})

test('an exact text is found wherever it stands, whatever characters it has', (t) => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), page, page, (text, before, after) => {
      const whole = `${before}${text}${after}`
      t.is(
        replaceMatches(whole, search(text, 'ExactMatch', false), () => '', never),
        whole.replaceAll(text, ''),
      )
    }),
  )
})

test('a match of nothing counts once in each place, and not where a match has just ended', (t) => {
  const marked = (text: string, source: string) =>
    replaceMatches(text, search(source), ([all = '']) => `[${all}]`, never)
  t.is(marked('ab', 'b*'), '[]a[b]')
  t.is(marked('ab', '^'), '[]ab')
  t.is(marked('ab', '$'), 'ab[]')
  t.is(marked('a\nb', '.*'), '[a]\n[b]')
})

test('a wildcard is nothing to search with', (t) => {
  t.is(pageSearch(compilePattern('a*', 'Wildcard', true) as Pattern), null)
})

test('places of a page take other texts, longer and shorter ones', (t) => {
  const changes = [
    { start: 0, end: 1, value: 'first' },
    { start: 2, end: 2, value: '+' },
    { start: 3, end: 5, value: '' },
  ]
  t.is(splice('abcdef', changes), 'firstb+cf')
  t.is(splice('abc', []), 'abc')
})
