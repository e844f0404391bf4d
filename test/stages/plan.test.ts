import { readFile, writeFile } from 'node:fs/promises'
import test from 'ava'
import { RECORD_PATH } from '../../reconciler/model/record.ts'
import type { Step, Target } from '../../reconciler/model/target.ts'
import { thingKey } from '../../reconciler/model/thing.ts'
import { HOST, ROOT } from '../helpers/embedded-server.ts'
import {
  enforcing,
  type Files,
  type Line,
  line,
  mitigationText,
  outcomesOf,
  policyText,
  services,
  shipped,
  statesOf,
} from '../helpers/line.ts'

const M1 = 'rewrite-rule:Default Web Site:PowerShell - inbound'
const NAME = 'Stopgap M1 PowerShell - inbound'

test('the id of a plan depends on neither the revision nor the order of files, and on fields it does', async (t) => {
  const one = await line(t)
  const files = { ...enforcing('M1', 'M2', 'PING1') }
  one.commit(files)
  const first = (await one.plan()).plan
  one.commit(Object.fromEntries(Object.entries(files).toReversed()))
  const second = (await one.plan()).plan
  t.is(second.id, first.id)
  t.not(one.catalogue.revision, 'dir@sha256:1')
  one.commit({ ...files, 'mitigations/M1.yaml': shipped('M1').replaceAll('powershell)', 'power)') })
  const third = (await one.plan()).plan
  t.not(third.id, first.id)
  const same = first.changes.filter(({ key }) => key !== M1).map(({ id }) => id)
  t.deepEqual(
    third.changes.filter(({ key }) => key !== M1).map(({ id }) => id),
    same,
  )
})

test('exactly the named plan or nothing', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  const before = await one.files()
  const { plan } = await one.plan()
  await t.throwsAsync(() => one.apply({ exactly: 'feedfeedfeedfeed' }), { code: 'PLAN_MOVED' })
  t.deepEqual(await one.files(), before)
  t.is((await one.apply({ exactly: plan.id })).report.result, 'changed')
})

/** Whatever the shipped catalogue has for a server of 2016 without updates, with services and pools. */
const EVERYTHING: Files = {
  ...enforcing('M1', 'M2', 'ExtendedProtection', 'TokenCacheModule', 'BasicAuth-Autodiscover'),
  'mitigations/s.yaml': mitigationText('Services', services('MSExchangeHM', 'MSExchangeUM')),
  'mitigations/p.yaml': mitigationText(
    'Pools',
    `    - { kind: app-pool, name: MSExchangeECPAppPool, autoStart: false, startMode: OnDemand, state: Stopped }
    - { kind: app-pool, name: MSExchangeOABAppPool, autoStart: false, state: Stopped }`,
  ),
}
const ALL = [
  'M1',
  'M2',
  'ExtendedProtection',
  'TokenCacheModule',
  'BasicAuth-Autodiscover',
  'Services',
  'Pools',
]

function selecting(names: readonly string[]): Files {
  const spec = `{ mitigations: [${names.length === 0 ? 'PING1' : names.join(', ')}], mode: enforce }`
  return {
    ...EVERYTHING,
    'mitigations/PING1.yaml': shipped('PING1'),
    'policies/all.yaml': policyText('all', spec),
  }
}

/** Nothing is in the way of removals. */
async function unlimited(t: Parameters<typeof line>[0], exchange: string): Promise<Line> {
  const one = await line(t, { exchange })
  one.world = { limits: { maxRemovals: 999, maxStops: 999, maxUnprotected: 999 } }
  return one
}

async function apply(one: Line): Promise<void> {
  const report = await one.pass()
  const held = report.plan?.held ?? []
  if (held.length > 0) {
    await one.allow(report.plan?.id ?? '')
    await one.pass()
  }
}

