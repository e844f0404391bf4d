import test from 'ava'
import { countsLine, TapReader } from './tap.ts'

const TAP = [
  'TAP version 13',
  'ok 1 - stages › load › it has # in its title',
  'ok 2 - targets › links (skipped: no links here) # SKIP',
  'not ok 3 - iis › edit › puts it back',
  '#   a log',
  '  ---',
  '    name: AssertionError',
  '    message: |-',
  '      1 and 2',
  '  ...',
  'not ok 4 - iis › edit › later # TODO',
  'not ok 5 - test/b.test.ts exited with a non-zero exit code: 3',
  '',
  '1..5',
  '# tests 4',
  '# fail 3',
  '',
].join('\n')

function read(pieces: readonly string[]) {
  const failures: { title: string; detail: readonly string[] }[] = []
  const reader = new TapReader({
    failed: (title, detail) => failures.push({ title, detail }),
    counted: () => undefined,
  })
  for (const piece of pieces) reader.push(piece)
  reader.end()
  return { tally: reader.tally, failures }
}

test('results are counted and failures keep all that was said about them, wherever the pieces are cut', (t) => {
  const whole = read([TAP])
  t.deepEqual(whole.tally, { passed: 1, failed: 3, skipped: ['targets › links (skipped: no links here)'] })
  t.deepEqual(
    whole.failures.map(({ title }) => title),
    ['iis › edit › puts it back', 'iis › edit › later', 'test/b.test.ts exited with a non-zero exit code: 3'],
  )
  t.deepEqual(whole.failures[0]?.detail, TAP.split('\n').slice(4, 10))
  t.deepEqual(read([...TAP]), whole)
  t.deepEqual(read(TAP.split('\n').map((line) => `${line}\r\n`)), whole)
})

test('a run that is cut off has counted what came before, the last failure too', (t) => {
  const { tally, failures } = read([TAP.slice(0, TAP.indexOf('  ...'))])
  t.deepEqual([tally.passed, tally.failed], [1, 1])
  t.is(failures.length, 1)
})

test('what a test prints is not taken for a result', (t) => {
  t.deepEqual(read(['# ok 1 - no\n', '   ok 2 - no\n', 'okay\n', 'ok 3 - yes\n']).tally.passed, 1)
})

test('the last line', (t) => {
  t.is(countsLine({ passed: 3, failed: 0, skipped: [] }), '3 passed, 0 failed')
  t.is(countsLine({ passed: 3, failed: 1, skipped: ['a', 'b'] }), '3 passed, 1 failed, 2 skipped')
})
