import { rm } from 'node:fs/promises'
import test, { type ExecutionContext } from 'ava'
import { RECORD_PATH } from '../../reconciler/model/record.ts'
import type { StepResult } from '../../reconciler/model/target.ts'
import type { Passed } from '../../reconciler/pipeline/pass.ts'
import { HOST, ROOT } from '../helpers/embedded-server.ts'
import {
  changesOf,
  enforcing,
  type Files,
  heldOf,
  type Line,
  line,
  mitigationText,
  outcomesOf,
  policyText,
  statesOf,
} from '../helpers/line.ts'

/** A site of this name over the folder of the Default Web Site. */
async function secondSite(one: Line, name: string): Promise<void> {
  const site = `<site name="${name}" id="7"><application path="/" applicationPool="DefaultAppPool"><virtualDirectory path="/" physicalPath="%SystemDrive%\\inetpub\\wwwroot" /></application><bindings><binding protocol="http" bindingInformation="*:8080:" /></bindings></site>`
  await one.edit(HOST, (text) => text.replace('</sites>', `${site}</sites>`))
}

for (const name of ['Alt', 'Zzz, a longer name than the other']) {
  test(`a rule in a file that another site shares stays: ${name}`, async (t) => {
    const one = await line(t)
    await secondSite(one, name)
    const before = await one.files()
    one.commit(enforcing('PING1', 'M1'))
    t.is((await one.pass()).result, 'changed')
    const put = await one.files()
    t.is((await one.pass()).result, 'converged')
    t.deepEqual(await one.files(), put)
    one.commit({
      ...enforcing('PING1', 'M1'),
      'policies/all.yaml': policyText('all', '{ mitigations: [PING1], mode: enforce }'),
    })
    await one.allow((await one.pass()).plan?.id ?? '')
    await one.pass()
    t.deepEqual(await one.files(), before)
  })
}

const rule = (name: string, at: string) =>
  mitigationText(
    name,
    `    - { kind: rewrite-rule, at: ${at}, name: same, match: { url: secret }, action: { type: AbortRequest } }`,
  )

test('who is not selected takes no rule of another mitigation, though both have one name in one file', async (t) => {
  const one = await line(t)
  await secondSite(one, 'Alt')
  const files: Files = {
    'mitigations/a.yaml': rule('A', 'Default Web Site'),
    'mitigations/b.yaml': rule('B', 'Alt'),
    'policies/all.yaml': policyText('all', '{ mitigations: [A], mode: enforce }'),
  }
  one.commit(files)
  t.is((await one.pass()).result, 'changed')
  const again = await one.pass()
  t.deepEqual(changesOf(again), {})
  t.deepEqual(statesOf(again), { A: 'in-sync', B: 'absent' })
  t.true((await one.text(ROOT)).includes('Stopgap A same'))
})

const UM = 'service:MSExchangeUM'

const um = (more = ''): Files => ({
  ...enforcing('M1'),
  'mitigations/um.yaml': mitigationText(
    'UM',
    `    - { kind: service, name: MSExchangeUM, startType: Disabled, status: Stopped${more} }`,
  ),
})

const selecting = (names: string): Files => ({
  'policies/all.yaml': policyText('all', `{ mitigations: [${names}], mode: enforce }`),
})

/** A line that has put a rule and a value, and then lost the record and the state folder. */
async function forgetful(t: ExecutionContext): Promise<Line> {
  const one = await line(t)
  one.commit({ ...um(), ...selecting('M1, UM') })
  await one.pass()
  await one.loseState()
  await rm(one.path(RECORD_PATH))
  return one
}

/** A pass of which the first step, which is the record, gets through; then the process is gone. */
async function killedAfterRecord(t: ExecutionContext, one: Line): Promise<void> {
  const real = one.target
  one.target = {
    name: real.name,
    look: (...all) => real.look(...all),
    act: async (steps, then, signal) => {
      await real.act(steps.slice(0, 1), then, signal)
      throw new Error('killed')
    },
    close: () => real.close(),
  }
  await t.throwsAsync(one.pass())
  one.target = real
}

