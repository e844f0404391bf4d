import test from 'ava'
import { statusCsv } from '../../reconciler/reporters/csv.ts'
import { mitigation, report, status } from '../helpers/reports.ts'

function rows(...mitigations: readonly ReturnType<typeof mitigation>[]): readonly string[] {
  return statusCsv(status([report({ mitigations })])).split('\r\n')
}

test('columns and a row as Get-Mitigations.ps1 has them', (t) => {
  t.deepEqual(rows(mitigation({ title: 'Keep out' })), [
    'Server,ID,Type,Description,Status',
    'ex01,M1,rewrite-rule,Keep out,Applied',
    '',
  ])
})

const word = test.macro((t, of: Parameters<typeof mitigation>[0], expected: string) => {
  t.true(rows(mitigation({ title: 'x', ...of }))[1]?.endsWith(`,${expected}`))
})

test('elsewhere is applied', word, { state: 'elsewhere' }, 'Applied')
test(
  'blocked is blocked, also while it is still there',
  word,
  { verdict: 'blocked', state: 'kept' },
  'Blocked',
)
test('failed is failed', word, { state: 'failed' }, 'Failed')
test('unsupported is failed', word, { verdict: 'unsupported', state: 'absent' }, 'Failed')
test('drifted is not applied', word, { state: 'drifted' }, 'Drifted')
test('not applicable is said', word, { verdict: 'not-applicable', state: 'absent' }, 'Not applicable')

const field = test.macro((t, title: string, expected: string) => {
  t.is(rows(mitigation({ title }))[1], `ex01,M1,rewrite-rule,${expected},Applied`)
})

test('commas and quotes are quoted', field, 'a, "b"', '"a, ""b"""')
test('a line end stays in its row', field, 'a\nb', 'a\\nb')
test('a formula becomes text', field, '=HYPERLINK("http://x")', `"'=HYPERLINK(""http://x"")"`)
test('a formula behind blanks becomes text', field, ' @SUM(1)', `' @SUM(1)`)
test('a formula behind a tab becomes text', field, '\t+1', `' +1`)
