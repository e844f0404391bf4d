import test from 'ava'
import fc from 'fast-check'
import { parseBuild } from '../../reconciler/formats/build.ts'
import { listsLaneOf, reaches } from '../../reconciler/policy/lanes.ts'

const MARCH_2021 = {
  '15.0.1473': '15.0.1473.6',
  '15.0.1497': '15.0.1497.12',
  '15.1.2106': '15.1.2106.13',
  '15.1.2176': '15.1.2176.9',
  '15.1.2242': '15.1.2242.4',
  '15.2.792': '15.2.792.10',
  '15.2.858': '15.2.858.5',
}

const fixed = test.macro({
  title: (_, build: string, expected: string) => `ProxyLogon on ${build}: ${expected}`,
  exec(t, build: string, expected: 'yes' | 'no') {
    t.is(reaches(parseBuild(build)!, MARCH_2021).is, expected)
  },
})

test(fixed, '15.1.2507.6', 'yes')
test(fixed, '15.01.2507.006', 'yes')
test(fixed, '15.1.2308.8', 'yes')
test(fixed, '15.2.1118.7', 'yes')
test(fixed, '15.1.2176.9', 'yes')
test(fixed, '15.1.2176.8', 'no')
test(fixed, '15.1.2176.2', 'no')
// Between two listed lanes: newer than one, not than all.
test(fixed, '15.1.2200.99', 'no')
test(fixed, '15.2.800.1', 'no')
test(fixed, '15.2.2562.17', 'yes')
// Product lines without an entry.
test(fixed, '15.3.1.0', 'yes')
test(fixed, '16.0.0.1', 'yes')
test(fixed, '14.3.513.0', 'no')

test('no lanes are never reached', (t) => {
  t.is(reaches([99, 0, 0, 0], {}).is, 'no')
})

test('a lane written with leading zeros is the same lane', (t) => {
  t.is(reaches([15, 1, 2507, 16], { '15.01.2507': '15.01.2507.016' }).is, 'yes')
  t.is(reaches([15, 1, 2507, 15], { '15.01.2507': '15.01.2507.016' }).is, 'no')
  t.true(listsLaneOf([15, 1, 2507, 0], { '15.01.2507': '15.1.2507.1' }))
  t.false(listsLaneOf([15, 1, 2508, 0], { '15.01.2507': '15.1.2507.1' }))
})

const part = fc.nat(30)
const build = fc.tuple(fc.constant(15), fc.nat(3), part, part)

test('the order of lanes does not matter, and within a lane later stays fixed', (t) => {
  const lanes = fc.uniqueArray(build, { selector: ([a, b, c]) => `${a}.${b}.${c}`, maxLength: 6 })
  fc.assert(
    fc.property(lanes, build, fc.nat(9), (listed, [a, b, c, d], later) => {
      const entries = listed.map(([p, q, r, s]) => [`${p}.${q}.${r}`, `${p}.${q}.${r}.${s}`] as const)
      const forward = reaches([a, b, c, d], Object.fromEntries(entries))
      t.is(forward.is, reaches([a, b, c, d], Object.fromEntries(entries.toReversed())).is)
      if (forward.is === 'yes') t.is(reaches([a, b, c, d + later], Object.fromEntries(entries)).is, 'yes')
    }),
  )
})
