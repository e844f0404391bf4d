import test from 'ava'
import fc from 'fast-check'
import type { Headers } from '../../reconciler/rewrite/exchange.ts'
import { headerValues, responseHeader, withHeader } from '../../reconciler/rewrite/response-headers.ts'

const name = fc.constantFrom('A', 'a', 'B', 'Set-Cookie', 'set-cookie', '__proto__', 'constructor')
const value = fc.constantFrom('', 'x', 'y, z')
const headers: fc.Arbitrary<Headers> = fc
  .array(fc.tuple(name, fc.oneof(value, fc.array(value, { maxLength: 3 }))), { maxLength: 5 })
  .map((entries) => Object.fromEntries(entries))

test('what was set is there, without what is empty, and all else is as it was', (t) => {
  fc.assert(
    fc.property(headers, name, fc.array(value, { maxLength: 3 }), name, (before, set, values, other) => {
      const after = withHeader(before, set, values)
      t.deepEqual(
        headerValues(after, set),
        values.filter((each) => each !== ''),
      )
      if (other.toLowerCase() !== set.toLowerCase())
        t.deepEqual(headerValues(after, other), headerValues(before, other))
      t.deepEqual(withHeader(after, set, values), after)
    }),
  )
})

const stands = test.macro({
  exec(t, variable: string, header: string | null) {
    t.is(responseHeader(variable), header)
  },
  title: (_, variable) => `the header of ${variable}`,
})

test(stands, 'RESPONSE_Content_Type', 'Content-Type')
test(stands, 'response_x', 'x')
test(stands, 'RESPONSE_X-Y', 'X-Y')
test(stands, 'RESPONSE_', null)
test(stands, 'RESPONSE', null)
test(stands, 'HTTP_RESPONSE_X', null)