test('with all memory lost a removal stays held for as long as nobody says what to go back to', async (t) => {
  const one = await forgetful(t)
  one.commit({ ...um(), ...selecting('M1') })
  for (let pass = 0; pass < 3; pass += 1) t.deepEqual(heldOf(await one.pass()), { [UM]: 'unowned' })
  t.like((await one.record())?.owned[UM], { mitigations: ['UM'], before: { forgotten: true } })
  one.commit({ ...um(', otherwise: { startType: Manual, status: Running }'), ...selecting('M1') })
  t.deepEqual(outcomesOf(await one.pass()), { [UM]: 'applied' })
  t.like(await one.service('MSExchangeUM'), { startType: 'Manual', status: 'Running' })
  t.is((await one.pass()).result, 'converged')
  t.is((await one.record())?.owned[UM], undefined)
})

test('memory that was lost is not forgotten over a pass for one mitigation only', async (t) => {
  const one = await forgetful(t)
  one.commit({ ...um(), ...selecting('M1') })
  await one.pass({ world: { ...one.options().world, only: new Set(['m1']) } })
  t.deepEqual(heldOf(await one.pass()), { [UM]: 'unowned' })
})

test('a killed removal of what was lost is still one afterwards', async (t) => {
  const one = await forgetful(t)
  const otherwise = um(', otherwise: { startType: Manual, status: Running }')
  one.commit({ ...otherwise, ...selecting('M1') })
  await killedAfterRecord(t, one)
  t.deepEqual(outcomesOf(await one.pass()), { [UM]: 'applied' })
})

test('what only others would have set is no part of what goes back, nor of whether it is back', async (t) => {
  const one = await line(t)
  const before = await one.files()
  const files: Files = {
    ...enforcing('PING1'),
    'mitigations/start.yaml': mitigationText(
      'Start',
      '    - { kind: service, name: MSExchangePOP3, startType: Disabled }',
    ),
    'mitigations/stop.yaml': mitigationText(
      'Stop',
      '    - { kind: service, name: MSExchangePOP3, status: Stopped }',
    ),
  }
  one.commit({ ...files, ...selecting('PING1, Start') })
  await one.pass()
  one.commit({ ...files, ...selecting('PING1') })
  await one.allow((await one.pass()).plan?.id ?? '')
  t.deepEqual(outcomesOf(await one.pass()), { 'service:MSExchangePOP3': 'applied' })
  t.deepEqual(await one.files(), before)
  t.deepEqual(statesOf(await one.pass()), { PING1: 'in-sync', Start: 'absent', Stop: 'absent' })
  t.deepEqual((await one.record())?.owned, {})
})

test('what nobody remembers and somebody put back by hand is forgotten', async (t) => {
  const one = await forgetful(t)
  one.commit({ ...um(), ...selecting('M1') })
  t.deepEqual(heldOf(await one.pass()), { [UM]: 'unowned' })
  await one.server((root) => Object.assign(root.services.MSExchangeUM, { startType: 'Manual' }))
  t.deepEqual(heldOf(await one.pass()), { [UM]: 'unowned' })
  await one.server((root) => Object.assign(root.services.MSExchangeUM, { status: 'Running' }))
  t.is((await one.pass()).result, 'converged')
  t.is((await one.record())?.owned[UM], undefined)
})

const flags = (name: string, at: string, value: string) =>
  mitigationText(
    name,
    `    - { kind: authentication, at: [${at}], scheme: windows, extendedProtection: { flags: [${value}] } }`,
  )

