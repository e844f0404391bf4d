import test from 'ava'
import fc from 'fast-check'
import { compilePattern, type Pattern, type PatternSyntax } from '../../reconciler/rewrite/pattern.ts'

function pattern(text: string, syntax: PatternSyntax = 'ECMAScript', ignoreCase = true): Pattern {
  const compiled = compilePattern(text, syntax, ignoreCase)
  if (compiled.is === 'fault') throw new Error(compiled.why)
  return compiled
}

const captures = test.macro({
  exec(t, about: readonly [PatternSyntax, string], input: string, expected: readonly string[] | null) {
    t.deepEqual(pattern(about[1], about[0]).exec(input), expected)
    t.is(pattern(about[1], about[0]).test(input), expected !== null)
  },
  title: (_, [syntax, text]: readonly [PatternSyntax, string], input, expected) =>
    `${syntax} ${text} ${expected === null ? 'does not match' : 'matches'} ${JSON.stringify(input)}`,
})

test(captures, ['ECMAScript', 'blog'], 'demo/blog/1', ['blog'])
test(captures, ['ECMAScript', '^blog'], 'demo/blog', null)
test(captures, ['ECMAScript', '(a)(x)?'], 'AB', ['A', 'A', ''])
test(captures, ['ECMAScript', '(?=.*autodiscover)(?=.*powershell)'], '/PowerShell?autodiscover', [''])
test(captures, ['ECMAScript', 'a.b'], 'a\nb', null)
test(captures, ['ECMAScript', 'a.b'], 'a\u2028b', null)
test(captures, ['ECMAScript', 'a$'], 'a\n', null)
test(captures, ['ECMAScript', ''], 'anything', [''])
test(captures, ['Wildcard', '*/*.html'], 'contoso/test.html', ['contoso/test.html', 'contoso', 'test'])
test(captures, ['Wildcard', 'a?c'], 'abc', ['abc'])
test(captures, ['Wildcard', 'a?c'], 'ac', null)
test(captures, ['Wildcard', 'bc'], 'abcd', null)
test(captures, ['Wildcard', 'a.b(c)[d]{1}^$+\\|/-'], 'a.b(c)[d]{1}^$+\\|/-', ['a.b(c)[d]{1}^$+\\|/-'])
test(captures, ['Wildcard', 'a.c'], 'abc', null)
test(captures, ['ExactMatch', 'a.c'], 'A.C', ['A.C'])
test(captures, ['ExactMatch', 'a.c'], 'xa.c', null)
test(captures, ['ExactMatch', '*'], 'a', null)

test('case counts where the rule says so, in each syntax', (t) => {
  for (const syntax of ['ECMAScript', 'Wildcard', 'ExactMatch'] as const) {
    t.true(pattern('owa', syntax, true).test('OWA'))
    t.false(pattern('owa', syntax, false).test('OWA'))
  }
})

const refused = test.macro({
  exec(t, text: string, why: RegExp, at: number) {
    const compiled = compilePattern(text, 'ECMAScript', true)
    if (compiled.is === 'pattern') return t.fail('it was taken')
    t.regex(compiled.why, why)
    t.is(compiled.at, at)
  },
  title: (_, text: string) => `the engine does not read ${text}`,
})

test(refused, '*', /nothing to repeat/, 0)
test(refused, 'a**', /nothing to repeat/, 2)
test(refused, 'a++', /nothing to repeat/, 2)
test(refused, 'x(a', /unterminated group/, 3)
test(refused, 'a)', /unmatched/, 1)
test(refused, '[a', /unterminated character class/, 2)
test(refused, 'x(?<=a)b', /no lookbehind/, 1)
test(refused, '(?<!a)b', /no lookbehind/, 0)
test(refused, '(a)(?<n>b)', /no named groups/, 3)
test(refused, '(?P<n>b)', /no named groups/, 0)
test(refused, 'a\\k<n>', /no named groups/, 1)
test(refused, '(?i)abc', /no inline flags/, 0)
test(refused, '(?i:abc)', /no inline flags/, 0)
test(refused, '(?>a)', /no atomic groups/, 0)
test(refused, '^/{C:1}', /counts nothing/, 2)
test(refused, 'a{', /counts nothing/, 1)
test(refused, 'x\\p{L}', /no Unicode classes/, 1)
test(refused, '[\\P{L}]', /no Unicode classes/, 1)
test(refused, '\\u{61}', /no escape by code point/, 0)
test(refused, '(a)\\2', /group that is not there/, 3)
test(refused, '\\', /end of pattern/, 0)

test('what only looks like something newer is read as it always was', (t) => {
  t.true(pattern('\\\\p{2}').test('\\pp'))
  t.true(pattern('\\u0061').test('a'))
  t.is(pattern('(?:a)(b)\\(').groups, 1)
  t.true(pattern('(a)\\1').test('aa'))
  t.true(pattern('a\\0').test('a\0'))
})

test('groups nested beyond reason are a fault, not a crash', (t) => {
  t.is(compilePattern('('.repeat(50_000), 'ECMAScript', true).is, 'fault')
})

test('a pattern beyond what an engine can hold is a fault, not a crash', (t) => {
  t.is(compilePattern('[a-z]{3}'.repeat(100_000), 'ECMAScript', true).is, 'fault')
  t.is(compilePattern('(x)'.repeat(70_000), 'ECMAScript', true).is, 'fault')
  t.is(compilePattern('*'.repeat(70_000), 'Wildcard', true).is, 'fault')
  t.is(compilePattern('*'.repeat(70_000), 'ExactMatch', true).is, 'pattern')
})

test('an exact match is equality', (t) => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      t.is(pattern(a, 'ExactMatch', false).test(b), a === b)
      t.true(pattern(a, 'ExactMatch', false).test(a))
    }),
  )
})

test('one asterisk is everything, and captures it', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) =>
      t.deepEqual(pattern('*', 'Wildcard').exec(text), [text, text]),
    ),
  )
})

test('a wildcard pattern without its special characters is an exact match', (t) => {
  const plain = fc.string().filter((text) => !/[*?]/.test(text))
  fc.assert(fc.property(plain, plain, (a, b) => t.is(pattern(a, 'Wildcard', false).test(b), a === b)))
})

test('no pattern throws, and one that is taken gives the same answer twice', (t) => {
  const piece = fc.constantFrom(
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '?',
    '*',
    '+',
    '\\',
    '<',
    '=',
    '!',
    ':',
    'a',
    '^',
    '$',
    '|',
    '1',
    ',',
    '-',
    'p',
    'u',
  )
  const text = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, fc.string({ maxLength: 8 }), (source, input) => {
      const compiled = compilePattern(source, 'ECMAScript', true)
      if (compiled.is === 'fault') {
        t.true(compiled.at >= 0 && compiled.at <= source.length, `${source}: ${compiled.at}`)
        t.not(compiled.why, '')
        return
      }
      const first = compiled.exec(input)
      t.deepEqual(compiled.exec(input), first)
      if (first !== null) t.is(first.length, compiled.groups + 1)
    }),
    { numRuns: 3000 },
  )
})
