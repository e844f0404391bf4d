import test from 'ava'
import fc from 'fast-check'
import {
  type Build,
  compareBuilds,
  formatBuild,
  inRange,
  laneOf,
  parseBuild,
  parseRange,
} from '../../reconciler/formats/build.ts'

const part = fc.integer({ min: 0, max: 99_999 })
const builds: fc.Arbitrary<Build> = fc.tuple(part, part, part, part)

const reads = test.macro((t, text: string, expected: Build | null) => {
  t.deepEqual(parseBuild(text), expected)
})
test('four parts', reads, '15.1.2507.6', [15, 1, 2507, 6])
test('zero-padded, as ExSetup.exe says it', reads, '15.02.1118.020', [15, 2, 1118, 20])
test('missing parts are 0', reads, '7.1', [7, 1, 0, 0])
test('five parts are none', reads, '1.2.3.4.5', null)
test('words are none', reads, '15.1.x', null)
test('signs and blanks are none', reads, ' 15.1', null)
test('a part too long for an exact integer is none', reads, '15.12345678901', null)

const within = test.macro((t, build: string, range: string, expected: boolean) => {
  const parsed = parseRange(range)
  t.truthy(parsed)
  t.is(inRange(parseBuild(build) as Build, parsed ?? []), expected)
})
test('between two', within, '15.1.2507.6', '>=15.0.1497 <15.3', true)
test('the upper bound is out', within, '15.3', '>=15.0.1497 <15.3', false)
test('a second alternative', within, '16.0.1', '<15 || >=16', true)
test('a bare build means equal', within, '7.1.0.0', '7.1', true)
test('a blank after the operator', within, '7.2', '>= 7.1', true)
test('greater and not equal', within, '7.1', '>7.1', false)

for (const bad of ['', ' ', '>=', '>=15 ||', '~15', '>=15.x', '>=15,<16'])
  test(`no range: '${bad}'`, (t) => t.is(parseRange(bad), null))

test('a lane is the first three parts', (t) => t.is(laneOf([15, 2, 1118, 20]), '15.2.1118'))

test('the order is total, and text keeps it', (t) => {
  fc.assert(
    fc.property(builds, builds, (a, b) => {
      t.is(Math.sign(compareBuilds(a, b)), -Math.sign(compareBuilds(b, a)) + 0)
      t.deepEqual(parseBuild(formatBuild(a)), a)
      t.is(inRange(a, parseRange(`>=${formatBuild(b)}`) ?? []), compareBuilds(a, b) >= 0)
    }),
  )
})