test('a setting that is inherited from one of ours is not ours, and nothing of it is left behind', async (t) => {
  const one = await line(t)
  const before = await one.files()
  const files: Files = {
    ...enforcing('PING1'),
    'mitigations/site.yaml': flags('Site', 'Default Web Site, Default Web Site/owa/Calendar', 'Proxy'),
    'mitigations/under.yaml': flags('Under', 'Default Web Site/owa/oma', 'Proxy'),
  }
  one.commit({ ...files, ...selecting('PING1, Site, Under') })
  await one.pass()
  t.deepEqual(statesOf(await one.pass()), { PING1: 'in-sync', Site: 'elsewhere', Under: 'elsewhere' })
  one.commit({ ...files, ...selecting('PING1, Under') })
  t.true((await one.apply()).more)
  t.deepEqual(statesOf(await one.pass()), { PING1: 'in-sync', Site: 'absent', Under: 'in-sync' })
  one.commit({ ...files, ...selecting('PING1') })
  await one.allow((await one.pass()).plan?.id ?? '')
  await one.pass()
  t.deepEqual(await one.files(), before)
  t.deepEqual((await one.record())?.owned, {})
})

for (const own of ['None', 'AllowDotlessSpn']) {
  test(`what differs on purpose from what it inherits goes back together with that: ${own}`, async (t) => {
    const one = await line(t)
    const before = await one.files()
    const files: Files = {
      ...enforcing('PING1'),
      'mitigations/site.yaml': flags('Site', 'Default Web Site', 'Proxy'),
      'mitigations/under.yaml': flags('Under', 'Default Web Site/owa/oma', own),
    }
    one.commit({ ...files, ...selecting('PING1, Site, Under') })
    await one.apply()
    await one.apply()
    t.deepEqual(statesOf(await one.pass()), { PING1: 'in-sync', Site: 'in-sync', Under: 'in-sync' })
    one.commit({ ...files, ...selecting('PING1') })
    await one.allow((await one.pass()).plan?.id ?? '')
    const back = await one.pass()
    t.deepEqual([...new Set(Object.values(outcomesOf(back)))], ['applied'])
    t.deepEqual(await one.files(), before)
    t.deepEqual((await one.record())?.owned, {})
  })
}

test('with all memory lost, what is inherited or so by default was not ours', async (t) => {
  const one = await forgetful(t)
  const files: Files = {
    ...um(),
    'mitigations/site.yaml': flags('Site', 'Default Web Site/owa/oma', 'None'),
  }
  one.commit({ ...files, ...selecting('M1, UM') })
  t.deepEqual(statesOf(await one.pass()), { M1: 'in-sync', Site: 'absent', UM: 'in-sync' })
  one.commit({ ...files, ...selecting('M1, UM, Site') })
  t.deepEqual(statesOf(await one.pass()), { M1: 'in-sync', Site: 'elsewhere', UM: 'in-sync' })
  one.commit({ ...files, ...selecting('M1, UM') })
  t.is((await one.pass()).result, 'converged')
})

test('a server that calls itself otherwise is told of, also where there is nothing to do', async (t) => {
  const one = await line(t)
  one.commit(enforcing('PING1'))
  t.deepEqual((await one.pass()).warnings, [])
  await one.server((root) => Object.assign(root, { name: 'other' }))
  t.deepEqual((await one.pass()).warnings, ['the server calls itself other, so nothing is written on ex01'])
})

const pool = (fields: string): Files => ({
  ...enforcing('PING1'),
  'mitigations/pool.yaml': mitigationText(
    'Pool',
    `    - { kind: app-pool, name: MSExchangeECPAppPool, ${fields} }`,
  ),
})

const changed: readonly (readonly [string, Files, Files])[] = [
  ['other fields', pool('autoStart: false, state: Stopped'), pool('startMode: AlwaysRunning')],
  [
    'another value',
    um(),
    {
      ...um(),
      ...selecting('M1, UM'),
      'mitigations/um.yaml':
        um()['mitigations/um.yaml']?.replace('startType: Disabled', 'startType: Manual') ?? '',
    },
  ],
  [
    'a setting',
    { ...enforcing('PING1'), 'mitigations/f.yaml': flags('Flags', 'Default Web Site', 'Proxy') },
    { ...enforcing('PING1'), 'mitigations/f.yaml': flags('Flags', 'Default Web Site', 'AllowDotlessSpn') },
  ],
]

