import test from 'ava'
import { hostName, isExpectedHost } from '../../reconciler/http/hosts.ts'
import { RateLimit } from '../../reconciler/http/limit.ts'

const name = test.macro((t, header: string | undefined, expected: string | null) => {
  t.is(hostName(header), expected)
})

test('a name', name, 'LocalHost', 'localhost')
test('a name and a port', name, 'ex01.contoso.example:9464', 'ex01.contoso.example')
test('an IPv6 address and a port', name, '[::1]:80', '::1')
test('none', name, undefined, null)
test('two', name, 'a, b', null)
test('a user', name, 'localhost@evil.example', null)

test('on loopback only names of loopback, elsewhere any', (t) => {
  t.true(isExpectedHost('127.0.0.1:1', '127.0.0.1'))
  t.true(isExpectedHost('localhost', '::1'))
  t.false(isExpectedHost('localhost.evil.example', '127.0.0.1'))
  t.true(isExpectedHost('prometheus.contoso.example', '0.0.0.0'))
  t.false(isExpectedHost(undefined, '0.0.0.0'))
})

test('a burst goes through, then one each time', (t) => {
  let clock = 0
  const limit = new RateLimit(3, 1000, () => clock)
  const taken = () => Array.from({ length: 5 }, () => limit.take().ok)
  t.deepEqual(taken(), [true, true, true, false, false])
  t.deepEqual(limit.take(), { ok: false, retryAfter: 1 })
  clock = 2000
  t.deepEqual(taken(), [true, true, false, false, false])
  clock = 1_000_000
  t.deepEqual(taken(), [true, true, true, false, false], 'no more than a burst is saved up')
})
