import test from 'ava'
import fc from 'fast-check'
import { safeName } from '../../reconciler/state/names.ts'

const becomes = test.macro({
  title: (_, text: string) => `name of ${JSON.stringify(text)}`,
  exec(t, text: string, name: string) {
    t.is(safeName(text), name)
  },
})
test(becomes, 'EX01', 'ex01')
test(becomes, 'ex01.contoso.example', 'ex01.contoso.example')
test(becomes, '..', '%2e%2e')
test(becomes, '../../etc/passwd', '%2e.%2f..%2fetc%2fpasswd')
test(becomes, '.hidden', '%2ehidden')
test(becomes, 'nul', '%nul')
test(becomes, 'com1.x', '%com1.x')
test(becomes, '', '%')
test(becomes, 'a\0b', 'a%00b')
test(becomes, '50%', '50%25')

test('names are safe, and differ where texts differ', (t) => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('.', '/', '%', 'a', '~', '2', 'e') }),
  )
  fc.assert(
    fc.property(text, text, (a, b) => {
      t.regex(safeName(a), /^[a-z0-9_%-](?:[a-z0-9._%~-]*[a-z0-9_%-])?$/)
      t.true(safeName(a).length <= 120)
      t.is(safeName(a) === safeName(b), Buffer.from(a.toLowerCase()).equals(Buffer.from(b.toLowerCase())))
    }),
    { numRuns: 500 },
  )
})

test('long texts end in a digest', (t) => {
  const [a, b] = ['x'.repeat(5000), `${'x'.repeat(4999)}y`].map(safeName)
  t.not(a, b)
  t.true(a!.length < 120 && a!.startsWith('xxx'))
})
