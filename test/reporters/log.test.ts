import test from 'ava'
import type { Event } from '../../reconciler/model/event.ts'
import { Log } from '../../reconciler/reporters/log.ts'
import { held, NOW, plan, report } from '../helpers/reports.ts'

const HOUR = 3_600_000

/** A log into memory, with a clock that the test moves. */
function logging(format: 'words' | 'json' = 'words') {
  const lines: string[] = []
  const clock = { now: NOW }
  const log = new Log({
    format,
    write: (line) => lines.push(line),
    now: () => clock.now,
    secrets: ['tops3cret'],
  })
  return { log, lines, clock }
}

function failed(message = 'no such host'): Event {
  const trouble = { code: 'FETCH_DNS', message, hint: 'Revision r stays in force. Check the name.' }
  return { is: 'fetch-failed', at: NOW, reason: 'dns', seconds: 1, trouble }
}

function passed(of: Parameters<typeof report>[0] = {}): Event {
  return { is: 'pass-ended', at: NOW, seconds: 0.1, quiet: false, report: report(of) }
}

test('a line says what happened, what stays in force and what to do', (t) => {
  const { log, lines } = logging()
  log.handle(failed())
  t.deepEqual(lines, [
    '2026-07-01T12:00:00.000Z warn  fetch failed (dns): no such host — Revision r stays in force. Check the name. [FETCH_DNS]\n',
  ])
})

test('the same trouble is said once, hourly after that, and when it is over', (t) => {
  const { log, lines, clock } = logging()
  for (let n = 0; n < 100; n += 1) log.handle(failed())
  t.is(lines.length, 1)
  clock.now += HOUR
  log.handle(failed())
  log.handle(failed())
  t.is(lines.length, 2)
  log.handle({ is: 'fetched', at: NOW, revision: 'r', time: NOW, seconds: 1, moved: false })
  t.regex(lines[2] ?? '', /answers again; it failed 102 times, first 1 h ago/)
  log.handle(failed())
  t.is(lines.length, 4, 'afterwards it is news again')
})

test('another trouble of the same subject is news', (t) => {
  const { log, lines } = logging()
  log.handle(failed())
  log.handle(failed('another'))
  t.is(lines.length, 2)
})

test('a server that stays converged is said once', (t) => {
  const { log, lines, clock } = logging()
  for (let n = 0; n < 5; n += 1) {
    clock.now += HOUR
    log.handle(passed())
  }
  t.is(lines.length, 1)
  log.handle(passed({ result: 'changed' }))
  t.is(lines.length, 2)
})

test('a held change is said with what to do, once, and again when it came back', (t) => {
  const { log, lines } = logging()
  const held1 = passed({ plan: plan([], [held()]) })
  log.handle(held1)
  log.handle(held1)
  const about = () => lines.filter((line) => line.includes('held unprotects'))
  t.is(about().length, 1)
  t.regex(about()[0] ?? '', /stopgap allow sha256:/)
  log.handle(passed())
  log.handle(held1)
  t.is(about().length, 2)
})

test('secrets are masked and no text from outside makes a line of its own', (t) => {
  const { log, lines } = logging()
  log.handle(failed('https://joe:hunter22@h/ tops3cret\n2026 error forged \u001b[2J'))
  t.is(lines.length, 1)
  t.is(lines[0]?.indexOf('\n'), (lines[0]?.length ?? 0) - 1)
  for (const bad of ['hunter22', 'tops3cret', '\u001b']) t.false(lines[0]?.includes(bad), bad)
})

test('JSON lines are one object each', (t) => {
  const { log, lines } = logging('json')
  log.handle(failed('a\nb'))
  log.handle({ is: 'trouble', at: NOW, server: 'ex01', trouble: { code: 'X', message: 'm', hint: '' } })
  const objects = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  t.like(objects[0], { level: 'warn', code: 'FETCH_DNS', time: '2026-07-01T12:00:00.000Z' })
  t.like(objects[1], { level: 'error', server: 'ex01', message: 'm' })
})

test('faults of a refused revision are listed with their place, for its first time only', (t) => {
  const { log, lines } = logging()
  const faults = Array.from({ length: 25 }, (_, at) => ({
    severity: 'error' as const,
    file: 'a.yaml',
    line: at + 1,
    column: 1,
    message: 'bad',
  }))
  const refused = (first: boolean): Event => ({
    is: 'revision-refused',
    at: NOW,
    revision: 'r',
    reason: 'invalid',
    first,
    faults,
    trouble: { code: 'POLICY_INVALID', message: 'm', hint: 'h' },
  })
  log.handle(refused(true))
  t.is(lines.length, 22)
  t.regex(lines[1] ?? '', /a\.yaml:1:1: bad/)
  t.regex(lines[21] ?? '', /and 5 more faults/)
  log.handle(refused(false))
  t.is(lines.length, 22)
})

test('what is only audited is one line, and never a warning', (t) => {
  const { log, lines, clock } = logging()
  const audited = ['a', 'b'].map((key) => held({ key, reason: 'audit', mitigations: ['EP'] }))
  const event = passed({ plan: plan([], [...audited, held()]) })
  log.handle(event)
  clock.now += 2 * HOUR
  log.handle(event)
  const about = lines.filter((line) => line.includes('audited'))
  t.is(about.length, 1)
  t.regex(about[0] ?? '', /info +ex01: only audited, nothing is written: 2 changes for EP\n$/)
  t.is(lines.filter((line) => line.includes('held unprotects')).length, 2, 'the other needs somebody')
})