for (const [what, first, second] of changed) {
  test(`killed while one value of ours was to replace another, all of it goes back: ${what}`, async (t) => {
    const one = await line(t)
    const before = await one.files()
    const all = selecting("'*'")
    one.commit({ ...first, ...all })
    t.is((await one.pass()).result, 'changed')
    one.commit({ ...second, ...all })
    await killedAfterRecord(t, one)
    one.commit({ ...second, ...enforcing('PING1'), ...selecting('PING1') })
    await one.allow((await one.pass()).plan?.id ?? '')
    await one.pass()
    t.deepEqual(await one.files(), before)
    t.deepEqual((await one.record())?.owned, {})
  })

  test(`and so it does once the change was made: ${what}`, async (t) => {
    const one = await line(t)
    const before = await one.files()
    const all = selecting("'*'")
    one.commit({ ...first, ...all })
    await one.pass()
    one.commit({ ...second, ...all })
    await killedAfterRecord(t, one)
    t.is((await one.pass()).result, 'changed')
    t.is((await one.pass()).result, 'converged')
    const entries = Object.values((await one.record())?.owned ?? {})
    t.true(entries.every(({ settled, was }) => settled && was === undefined))
    one.commit({ ...second, ...enforcing('PING1'), ...selecting('PING1') })
    await one.allow((await one.pass()).plan?.id ?? '')
    await one.pass()
    t.deepEqual(await one.files(), before)
  })
}

const outbound = (more: string): Files => ({
  ...enforcing('PING1'),
  'mitigations/out.yaml': mitigationText(
    'Out',
    `    - { kind: outbound-rule, at: Default Web Site/owa, name: o, ${more}, match: { serverVariable: RESPONSE_X, pattern: '(.*)' }, action: { type: Rewrite, value: x } }`,
  ),
})

const naming = (name: string): string =>
  `in: applicationHost.config, preCondition: { name: ${name}, conditions: [{ input: '{RESPONSE_CONTENT_TYPE}', pattern: ${name} }] }`

for (const second of [naming('Q'), 'in: applicationHost.config', 'in: web.config']) {
  test(`killed while a rule was to give up its preCondition, that goes all the same: ${second}`, async (t) => {
    const one = await line(t)
    const before = await one.files()
    const all = selecting("'*'")
    one.commit({ ...outbound(naming('P')), ...all })
    t.is((await one.pass()).result, 'changed')
    one.commit({ ...outbound(second), ...all })
    await killedAfterRecord(t, one)
    t.is((await one.pass()).result, 'changed')
    t.false((await one.text(HOST)).includes('Stopgap Out P'))
    one.commit({ ...outbound(second), ...selecting('PING1') })
    await one.allow((await one.pass()).plan?.id ?? '')
    await one.pass()
    t.deepEqual(await one.files(), before)
  })
}

const widened: readonly (readonly [string, string, string])[] = [
  ['service', 'name: MSExchangeUM, startType: Manual', 'status: Running'],
  ['app-pool', 'name: MSExchangeECPAppPool, startMode: AlwaysRunning', 'autoStart: true, state: Started'],
]

