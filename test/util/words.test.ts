import test from 'ava'
import { age, count, moment, printable, span } from '../../reconciler/util/words.ts'

const NOW = Date.UTC(2026, 6, 1, 12)

const aged = test.macro((t, passed: number, expected: string) => {
  t.is(age(NOW - passed, NOW), expected)
})

test('now', aged, 0, 'just now')
test('in the future, by a clock that is ahead', aged, -60_000, 'just now')
test('seconds', aged, 20_400, '20 s ago')
test('minutes', aged, 3 * 60_000 + 59_000, '3 min ago')
test('hours', aged, 47 * 3_600_000, '47 h ago')
test('days', aged, 49 * 3_600_000, '2 days ago')

test('spans, moments and counts', (t) => {
  t.is(span(900_000), '15 min')
  t.is(moment(NOW), '2026-07-01 12:00:00Z')
  t.deepEqual(
    [count(1, 'change'), count(2, 'change'), count(0, 'entry', 'entries')],
    ['1 change', '2 changes', '0 entries'],
  )
})

test('what could steer a terminal or forge a line is written out', (t) => {
  t.is(printable('a\tb\nc\u001b[31m\u202ed'), 'a b\\nc\\u001b[31m\\u202ed')
  t.is(printable('Grüße, 邮件'), 'Grüße, 邮件')
})
