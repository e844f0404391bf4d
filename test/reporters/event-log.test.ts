import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Event } from '../../reconciler/model/event.ts'
import type { EventLine } from '../../reconciler/model/target.ts'
import { EVENT_IDS, EventLog } from '../../reconciler/reporters/event-log.ts'
import { held, NOW, plan, report } from '../helpers/reports.ts'

const trouble = { code: 'FETCH_DNS', message: 'no such host', hint: 'Check the name.' }
const failed: Event = { is: 'fetch-failed', at: NOW, reason: 'dns', seconds: 1, trouble }
const fetched: Event = { is: 'fetched', at: NOW, revision: 'r', time: NOW, seconds: 1, moved: false }

function passed(of: Parameters<typeof report>[0] = {}): Event {
  return { is: 'pass-ended', at: NOW, seconds: 0.1, quiet: false, report: report(of) }
}

function settledAs(result: 'applied' | 'failed' | 'unverified'): Event {
  const outcome = { key: 'service:X', verb: 'put', cause: 'pending', result, error: 'why' } as const
  return { is: 'change-settled', at: NOW, server: 'ex01', revision: 'r', outcome }
}

/** The lines that these events come to. */
async function linesOf(...events: readonly Event[]): Promise<readonly EventLine[]> {
  const lines: EventLine[] = []
  const log = new EventLog((line) => Promise.resolve(void lines.push(line)))
  for (const event of events) log.handle(event)
  await log.settled(1_000)
  return lines
}

const ids = test.macro(async (t: ExecutionContext, events: readonly Event[], wanted: readonly number[]) => {
  t.deepEqual(
    (await linesOf(...events)).map(({ eventId }) => eventId),
    wanted,
  )
})

test(
  'a start and an end',
  ids,
  [
    { is: 'started', version: '1', servers: ['ex01'], source: 's' },
    { is: 'listening', url: 'http://127.0.0.1:1' },
    { is: 'ticked', at: NOW },
    { is: 'stopping', why: 'SIGTERM' },
  ],
  [1001, 1002],
)
test(
  'what lasts is told once, and again after it was over',
  ids,
  [failed, failed, fetched, failed],
  [1007, 1007],
)
test(
  'changes by what became of them',
  ids,
  ['applied', 'failed', 'unverified'].map((one) => settledAs(one as 'applied')),
  [1005, 1006, 1006],
)
test('passes that go well are no news', ids, [passed(), passed({ result: 'changed' })], [])

const broken = passed({ result: 'unreachable', error: { ...trouble, code: 'SESSION_LOST' } })
test(
  'only the first that fails, and the first that goes well again',
  ids,
  [broken, broken, passed(), passed(), broken],
  [1009, 1010, 1009],
)

const waiting = passed({ result: 'held', plan: plan([], [held({ reason: 'limit' })]) })
test('a held change is told once while it is held', ids, [waiting, waiting, passed(), waiting], [1008, 1008])

test('a line has level, server and code, and nothing that steers a screen or is secret', async (t) => {
  const [line] = await linesOf(
    passed({
      result: 'unreachable',
      error: { code: 'SESSION_LOST', message: 'https://me:hunter2@x/ \u001b[31m\ngone', hint: '' },
    }),
  )
  t.like(line, { eventId: 1009, level: 'Error' })
  t.regex(line?.message ?? '', /^ex01: [ -~]*gone \(SESSION_LOST\)$/)
  t.false(line?.message.includes('hunter2'))
})

test('one that takes no lines is neither waited for without end nor sent more and more', async (t) => {
  let asked = 0
  const log = new EventLog((_, signal) => {
    asked += 1
    return new Promise((_, reject) => {
      if (signal.aborted) reject(signal.reason)
      signal.addEventListener('abort', () => reject(signal.reason))
    })
  })
  for (let count = 0; count < 1_000; count += 1) log.handle(settledAs('applied'))
  await log.settled(50)
  t.is(asked, 100)
})

test('the page has a row for each id, and no other', async (t) => {
  const page = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'event-log.md'), 'utf8')
  const rows = [...page.matchAll(/^\| (\d{4}) \|/gm)].map(([, id]) => Number(id))
  t.deepEqual(rows, Object.values(EVENT_IDS))
})