for (const [kind, first, more] of widened) {
  test(`what is asked for besides and is so already goes back with the rest, to the byte: ${kind}`, async (t) => {
    const one = await line(t)
    const before = await one.files()
    const files = (fields: string, names: string): Files => ({
      ...enforcing('PING1'),
      'mitigations/w.yaml': mitigationText('W', `    - { kind: ${kind}, ${fields} }`),
      ...selecting(names),
    })
    one.commit(files(first, 'PING1, W'))
    t.is((await one.pass()).result, 'changed')
    one.commit(files(`${first}, ${more}`, 'PING1, W'))
    t.is((await one.pass()).result, 'changed')
    t.is((await one.pass()).result, 'converged')
    one.commit(files(`${first}, ${more}`, 'PING1'))
    await one.allow((await one.pass()).plan?.id ?? '')
    t.is((await one.pass()).result, 'changed')
    t.is((await one.pass()).result, 'converged')
    t.deepEqual(await one.files(), before)
    t.deepEqual((await one.record())?.owned, {})
  })
}

test('with all memory lost, what `otherwise` does not name stays as it is', async (t) => {
  const one = await forgetful(t)
  one.commit({ ...um(', otherwise: { startType: Manual }'), ...selecting('M1') })
  t.deepEqual(outcomesOf(await one.pass()), { [UM]: 'applied' })
  t.is((await one.pass()).result, 'converged')
  t.like(await one.service('MSExchangeUM'), { startType: 'Manual', status: 'Stopped' })
})

/** A pass in which the first step, which is the record, is done, and the next one is not. */
async function failing(one: Line, result: StepResult): Promise<Passed> {
  const real = one.target
  one.target = {
    name: real.name,
    look: (...all) => real.look(...all),
    act: async (steps, then, signal) => {
      if (steps.length === 1) return real.act(steps, then, signal)
      const { results, sightings } = await real.act(steps.slice(0, 1), then, signal)
      const rest = steps.slice(2).map((): StepResult => ({ is: 'not-attempted' }))
      return { results: [...results, result, ...rest], sightings }
    },
    close: () => real.close(),
  }
  const passed = await one.apply()
  one.target = real
  return passed
}

test('what failed is not tried again in the same run', async (t) => {
  const one = await line(t)
  one.commit(enforcing('PING1', 'M1'))
  const { report, more } = await failing(one, { is: 'failed', detail: 'the disk is full' })
  t.is(report.result, 'failed')
  t.is(more, undefined)
})

for (const is of ['failed', 'conflict'] as const) {
  test(`with the record lost on the server and a write that did not happen, all of it goes back: ${is}`, async (t) => {
    const one = await line(t)
    const before = await one.files()
    const rules = { ...outbound(naming('P')), ...selecting("'*'") }
    one.commit(rules)
    await one.pass()
    await rm(one.path(RECORD_PATH))
    one.commit({ ...rules, 'mitigations/f.yaml': flags('Flags', 'Default Web Site', 'Proxy') })
    t.is((await failing(one, { is, detail: 'somebody was there' })).report.result, is)
    await one.pass()
    one.commit({ ...rules, ...selecting('PING1') })
    await one.allow((await one.pass()).plan?.id ?? '')
    await one.pass()
    t.deepEqual(await one.files(), before)
    t.deepEqual((await one.record())?.made, {})
  })
}

test('an item that is inherited from one of ours goes with that', async (t) => {
  const one = await line(t)
  const before = await one.files()
  const item = (name: string, at: string) =>
    mitigationText(
      name,
      `    - kind: iis-setting
      at: ${at}
      section: system.webServer/security/requestFiltering/hiddenSegments
      item: { key: { segment: secret } }`,
    )
  const files: Files = {
    ...enforcing('PING1'),
    'mitigations/site.yaml': item('Site', 'Default Web Site'),
    'mitigations/under.yaml': item('Under', 'Default Web Site/owa/oma'),
  }
  one.commit({ ...files, ...selecting('PING1, Site') })
  await one.pass()
  one.commit({ ...files, ...selecting('PING1, Site, Under') })
  t.deepEqual(statesOf(await one.pass()), { PING1: 'in-sync', Site: 'in-sync', Under: 'elsewhere' })
  one.commit({ ...files, ...selecting('PING1') })
  await one.allow((await one.pass()).plan?.id ?? '')
  await one.pass()
  t.deepEqual(await one.files(), before)
})
