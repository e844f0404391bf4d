import test from 'ava'
import { parseExpiry } from '../../reconciler/formats/moment.ts'

const ends = test.macro((t, text: string, expected: string | null) => {
  const moment = parseExpiry(text)
  t.is(moment === null ? null : new Date(moment).toISOString(), expected)
})
test('a day ends with the day', ends, '2026-12-31', '2027-01-01T00:00:00.000Z')
test('a leap day', ends, '2028-02-29', '2028-03-01T00:00:00.000Z')
test('no leap day', ends, '2026-02-29', null)
test('a time in UTC', ends, '2026-12-31T18:00:00Z', '2026-12-31T18:00:00.000Z')
test('a time elsewhere', ends, '2026-12-31T18:00:00.25+01:30', '2026-12-31T16:30:00.250Z')
test('a time west of Greenwich', ends, '2026-12-31T23:30:00-01:00', '2027-01-01T00:30:00.000Z')
test('a leap second', ends, '2026-12-31T23:59:60Z', '2027-01-01T00:00:00.000Z')
test('no such hour', ends, '2026-12-31T24:00:00Z', null)
test('a time without a zone', ends, '2026-12-31T18:00:00', null)
test('a German date', ends, '31.12.2026', null)
test('nothing', ends, '', null)
