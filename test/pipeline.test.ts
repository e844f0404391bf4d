import { rm, writeFile } from 'node:fs/promises'
import test from 'ava'
import { RECORD_PATH } from '../reconciler/model/record.ts'
import { updateServer } from '../reconciler/targets/embedded/create/update.ts'
import { HOST, OWA, ROOT } from './helpers/embedded-server.ts'
import {
  blockText,
  changesOf,
  enforcing,
  heldOf,
  line,
  mitigationText,
  outcomesOf,
  policyText,
  serverText,
  services,
  shipped,
  statesOf,
} from './helpers/line.ts'

const M1 = 'rewrite-rule:Default Web Site:PowerShell - inbound'
const M2 = 'outbound-rule:Default Web Site/owa:OWA CSP - outbound'
const NAME = 'Stopgap M1 PowerShell - inbound'
/** Removes our rule with the line that it stands on, as an administrator would. */
const withoutRule = (text: string) =>
  text.replace(/\s*<rule name="Stopgap M1 PowerShell - inbound"[\s\S]*?<\/rule>/, '')
/** M1 stays in the repository and is selected nowhere; something else protects the server. */
const unselected = {
  'mitigations/M1.yaml': shipped('M1'),
  'mitigations/M2.yaml': shipped('M2'),
  'policies/all.yaml': policyText('all', '{ mitigations: [M2], mode: enforce }'),
}

test('what is missing is put, seen, recorded and left alone from then on', async (t) => {
  const one = await line(t)
  one.commit(enforcing('PING1', 'M1'))
  const first = await one.pass()
  t.deepEqual(changesOf(first), { [M1]: 'put pending' })
  t.deepEqual(outcomesOf(first), { [M1]: 'applied' })
  t.is(first.result, 'changed')
  t.is(statesOf(first)['M1'], 'in-sync')
  t.true((await one.text(ROOT)).includes(NAME))
  t.like((await one.record())?.owned[M1], { settled: true, mitigations: ['M1'], before: { fields: null } })
  const files = await one.files()
  const record = await one.text(RECORD_PATH)
  const second = await one.pass()
  t.is(second.result, 'converged')
  t.deepEqual(changesOf(second), {})
  t.deepEqual(await one.files(), files)
  t.is(await one.text(RECORD_PATH), record)
})

test('before it is put it is pending, and a plan writes nothing on server, record or journal', async (t) => {
  const one = await line(t)
  const before = await one.files()
  one.commit(enforcing('M1'))
  const { report } = await one.plan()
  t.deepEqual(changesOf(report), { [M1]: 'put pending' })
  t.is(statesOf(report)['M1'], 'pending')
  t.true(report.mitigations[0]?.exposed)
  t.deepEqual(await one.files(), before)
  t.is(await one.record(), null)
  t.deepEqual(await one.journal(), [])
})

const DRIFTS: { readonly [what: string]: (text: string) => string } = {
  deleted: withoutRule,
  disabled: (text) => text.replace(`<rule name="${NAME}"`, `<rule name="${NAME}" enabled="false"`),
  changed: (text) => text.replace('(?=[\\s\\S]*autodiscover)(?=[\\s\\S]*powershell)', 'nothing'),
}
for (const [what, change] of Object.entries(DRIFTS)) {
  test(`a rule that somebody ${what} is drift and is put right`, async (t) => {
    const one = await line(t)
    one.commit(enforcing('M1'))
    await one.pass()
    const good = await one.files()
    await one.edit(ROOT, change)
    const seen = (await one.plan()).report
    t.is(statesOf(seen)['M1'], 'drifted')
    const report = await one.pass()
    t.deepEqual(changesOf(report), { [M1]: 'put drift' })
    t.is(statesOf(report)['M1'], 'in-sync')
    if (what !== 'changed') t.deepEqual(await one.files(), good)
    t.is((await one.pass()).result, 'converged')
  })
}

test('a CU that wipes web.config is the cause upgrade, and taking back gives its bytes', async (t) => {
  const one = await line(t, { exchange: '15.2.1118.7' })
  one.commit(enforcing('M1', 'M2'))
  await one.pass()
  await updateServer({ dir: one.dir, exchange: '15.2.1118.9', cu: true })
  t.false((await one.text(ROOT)).includes(NAME))
  const report = await one.pass()
  t.deepEqual(changesOf(report), { [M1]: 'put upgrade' })
  t.is(statesOf(report)['M1'], 'in-sync')
  t.true((await one.text(ROOT)).includes(NAME))
  await one.edit(ROOT, withoutRule)
  t.deepEqual(changesOf(await one.pass()), { [M1]: 'put drift' }, 'the upgrade is over')
})