test('services that stop, applicationHost.config, other files, pools; back with services that start last', async (t) => {
  const one = await unlimited(t, '15.1.2507.11')
  one.commit(selecting(ALL))
  const { plan } = await one.plan()
  const order = (steps: readonly Step[]) => steps.map(({ thing, name }) => `${thing} ${name}`)
  t.deepEqual(order(plan.steps), [
    'service MSExchangeHM',
    'service MSExchangeUM',
    `file ${HOST}`,
    `file ${ROOT}`,
    'pool MSExchangeECPAppPool',
    'pool MSExchangeOABAppPool',
  ])
  await apply(one)
  one.commit(selecting(['M1']))
  t.deepEqual(order((await one.plan()).plan.steps), [
    `file ${HOST}`,
    'pool MSExchangeOABAppPool',
    'pool MSExchangeECPAppPool',
    'service MSExchangeUM',
    'service MSExchangeHM',
  ])
})

const ORDERS: readonly (readonly string[])[] = [
  ALL,
  ['TokenCacheModule', 'Services', 'BasicAuth-Autodiscover', 'M1', 'ExtendedProtection', 'M2', 'Pools'],
]
for (const [index, order] of ORDERS.entries()) {
  test(`all that was put one after another is taken back in order ${index}, to the last byte`, async (t) => {
    const one = await unlimited(t, '15.1.2507.11')
    const before = await one.files()
    for (const some of [ALL.slice(0, 2), ALL.slice(0, 5), ALL]) {
      one.commit(selecting(some))
      await apply(one)
    }
    t.true((await one.text(ROOT)).includes(NAME))
    t.false((await one.text(HOST)).includes('TokenCacheModule" image'))
    for (const [step] of order.entries()) {
      one.commit(selecting(order.slice(step + 1)))
      await apply(one)
    }
    t.deepEqual(await one.files(), before)
    t.deepEqual((await one.record())?.owned, {})
    t.deepEqual((await one.record())?.made, {})
  })
}

test('all at once goes back to the last byte too', async (t) => {
  const one = await unlimited(t, '15.1.2507.11')
  const before = await one.files()
  one.commit(selecting(ALL))
  const report = await one.pass()
  t.deepEqual(new Set(Object.values(outcomesOf(report))), new Set(['applied']))
  one.commit(selecting([]))
  await apply(one)
  t.deepEqual(await one.files(), before)
})

/** The target, with something that happens right before the steps. */
function interfering(target: Target, interfere: () => Promise<void>): Target {
  let done = false
  return {
    ...target,
    act: async (steps, then, signal) => {
      if (!done) await interfere()
      done = true
      return target.act(steps, then, signal)
    },
  }
}

test('what changes between look and act is not overwritten; the next pass converges', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1', 'M2'))
  const original = await one.text(ROOT)
  const edited = original.replace('<configuration>', '<configuration><!-- mine -->')
  one.target = interfering(one.target, () => writeFile(one.path(ROOT), edited))
  const report = await one.pass()
  t.is(report.result, 'conflict')
  t.is(await one.text(ROOT), edited)
  t.is(outcomesOf(report)[M1], 'failed')
  const next = await one.pass()
  t.is(next.result, 'changed')
  t.deepEqual(statesOf(next), { M1: 'in-sync', M2: 'in-sync' })
  t.true((await one.text(ROOT)).includes('<!-- mine -->'))
  t.true((await one.record())?.owned[M1]?.settled)
})

test('a record that another writes between look and act stops everything', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M2'))
  await one.pass()
  one.commit(enforcing('M1', 'M2'))
  const root = await one.text(ROOT)
  one.target = interfering(one.target, async () => {
    const path = one.path(RECORD_PATH)
    await writeFile(path, `${await readFile(path, 'utf8')} `)
  })
  const report = await one.pass()
  t.is(report.result, 'conflict')
  t.deepEqual(outcomesOf(report), { [M1]: 'failed' }, 'what cannot be written down is not done')
  t.is(await one.text(ROOT), root)
  t.is((await one.pass()).result, 'changed')
})

