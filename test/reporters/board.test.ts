import test from 'ava'
import type { Event } from '../../reconciler/model/event.ts'
import { Board } from '../../reconciler/reporters/board.ts'
import { NOW, REVISION, report } from '../helpers/reports.ts'

const trouble = { code: 'X', message: 'm', hint: 'h' }

function board(...events: readonly Event[]): Board {
  const made = new Board('here')
  for (const event of events) made.handle(event)
  return made
}

const started: Event = { is: 'started', version: '1', servers: ['ex01', 'ex02'], source: 'there' }
const inForce = (revision: string): Event => ({
  is: 'revision-in-force',
  at: NOW,
  inForce: { revision, time: NOW, signature: 'unsigned', mitigations: [], blocks: [], warnings: [] },
})
const fetched = (revision: string): Event => ({
  is: 'fetched',
  at: NOW,
  revision,
  time: NOW,
  seconds: 1,
  moved: true,
})
const failed = (at: number): Event => ({ is: 'fetch-failed', at, reason: 'dns', seconds: 1, trouble })
const refused = (revision: string, at: number): Event => ({
  is: 'revision-refused',
  at,
  revision,
  reason: 'invalid',
  first: true,
  trouble,
  faults: [],
})

test('servers wait until their first pass, keep their order, and leave when they are gone', (t) => {
  const made = board(started, {
    is: 'pass-ended',
    at: NOW,
    seconds: 1,
    quiet: false,
    report: report({ server: 'ex02' }),
  })
  t.deepEqual(made.status(NOW).waiting, ['ex01'])
  t.deepEqual(
    made.status(NOW).servers.map((one) => one.server),
    ['ex02'],
  )
  made.handle({ is: 'server-gone', server: 'ex01' })
  t.deepEqual(made.status(NOW).waiting, [])
})

test('failures add up until a fetch succeeds', (t) => {
  const made = board(failed(1), failed(2), failed(3))
  t.like(made.status(NOW).source.failing, { since: 1, at: 3, times: 3, reason: 'dns' })
  made.handle(fetched(REVISION))
  t.is(made.status(NOW).source.failing, null)
  t.is(made.status(NOW).source.lastFetch, NOW)
})

test('a refusal stays while its revision is the newest, with the time of the first', (t) => {
  const made = board(inForce(REVISION), fetched('bad'), refused('bad', 1), fetched('bad'), refused('bad', 2))
  t.like(made.status(NOW).source.rejected, { revision: 'bad', at: 1 })
  t.is(made.status(NOW).revision, REVISION)
  made.handle(fetched('good'))
  t.is(made.status(NOW).source.rejected, null)
})

test('a refused revision that comes into force after all is not refused any more', (t) => {
  const made = board(fetched('bad'), refused('bad', 1), inForce('bad'))
  t.is(made.status(NOW).source.rejected, null)
  t.is(made.status(NOW).revision, 'bad')
})

test('ready once a pass was tried on each server, whatever came of it', (t) => {
  const made = new Board('here')
  t.deepEqual(made.ready(), { ok: false, why: 'starting' })
  made.handle(started)
  t.is(made.ready().why, 'no revision is in force yet; 2 servers not looked at yet: ex01, ex02')
  made.handle(inForce(REVISION))
  for (const [server, result] of [
    ['ex01', 'unreachable'],
    ['ex02', 'converged'],
  ] as const) {
    t.false(made.ready().ok)
    made.handle({ is: 'pass-ended', at: NOW, seconds: 1, quiet: false, report: report({ server, result }) })
  }
  t.true(made.ready().ok)
  made.handle(failed(NOW))
  t.true(made.ready().ok, 'a source that fails leaves it ready')
})
