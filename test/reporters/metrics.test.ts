import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import test from 'ava'
import type { Event, InForce } from '../../reconciler/model/event.ts'
import { Metrics } from '../../reconciler/reporters/metrics.ts'
import { label } from '../../reconciler/reporters/series.ts'
import { estate } from '../helpers/estate.ts'
import { held, mitigation, NOW, plan, REVISION, report, resource, variedStatus } from '../helpers/reports.ts'

const PROMTOOL = '/usr/bin/promtool'
const withPromtool = existsSync(PROMTOOL) ? test : test.skip

function fed(events: readonly Event[]): Metrics {
  const metrics = new Metrics('0.1.0')
  for (const event of events) metrics.handle(event)
  return metrics
}

function started(...servers: string[]): Event {
  return { is: 'started', version: '0.1.0', servers, source: 'here' }
}

function passed(of: Parameters<typeof report>[0]): Event {
  return { is: 'pass-ended', at: NOW, seconds: 0.2, quiet: false, report: report(of) }
}

function inForce(of: Partial<InForce> = {}): Event {
  const all: InForce = {
    revision: REVISION,
    time: NOW,
    signature: 'unsigned',
    mitigations: [],
    blocks: [],
    warnings: [],
    ...of,
  }
  return { is: 'revision-in-force', at: NOW, inForce: all }
}

/** The series of one family, as label text to value. */
async function series(metrics: Metrics, name: string): Promise<Record<string, number>> {
  const lines = (await metrics.text()).split('\n').filter((line) => new RegExp(`^${name}[{ ]`).test(line))
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.lastIndexOf(' ')
      return [line.slice(name.length, at), Number(line.slice(at + 1))]
    }),
  )
}

test('counters exist at zero before anything happened, per server from the start on', async (t) => {
  const metrics = fed([started('ex01')])
  const failures = await series(metrics, 'stopgap_source_fetch_failures_total')
  t.is(Object.keys(failures).length, 11)
  t.true(Object.values(failures).every((value) => value === 0))
  t.is(Object.keys(await series(metrics, 'stopgap_source_rejected_total')).length, 4)
  t.is(Object.keys(await series(metrics, 'stopgap_changes_total')).length, 16)
  t.is((await series(metrics, 'stopgap_reconciles_total'))['{server="ex01",result="failed"}'], 0)
  t.deepEqual(await series(metrics, 'stopgap_server_up'), {}, 'nobody looked yet, so nobody knows')
})

test('a refused revision counts once, shows while it is the newest, and goes with the next one', async (t) => {
  const trouble = { code: 'X', message: '', hint: '' }
  const refused = (first: boolean): Event => ({
    is: 'revision-refused',
    at: NOW,
    revision: 'main@sha1:bad',
    reason: 'empty',
    first,
    trouble,
    faults: [],
  })
  const fetched = (revision: string): Event => ({
    is: 'fetched',
    at: NOW,
    revision,
    time: NOW,
    seconds: 0.1,
    moved: true,
  })
  const metrics = fed([
    inForce(),
    fetched('main@sha1:bad'),
    refused(true),
    fetched('main@sha1:bad'),
    refused(false),
  ])
  t.is((await series(metrics, 'stopgap_source_rejected_total'))['{reason="empty"}'], 1)
  t.is((await series(metrics, 'stopgap_source_rejected'))['{reason="empty"}'], 1)
  t.deepEqual(await series(metrics, 'stopgap_revision_info'), {
    [`{state="applied",revision="${REVISION}"}`]: 1,
    '{state="seen",revision="main@sha1:bad"}': 1,
  })
  metrics.handle(fetched('main@sha1:good'))
  t.is((await series(metrics, 'stopgap_source_rejected'))['{reason="empty"}'], 0)
  t.is((await series(metrics, 'stopgap_revision_info'))['{state="seen",revision="main@sha1:bad"}'], undefined)
})

test('a failed fetch is an attempt with a reason and leaves the last success alone', async (t) => {
  const metrics = fed([
    { is: 'fetched', at: NOW, revision: REVISION, time: NOW, seconds: 1, moved: true },
    {
      is: 'fetch-failed',
      at: NOW + 5000,
      reason: 'dns',
      seconds: 2,
      trouble: { code: 'X', message: '', hint: '' },
    },
  ])
  t.is((await series(metrics, 'stopgap_source_fetches_total'))[''], 2)
  t.is((await series(metrics, 'stopgap_source_fetch_failures_total'))['{reason="dns"}'], 1)
  t.is((await series(metrics, 'stopgap_source_last_fetch_timestamp_seconds'))[''], NOW / 1000)
})

test('a mitigation has exactly one info series, whatever it was before', async (t) => {
  const metrics = fed([passed({ mitigations: [mitigation({ state: 'pending' })] }), passed({})])
  t.deepEqual(await series(metrics, 'stopgap_mitigation_info'), {
    '{server="ex01",mitigation="M1",verdict="enforced",state="in-sync"}': 1,
  })
})