test('the first step that fails stops the rest, which is then not attempted', async (t) => {
  const one = await line(t)
  await one.server((root) => {
    Object.assign(root.services.MSExchangeADTopology, { startType: 'Disabled', status: 'Stopped' })
    for (const name of ['MSExchangePop3', 'MSExchangeImap4']) root.services[name].status = 'Stopped'
  })
  const starting = ['MSExchangePop3', 'MSExchangeImap4', 'MSExchangeUMCR'].map(
    (name) =>
      `    - { kind: service, name: ${name}, status: ${name === 'MSExchangeUMCR' ? 'Stopped' : 'Running'} }`,
  )
  one.commit({
    ...enforcing('M1'),
    'mitigations/s.yaml': mitigationText('Starts', starting.join('\n')),
    'policies/all.yaml': policyText('all', '{ mitigations: [Starts, M1], mode: enforce }'),
  })
  const report = await one.pass()
  t.deepEqual(outcomesOf(report), {
    [M1]: 'applied',
    'service:MSExchangeUMCR': 'applied',
    'service:MSExchangePop3': 'failed',
    'service:MSExchangeImap4': 'not-attempted',
  })
  t.is(report.result, 'failed')
  t.is(statesOf(report)['Starts'], 'failed')
  t.regex(report.outcome?.find(({ result }) => result === 'failed')?.error ?? '', /MSExchangePop3/)
  t.deepEqual(Object.keys((await one.record())?.owned ?? {}).sort(), [M1, 'service:MSExchangeUMCR'])
  await one.server((root) => Object.assign(root.services.MSExchangeADTopology, { startType: 'Manual' }))
  t.is((await one.pass()).result, 'changed')
  t.like(await one.service('MSExchangeImap4'), { status: 'Running' })
})

/** The target, with a list of the round trips to it. */
function counting(target: Target, trips: string[]): Target {
  return {
    ...target,
    look: (queries, known, signal) => {
      trips.push('look')
      return target.look(queries, known, signal)
    },
    act: (steps, then, signal) => {
      trips.push('act')
      return target.act(steps, then, signal)
    },
  }
}

test('with what the last pass looked at a pass looks once; a change costs one more', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1', 'M2', 'PING1'))
  const cold: string[] = []
  const real = one.target
  one.target = counting(real, cold)
  await one.apply()
  t.deepEqual(
    cold,
    ['look', 'look', 'act'],
    'intent, steps, look and the record of what was seen to be ours in one',
  )
  const quiet: string[] = []
  one.target = counting(real, quiet)
  await one.apply()
  t.deepEqual(quiet, ['look'])
  const drift: string[] = []
  await one.edit(ROOT, (text) => text.replace(`<rule name="${NAME}"`, `<rule name="${NAME}" enabled="false"`))
  one.target = counting(real, drift)
  await one.apply()
  t.deepEqual(drift, ['look', 'act'], 'the record says already what it will say')
  const change: string[] = []
  one.commit(enforcing('M1', 'PING1'))
  one.target = counting(real, change)
  await one.apply()
  t.deepEqual(change, ['look', 'act'])
})

test('what the steps left as it was is not sent again after them', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1', 'M2', 'PING1'))
  const real = one.target
  const sent: string[] = []
  one.target = {
    ...real,
    act: async (...args) => {
      const acted = await real.act(...args)
      sent.push(...acted.sightings.keys())
      return acted
    },
  }
  t.is((await one.pass()).result, 'changed')
  t.deepEqual(sent.sort(), [HOST, ROOT, RECORD_PATH].map((name) => thingKey('file', name)).sort())
})

test('nothing is written where nothing differs', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1', 'M2'))
  await one.pass()
  const acts: string[] = []
  one.target = counting(one.target, acts)
  one.commit(enforcing('M2', 'M1'))
  await one.pass()
  t.false(acts.includes('act'))
  t.deepEqual((await one.plan()).plan.steps, [])
})