test('the security update retires it, and the file is what it was', async (t) => {
  const one = await line(t)
  const before = await one.text(ROOT)
  one.commit(enforcing('PING1', 'M1'))
  await one.pass()
  await updateServer({ dir: one.dir, exchange: '15.1.2507.16' })
  const report = await one.pass()
  t.deepEqual(changesOf(report), { [M1]: 'undo upgrade' })
  t.is(report.mitigations.find(({ name }) => name === 'M1')?.verdict, 'fixed')
  t.is(await one.text(ROOT), before)
  t.deepEqual((await one.record())?.owned, {})
  t.deepEqual((await one.record())?.made, {})
})

test('an equal rule of the EM service is enough; once it goes ours is put, as drift', async (t) => {
  const one = await line(t, { with: ['eems-m2'] })
  const before = await one.files()
  one.commit(enforcing('M2'))
  const report = await one.pass()
  t.is(statesOf(report)['M2'], 'elsewhere')
  t.is(report.result, 'converged')
  t.false(report.mitigations[0]?.exposed)
  t.deepEqual(await one.files(), before)
  t.is(await one.record(), null)
  await one.edit(OWA, (text) => text.replace(/\s*<rule name="EEMS M2[\s\S]*?<\/rule>/, ''))
  const after = await one.pass()
  t.deepEqual(changesOf(after), { [M2]: 'put drift' })
  t.is(statesOf(after)['M2'], 'in-sync')
})

test('a rule of the EM service that is not enough stays, and ours comes beside it', async (t) => {
  const one = await line(t, { with: ['eems-m1'] })
  one.commit(enforcing('M1'))
  const report = await one.pass()
  t.deepEqual(changesOf(report), { [M1]: 'put pending' })
  t.is(statesOf(report)['M1'], 'in-sync')
  t.true(report.warnings.some((warning) => /EEMS M1\.1.*not enough/.test(warning)))
  const text = await one.text(ROOT)
  t.true(text.includes(NAME) && text.includes('EEMS M1.1 PowerShell - inbound'))
  t.is((await one.pass()).result, 'converged')
})

test('where the build has the fix, a foreign equal is a leftover that stays', async (t) => {
  const one = await line(t, { with: ['eems-m2'], exchange: '15.1.2507.71' })
  const before = await one.files()
  one.commit(enforcing('M2'))
  const report = await one.pass()
  t.is(statesOf(report)['M2'], 'leftover')
  t.true(report.mitigations[0]?.fixedButPresent)
  t.deepEqual(await one.files(), before)
})

const UM = 'service:MSExchangeUM'
const stopsUm = (servers = '') => ({
  'mitigations/um.yaml': mitigationText('UM', services('MSExchangeUM')),
  'mitigations/M2.yaml': shipped('M2'),
  'policies/all.yaml': policyText('all', `{ mitigations: [UM, M2]${servers}, mode: enforce }`),
})
const leavesUm = {
  ...stopsUm(),
  'policies/all.yaml': policyText('all', '{ mitigations: [M2], mode: enforce }'),
}

test('a service goes back whole', async (t) => {
  const one = await line(t)
  one.commit(stopsUm())
  const before = await one.service('MSExchangeUM')
  await one.pass()
  t.like(await one.service('MSExchangeUM'), { startType: 'Disabled', status: 'Stopped' })
  one.commit(leavesUm)
  const report = await one.pass()
  t.deepEqual(outcomesOf(report), { [UM]: 'applied' })
  t.deepEqual(await one.service('MSExchangeUM'), before)
  t.false(UM in ((await one.record())?.owned ?? {}))
})

test('of a service whose status somebody changed only the start type goes back', async (t) => {
  const one = await line(t)
  await one.server((root) =>
    Object.assign(root.services.MSExchangeUM, { startType: 'Manual', status: 'Running' }),
  )
  one.commit(stopsUm())
  await one.pass()
  await one.server((root) => Object.assign(root.services.MSExchangeUM, { status: 'Paused' }))
  one.commit(leavesUm)
  await one.pass()
  t.like(await one.service('MSExchangeUM'), { startType: 'Manual', status: 'Paused' })
})

test('what cannot go back any more is held, and not tried again and again', async (t) => {
  const one = await line(t)
  const files = {
    ...stopsUm(),
    'mitigations/um.yaml': mitigationText(
      'UM',
      '    - { kind: service, name: MSExchangeUM, status: Stopped }',
    ),
  }
  one.commit(files)
  await one.pass()
  await one.server((root) => Object.assign(root.services.MSExchangeUM, { startType: 'Disabled' }))
  one.commit({ ...files, 'policies/all.yaml': policyText('all', '{ mitigations: [M2], mode: enforce }') })
  t.deepEqual(heldOf(await one.pass()), { [UM]: 'conflict' })
  await one.server((root) => Object.assign(root.services.MSExchangeUM, { startType: 'Automatic' }))
  t.deepEqual(outcomesOf(await one.pass()), { [UM]: 'applied' })
  t.like(await one.service('MSExchangeUM'), { status: 'Running' })
})

test('what somebody changed wholly since is a leftover, and stays one', async (t) => {
  const one = await line(t)
  one.commit(stopsUm())
  await one.pass()
  await one.server((root) =>
    Object.assign(root.services.MSExchangeUM, { startType: 'Manual', status: 'Running' }),
  )
  one.commit(leavesUm)
  for (const _ of [1, 2]) {
    const report = await one.pass()
    t.deepEqual(changesOf(report), {})
    t.like(await one.service('MSExchangeUM'), { startType: 'Manual', status: 'Running' })
    t.is(statesOf(report)['UM'], 'leftover')
  }
})

test('what already was so is elsewhere, and never goes back', async (t) => {
  const one = await line(t)
  await one.server((root) =>
    Object.assign(root.services.MSExchangeUM, { startType: 'Disabled', status: 'Stopped' }),
  )
  one.commit(stopsUm())
  const report = await one.pass()
  t.is(statesOf(report)['UM'], 'elsewhere')
  one.commit(leavesUm)
  const after = await one.pass()
  t.deepEqual(changesOf(after), {})
  t.like(await one.service('MSExchangeUM'), { startType: 'Disabled', status: 'Stopped' })
})

test('with two owners a service goes back when the last of them goes', async (t) => {
  const one = await line(t)
  const files = (names: string) => ({
    'mitigations/a.yaml': mitigationText('A', services('MSExchangeHM')),
    'mitigations/b.yaml': mitigationText('B', services('MSExchangeHM', 'MSExchangeUM')),
    'mitigations/M1.yaml': shipped('M1'),
    'policies/all.yaml': policyText('all', `{ mitigations: [${names}], mode: enforce }`),
  })
  const key = 'service:MSExchangeHM'
  const before = await one.service('MSExchangeHM')
  one.commit(files('A, B, M1'))
  await one.pass()
  t.deepEqual((await one.record())?.owned[key]?.mitigations, ['A', 'B'])
  one.commit(files('B, M1'))
  const second = await one.pass()
  t.deepEqual(changesOf(second), {})
  t.is(statesOf(second)['A'], 'absent')
  t.is(statesOf(second)['B'], 'in-sync')
  t.deepEqual((await one.record())?.owned[key]?.mitigations, ['B'])
  t.like(await one.service('MSExchangeHM'), { status: 'Stopped' })
  one.commit(files('M1'))
  await one.pass()
  t.deepEqual(await one.service('MSExchangeHM'), before)
})

test('a block keeps what is there; one that removes takes it back', async (t) => {
  const one = await line(t)
  const before = await one.text(ROOT)
  one.commit(enforcing('M1', 'M2'))
  await one.pass()
  const with1 = await one.text(ROOT)
  one.commit({ ...enforcing('M1', 'M2'), 'policies/b.yaml': blockText('M1', 'remove: false') })
  const kept = await one.pass()
  t.is(statesOf(kept)['M1'], 'kept')
  t.is(kept.result, 'converged')
  t.is(await one.text(ROOT), with1)
  one.commit({ ...enforcing('M1', 'M2'), 'policies/b.yaml': blockText('M1', 'remove: true') })
  const removed = await one.pass()
  t.deepEqual(changesOf(removed), { [M1]: 'undo pending' })
  t.is(await one.text(ROOT), before)
})

test('a server that is switched off keeps all there is, and nothing that drifted comes back', async (t) => {
  const one = await line(t)
  const off = '{ mitigationsEnabled: false, reason: migration, owner: team@contoso.example }'
  one.commit(enforcing('M1'))
  await one.pass()
  one.commit({ ...enforcing('M1'), 'policies/s.yaml': serverText('ex01', off) })
  const kept = await one.pass()
  t.is(statesOf(kept)['M1'], 'kept')
  t.false(kept.enabled)
  await one.edit(ROOT, withoutRule)
  const after = await one.pass()
  t.deepEqual(changesOf(after), {})
  t.false((await one.text(ROOT)).includes(NAME))
})

test('without record and state a rule is adopted by its mark, and taken back by it', async (t) => {
  const one = await line(t)
  const before = await one.text(ROOT)
  one.commit(enforcing('M1', 'M2'))
  await one.pass()
  const files = await one.files()
  await one.loseState()
  await rm(one.path(RECORD_PATH))
  const adopted = await one.pass()
  t.is(statesOf(adopted)['M1'], 'in-sync')
  t.deepEqual(changesOf(adopted), {})
  t.deepEqual(await one.files(), files)
  t.true((await one.record())?.owned[M1]?.settled)
  one.commit(unselected)
  await one.pass()
  t.false((await one.text(ROOT)).includes(NAME))
  t.true(before.length <= (await one.text(ROOT)).length)
})

test('a damaged record is put right from the copy', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  await one.pass()
  const record = await one.text(RECORD_PATH)
  await writeFile(one.path(RECORD_PATH), record.slice(0, 200))
  const report = await one.pass()
  t.regex(report.warnings.join(), /record on the server is damaged/)
  t.is(statesOf(report)['M1'], 'in-sync')
  t.is(await one.text(RECORD_PATH), record)
  await rm(one.path(RECORD_PATH))
  await one.pass()
  t.is(await one.text(RECORD_PATH), record)
})

const otherwise = (more: string) =>
  ({
    'mitigations/um.yaml': mitigationText(
      'UM',
      `    - { kind: service, name: MSExchangeUM, startType: Disabled, status: Stopped${more} }`,
    ),
    'mitigations/M1.yaml': shipped('M1'),
  }) as const

for (const between of [0, 2]) {
  test(`with all memory lost a value goes back to otherwise, after ${between} passes more`, async (t) => {
    const one = await line(t)
    const files = otherwise(', otherwise: { startType: Manual, status: Running }')
    one.commit({
      ...files,
      'policies/all.yaml': policyText('all', '{ mitigations: [UM, M1], mode: enforce }'),
    })
    await one.pass()
    await one.loseState()
    await rm(one.path(RECORD_PATH))
    for (let pass = 0; pass < between; pass += 1) await one.pass()
    one.commit({ ...files, 'policies/all.yaml': policyText('all', '{ mitigations: [M1], mode: enforce }') })
    const report = await one.pass()
    t.deepEqual(outcomesOf(report), { [UM]: 'applied' })
    t.like(await one.service('MSExchangeUM'), { startType: 'Manual', status: 'Running' })
  })

  test(`with all memory lost and no otherwise a value is held unowned, after ${between} passes more`, async (t) => {
    const one = await line(t)
    const files = otherwise('')
    one.commit({
      ...files,
      'policies/all.yaml': policyText('all', '{ mitigations: [UM, M1], mode: enforce }'),
    })
    await one.pass()
    await one.loseState()
    await rm(one.path(RECORD_PATH))
    for (let pass = 0; pass < between; pass += 1) await one.pass()
    one.commit({ ...files, 'policies/all.yaml': policyText('all', '{ mitigations: [M1], mode: enforce }') })
    const report = await one.pass()
    t.deepEqual(heldOf(report), { [UM]: 'unowned' })
    t.like(await one.service('MSExchangeUM'), { startType: 'Disabled', status: 'Stopped' })
  })
}

test('a rule whose file moves is put in the new one and goes from the old one', async (t) => {
  const one = await line(t)
  const rule = (file: string) =>
    mitigationText(
      'Moves',
      `    - kind: rewrite-rule
      at: Default Web Site/ecp
      in: ${file}
      name: no secrets
      match: { url: secret }
      action: { type: AbortRequest }`,
    )
  const files = (file: string) => ({
    'mitigations/m.yaml': rule(file),
    'policies/all.yaml': policyText('all', '{ mitigations: [Moves], mode: enforce }'),
  })
  const ecp = OWA.replace('owa', 'ecp')
  const before = await one.files()
  one.commit(files('web.config'))
  t.is((await one.pass()).result, 'changed')
  t.true((await one.text(ecp)).includes('Stopgap Moves no secrets'))
  const original = await one.text(HOST)
  one.commit(files('applicationHost.config'))
  const report = await one.pass()
  t.is(report.result, 'changed')
  t.true((await one.text(HOST)).includes('Stopgap Moves no secrets'))
  t.not(await one.text(HOST), original)
  t.false((await one.text(ecp)).includes('Stopgap Moves'))
  one.commit({ ...files('applicationHost.config'), ...unselected, 'mitigations/m.yaml': shipped('PING1') })
  const last = await one.plan()
  t.deepEqual(Object.values(changesOf(last.report)).sort(), ['put pending', 'undo pending'])
  one.commit({
    'mitigations/m.yaml': rule('web.config'),
    'mitigations/p.yaml': shipped('PING1'),
    'policies/all.yaml': policyText('all', '{ mitigations: [PING1], mode: enforce }'),
  })
  await one.allow((await one.pass()).plan?.id ?? '')
  await one.pass()
  t.deepEqual(await one.files(), before)
})