test('drift and pending are per kind, and only where enforced', async (t) => {
  const drifted = resource({ state: 'held', due: 'drift', fighting: true })
  const upgraded = resource({ kind: 'service', key: 'service::X', state: 'pending', due: 'upgrade' })
  const metrics = fed([
    passed({
      mitigations: [
        mitigation({ resources: [resource(), drifted, upgraded] }),
        mitigation({ name: 'M2', verdict: 'audit', resources: [drifted] }),
      ],
    }),
  ])
  t.deepEqual(await series(metrics, 'stopgap_drift'), {
    '{server="ex01",mitigation="M1",kind="rewrite-rule"}': 1,
    '{server="ex01",mitigation="M1",kind="service"}': 0,
  })
  t.is((await series(metrics, 'stopgap_pending'))['{server="ex01",mitigation="M1",kind="service"}'], 1)
  t.is((await series(metrics, 'stopgap_fights'))['{server="ex01",mitigation="M1",kind="rewrite-rule"}'], 1)
})

test('held, exposed and fixed but present', async (t) => {
  const metrics = fed([
    passed({
      result: 'held',
      plan: plan([], [held(), held(), held({ reason: 'limit' })]),
      mitigations: [
        mitigation({ exposed: true }),
        mitigation({ name: 'M2', verdict: 'fixed', fixedButPresent: true }),
      ],
    }),
  ])
  t.deepEqual(await series(metrics, 'stopgap_held'), {
    '{server="ex01",reason="unprotects"}': 2,
    '{server="ex01",reason="limit"}': 1,
  })
  t.is((await series(metrics, 'stopgap_exposed'))['{server="ex01",mitigation="M1"}'], 1)
  t.deepEqual(await series(metrics, 'stopgap_fixed_but_present'), { '{server="ex01",mitigation="M2"}': 1 })
})

test('a server is current only with the revision in force, and up unless it was not reached', async (t) => {
  const metrics = fed([
    inForce(),
    passed({}),
    passed({ server: 'ex02', result: 'held' }),
    passed({ server: 'ex03', revision: 'main@sha1:old' }),
    passed({ server: 'ex04', result: 'unreachable', error: { code: 'X', message: '', hint: '' } }),
  ])
  t.deepEqual(Object.values(await series(metrics, 'stopgap_server_current')), [1, 0, 0, 0])
  t.deepEqual(Object.values(await series(metrics, 'stopgap_server_up')), [1, 1, 1, 0])
  const successes = await series(metrics, 'stopgap_last_reconcile_timestamp_seconds')
  t.is(successes['{server="ex02"}'], NOW / 1000, 'held is not failed')
  t.is(successes['{server="ex04"}'], undefined)
})

test('what is gone takes its series along', async (t) => {
  const metrics = fed([
    started('ex01', 'ex02'),
    inForce({
      mitigations: [{ name: 'M1', severity: 'high' }],
      blocks: [{ name: 'b', expires: NOW }, { name: 'c' }],
    }),
    passed({}),
  ])
  t.deepEqual(await series(metrics, 'stopgap_block_expires_timestamp_seconds'), { '{block="b"}': NOW / 1000 })
  t.true((await metrics.text()).includes('mitigation="M1"'))
  metrics.handle(inForce({ revision: 'main@sha1:next' }))
  metrics.handle(passed({ mitigations: [] }))
  t.false((await metrics.text()).includes('mitigation="M1"'))
  t.deepEqual(await series(metrics, 'stopgap_block_expires_timestamp_seconds'), {})
  metrics.handle({ is: 'server-gone', server: 'ex01' })
  const text = await metrics.text()
  t.false(text.includes('server="ex01"'))
  t.true(text.includes('server="ex02"'))
})

test('changes are counted by cause and result', async (t) => {
  const outcome = { key: 'k', verb: 'put', cause: 'drift', result: 'applied' } as const
  const settled: Event = { is: 'change-settled', at: NOW, server: 'ex01', revision: REVISION, outcome }
  const metrics = fed([settled, settled])
  const changes = await series(metrics, 'stopgap_changes_total')
  t.is(changes['{server="ex01",cause="drift",result="applied"}'], 2)
  t.is(changes['{server="ex01",cause="drift",result="failed"}'], 0)
})

test('label values cannot break out', (t) => {
  t.is(label('a"} 1\nx{y="\\'), 'a\\"} 1\\nx{y=\\"\\\\')
})

test('two instances do not share a registry', async (t) => {
  fed([started('ex01')])
  t.false((await new Metrics('0.1.0').text()).includes('ex01'))
})

const why = existsSync(PROMTOOL) ? '' : ' (promtool is not installed)'
withPromtool(`promtool finds nothing to complain about${why}`, async (t) => {
  const metrics = fed([
    started('ex09'),
    inForce({ mitigations: [{ name: 'M1', severity: 'high' }], blocks: [{ name: 'b', expires: NOW }] }),
    { is: 'ticked', at: NOW },
    ...variedStatus().servers.map((one) => passed(one)),
  ])
  const run = spawnSync(PROMTOOL, ['check', 'metrics'], { input: await metrics.text(), encoding: 'utf8' })
  t.is(run.stdout + run.stderr, '')
  t.is(run.status, 0)
})

test('a scrape of 1 000 servers with 30 mitigations stays below 15 MB and comes in small pieces', async (t) => {
  const metrics = fed(estate(1000, 30).map((one) => passed(one)))
  let size = 0
  let largest = 0
  for await (const piece of metrics.pieces()) {
    size += piece.length
    largest = Math.max(largest, piece.length)
  }
  t.log(`${(size / 1e6).toFixed(1)} MB, largest piece ${largest}`)
  t.true(size > 10e6 && size < 15e6, String(size))
  t.true(largest < 200_000, String(largest))
})
