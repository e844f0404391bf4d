import { rm, writeFile } from 'node:fs/promises'
import test from 'ava'
import { RECORD_PATH } from '../../reconciler/model/record.ts'
import { openState } from '../../reconciler/state/folder.ts'
import { findPlans } from '../../reconciler/state/plans.ts'
import { updateServer } from '../../reconciler/targets/embedded/create/update.ts'
import { ROOT } from '../helpers/embedded-server.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import {
  blockText,
  changesOf,
  enforcing,
  type Files,
  HOUR,
  heldOf,
  Line,
  line,
  MINUTE,
  mitigationText,
  outcomesOf,
  policyText,
  serverText,
  services,
  shipped,
  statesOf,
} from '../helpers/line.ts'

const M1 = 'rewrite-rule:Default Web Site:PowerShell - inbound'
const NAME = 'Stopgap M1 PowerShell - inbound'
const STOPPED = ['MSExchangeHM', 'MSExchangeHMRecovery', 'MSExchangeUM', 'MSExchangeUMCR']
const withoutRule = (text: string) =>
  text.replace(/\s*<rule name="Stopgap M1 PowerShell - inbound"[\s\S]*?<\/rule>/, '')

/** Mitigation `Many` that stops four services, beside M1; enforced are the named ones. */
function many(names: string): Files {
  return {
    'mitigations/many.yaml': mitigationText('Many', services(...STOPPED)),
    'mitigations/M1.yaml': shipped('M1'),
    'policies/all.yaml': policyText('all', `{ mitigations: [${names}], mode: enforce }`),
  }
}

const AUDITS: { readonly [who: string]: Files } = {
  policy: { 'policies/all.yaml': policyText('all', '{ mitigations: [M1], mode: audit }') },
  server: { 'policies/s.yaml': serverText('ex01', '{ mode: audit }') },
  organization: {
    'policies/o.yaml':
      'apiVersion: stopgap/v1\nkind: Organization\nmetadata: { name: o }\nspec: { mode: audit }\n',
  },
}
for (const [who, files] of Object.entries(AUDITS)) {
  test(`audit of the ${who} writes nothing`, async (t) => {
    const one = await line(t)
    const before = await one.files()
    one.commit({ ...enforcing('M1'), ...files })
    const report = await one.pass()
    t.deepEqual(heldOf(report), { [M1]: 'audit' })
    t.deepEqual(await one.files(), before)
    t.is(await one.record(), null)
  })
}

test('removals are writes: in audit they are held too, and what drifted stays so', async (t) => {
  const one = await line(t)
  one.commit(many('Many, M1'))
  await one.pass()
  const files = await one.files()
  one.commit({ ...many('M1'), 'policies/s.yaml': serverText('ex01', '{ mode: audit }') })
  const report = await one.pass()
  t.deepEqual(new Set(Object.values(heldOf(report))), new Set(['audit']))
  t.is(Object.keys(heldOf(report)).length, 4)
  t.deepEqual(await one.files(), files)
  await one.edit(ROOT, withoutRule)
  t.is(heldOf(await one.pass())[M1], 'audit')
  t.false((await one.text(ROOT)).includes(NAME))
})

test('more removals than maxRemovals are all held, the rest goes on, and allow lets them happen once', async (t) => {
  const one = await line(t)
  one.world = { limits: { maxRemovals: 3, maxStops: 8, maxUnprotected: 2 } }
  one.commit(many('Many'))
  await one.pass()
  one.commit(many('M1'))
  const report = await one.pass()
  t.deepEqual(new Set(Object.values(heldOf(report))), new Set(['limit']))
  t.is(Object.keys(heldOf(report)).length, 4)
  t.deepEqual(outcomesOf(report), { [M1]: 'applied' }, 'the rest goes on')
  const held = await one.pass()
  await one.allow(held.plan?.id ?? '')
  const allowed = await one.pass()
  t.is(Object.values(outcomesOf(allowed)).filter((result) => result === 'applied').length, 4)
  t.like(await one.service('MSExchangeUM'), { status: 'Running' })
  one.commit(many('Many, M1'))
  await one.pass()
  one.commit(many('M1'))
  t.is(Object.keys(heldOf(await one.pass())).length, 4, 'the approval is spent')
})

test('more stops than maxStops are all held, and the id of the plan releases them', async (t) => {
  const one = await line(t)
  one.world = { limits: { maxRemovals: 5, maxStops: 3, maxUnprotected: 2 } }
  one.commit(many('Many, M1'))
  const report = await one.pass()
  t.is(Object.values(heldOf(report)).filter((reason) => reason === 'limit').length, 4)
  t.is(statesOf(report)['Many'], 'held')
  t.is(statesOf(report)['M1'], 'in-sync')
  await t.throwsAsync(() => findPlans(one.state, 'nobody-has-this'), { code: 'ID_UNKNOWN' })
  await one.allow((await one.pass()).plan?.id ?? '')
  t.is((await one.pass()).result, 'changed')
})

test('removals because a build has the fix do not count against the limit', async (t) => {
  const one = await line(t)
  one.world = { limits: { maxRemovals: 0, maxStops: 8, maxUnprotected: 2 } }
  one.commit(enforcing('PING1', 'M1'))
  await one.pass()
  await updateServer({ dir: one.dir, exchange: '15.1.2507.16' })
  t.deepEqual(outcomesOf(await one.pass()), { [M1]: 'applied' })
})

test('the last protection of a server goes only when it is allowed', async (t) => {
  const one = await line(t)
  one.commit(enforcing('PING1', 'M1'))
  await one.pass()
  one.commit({ ...enforcing('PING1'), 'mitigations/M1.yaml': shipped('M1') })
  const report = await one.pass()
  t.deepEqual(heldOf(report), { [M1]: 'unprotects' })
  t.true((await one.text(ROOT)).includes(NAME))
  const { report: again } = await one.plan()
  t.is(again.plan?.id, report.plan?.id)
  await one.allow(report.plan?.id ?? '')
  t.deepEqual(outcomesOf(await one.pass()), { [M1]: 'applied' })
  t.false((await one.text(ROOT)).includes(NAME))
})

test('a revision that takes a protection from too many servers is held on each', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1', 'M2'))
  await one.pass()
  one.commit({ ...enforcing('M2'), 'mitigations/M1.yaml': shipped('M1') })
  one.world = { unprotected: 3 }
  t.deepEqual(heldOf(await one.pass()), { [M1]: 'unprotects' })
  one.world = { unprotected: 2 }
  t.deepEqual(outcomesOf(await one.pass()), { [M1]: 'applied' })
})

const DAY_ONE = 'expires: "2026-12-01T13:00:00Z"'

test('when a block runs out its changes wait for allow', async (t) => {
  const one = await line(t)
  const files = { ...enforcing('M1'), 'policies/b.yaml': blockText('M1', DAY_ONE) }
  one.commit(files)
  t.deepEqual(changesOf(await one.pass()), {})
  one.time += 2 * HOUR
  const report = await one.pass()
  t.deepEqual(heldOf(report), { [M1]: 'expired' })
  t.is(report.plan?.held[0]?.cause, 'expired')
  await one.allow(report.plan?.id ?? '')
  t.deepEqual(changesOf(await one.pass()), { [M1]: 'put expired' })
  await one.edit(ROOT, withoutRule)
  t.deepEqual(changesOf(await one.pass()), { [M1]: 'put drift' }, 'what was let in is kept up')
})

test('a commit after the end of a block releases what waits, and onExpiry: apply does not wait', async (t) => {
  const one = await line(t)
  const files = { ...enforcing('M1'), 'policies/b.yaml': blockText('M1', DAY_ONE) }
  one.commit(files)
  await one.pass()
  one.time += 2 * HOUR
  t.deepEqual(heldOf(await one.pass()), { [M1]: 'expired' })
  one.commit(files)
  t.deepEqual(outcomesOf(await one.pass()), { [M1]: 'applied' })
  const other = await line(t)
  other.commit({ ...enforcing('M1'), 'policies/b.yaml': blockText('M1', `${DAY_ONE}, onExpiry: apply`) })
  t.deepEqual(changesOf(await other.pass()), {})
  other.time += 2 * HOUR
  t.deepEqual(changesOf(await other.pass()), { [M1]: 'put expired' })
})

test('what a block kept does not go by itself when the block runs out', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1', 'M2'))
  await one.pass()
  const files = { ...enforcing('M2'), 'mitigations/M1.yaml': shipped('M1') }
  one.commit({ ...files, 'policies/b.yaml': blockText('M1', DAY_ONE) })
  t.is(statesOf(await one.pass())['M1'], 'kept')
  one.time += 2 * HOUR
  t.deepEqual(heldOf(await one.pass()), { [M1]: 'expired' })
  t.true((await one.text(ROOT)).includes(NAME))
})

/** Deletes the rule, and passes a minute later or as told. */
async function fight(one: Line, later = MINUTE) {
  one.time += later
  if ((await one.text(ROOT)).includes(NAME)) await one.edit(ROOT, withoutRule)
  return one.pass()
}

test('three corrections go through, the fourth waits 1, 2, 4 … 60 minutes', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  await one.pass()
  for (const _ of [1, 2, 3]) t.deepEqual(changesOf(await fight(one)), { [M1]: 'put drift' })
  for (const minutes of [1, 2, 4, 8, 16, 32, 60, 60]) {
    const held = await fight(one, MINUTE - 1000)
    t.deepEqual(heldOf(held), { [M1]: 'fight' }, `${minutes} minutes`)
    if (minutes > 1) t.deepEqual(heldOf(await fight(one, (minutes - 1) * MINUTE)), { [M1]: 'fight' })
    t.deepEqual(changesOf(await fight(one, 1000)), { [M1]: 'put drift' }, `after ${minutes} minutes`)
  }
})

test('six quiet hours end a fight, and so does allow', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  await one.pass()
  for (const _ of [1, 2, 3]) await fight(one)
  one.time += 6 * HOUR
  await one.pass()
  for (const _ of [1, 2, 3]) t.deepEqual(changesOf(await fight(one)), { [M1]: 'put drift' })
  const held = await fight(one, 1000)
  t.deepEqual(heldOf(held), { [M1]: 'fight' })
  t.true(held.mitigations[0]?.resources[0]?.fighting)
  await one.allow(held.plan?.id ?? '')
  t.deepEqual(changesOf(await fight(one, 0)), { [M1]: 'put drift' })
  t.deepEqual(changesOf(await fight(one)), { [M1]: 'put drift' }, 'it begins anew')
})

for (const setup of ['running', 'incomplete', undefined]) {
  test(`with Setup ${setup ?? 'unknown'} nothing is written, and nothing recorded as before us`, async (t) => {
    const one = await line(t)
    await one.server((root) => {
      root.facts.setup = setup
      Object.assign(root.services.MSExchangeUM, { startType: 'Disabled', status: 'Stopped' })
    })
    const before = await one.files()
    one.commit(many('Many, M1'))
    const report = await one.pass()
    t.deepEqual(new Set(Object.values(heldOf(report))), new Set(['setup']))
    t.deepEqual(await one.files(), before)
    t.is(await one.record(), null)
    await one.server((root) => {
      root.facts.setup = 'idle'
      Object.assign(root.services.MSExchangeUM, { startType: 'Automatic', status: 'Running' })
    })
    await one.pass()
    const { before: found } = (await one.record())?.owned['service:MSExchangeUM'] ?? {}
    t.deepEqual(found?.fields, { startType: 'Automatic', status: 'Running' })
  })
}

test('during Setup a record that is gone is not written anew either', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1'))
  await one.pass()
  await writeFile(one.path(RECORD_PATH), 'half a rec')
  await one.server((root) => {
    root.facts.setup = 'running'
  })
  await one.pass()
  t.is(await one.text(RECORD_PATH), 'half a rec')
})

test('in maintenance nothing is started, and it goes on when that ends', async (t) => {
  const one = await line(t)
  one.commit(many('Many, M1'))
  await one.pass()
  await one.server((root) => {
    root.facts.maintenance = true
  })
  one.commit(many('M1'))
  const report = await one.pass()
  t.deepEqual(new Set(Object.values(heldOf(report))), new Set(['maintenance']))
  t.like(await one.service('MSExchangeUM'), { status: 'Stopped' })
  await one.server((root) => {
    root.facts.maintenance = false
  })
  t.is(Object.keys(outcomesOf(await one.pass())).length, 4)
})

test('in maintenance nothing is started either where only `otherwise` says that it ran', async (t) => {
  const one = await line(t)
  const otherwise = 'otherwise: { startType: Automatic, status: Running }'
  const um = `    - { kind: service, name: MSExchangeUM, startType: Disabled, status: Stopped, ${otherwise} }`
  const files = (names: string) => ({
    ...enforcing('M1', 'PING1'),
    'mitigations/um.yaml': mitigationText('UM', um),
    'policies/all.yaml': policyText('all', `{ mitigations: [${names}], mode: enforce }`),
  })
  one.commit(files('M1, UM'))
  await one.pass()
  await rm(one.path(RECORD_PATH))
  await one.loseState()
  await one.server((root) => {
    root.facts.maintenance = true
  })
  one.commit(files('M1'))
  t.deepEqual(heldOf(await one.pass()), { 'service:MSExchangeUM': 'maintenance' })
  t.like(await one.service('MSExchangeUM'), { status: 'Stopped' })
})

test('a server of another instance is left alone until it is taken over', async (t) => {
  const one = await line(t)
  one.commit(enforcing('M1', 'M2'))
  await one.pass()
  const statePath = `${await temporaryFolder(t)}/other`
  const other = new Line(one.dir, statePath, 'ex01', await openState(statePath))
  other.commit({ ...enforcing('M2'), 'mitigations/M1.yaml': shipped('M1') })
  const before = await one.files()
  t.deepEqual(heldOf(await other.pass()), { [M1]: 'other-owner' })
  t.deepEqual(await one.files(), before)
  t.deepEqual(outcomesOf(await other.pass({ takeOver: true })), { [M1]: 'applied' })
  t.is((await one.record())?.instance, other.state.instance)
  t.deepEqual((await other.pass()).result, 'converged')
  t.true((await other.journal()).some(({ is }) => is === 'take-over'))
})

test('a server with another name than configured is not written to', async (t) => {
  const made = await line(t, { name: 'ex07' })
  const one = new Line(made.dir, made.statePath, 'ex01', made.state)
  one.commit(enforcing('M1'))
  const before = await one.files()
  t.deepEqual(heldOf(await one.pass()), { [M1]: 'wrong-host' })
  t.deepEqual(await one.files(), before)
})

test('a shared configuration is not edited', async (t) => {
  const one = await line(t, { with: ['shared-config'] })
  one.commit(enforcing('M1'))
  const before = await one.files()
  t.deepEqual(heldOf(await one.pass()), { [M1]: 'redirected' })
  t.deepEqual(await one.files(), before)
})

test('a service that others depend on is not stopped under them', async (t) => {
  const one = await line(t)
  one.commit({
    'mitigations/m.yaml': mitigationText(
      'Host',
      '    - { kind: service, name: HostControllerService, status: Stopped }',
    ),
    'policies/all.yaml': policyText('all', '{ mitigations: [Host], mode: enforce }'),
  })
  const before = await one.files()
  t.deepEqual(heldOf(await one.pass()), { 'service:HostControllerService': 'dependents' })
  t.deepEqual(await one.files(), before)
})

test('a rule that something foreign takes away below is written, reported and not tried again', async (t) => {
  const one = await line(t)
  const ecp = 'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\FrontEnd\\HttpProxy\\ecp\\web.config'
  const clear = '<system.webServer><rewrite><rules><clear /></rules></rewrite>'
  await one.edit(ecp, (text) => text.replace('<system.webServer>', clear))
  one.commit(enforcing('M1'))
  const first = await one.pass()
  t.true((await one.text(ROOT)).includes(NAME))
  t.deepEqual(heldOf(first), { [M1]: 'ineffective' })
  t.regex(first.plan?.held[0]?.detail ?? '', /ecp\\web\.config/)
  t.true(first.mitigations[0]?.exposed)
  const files = await one.files()
  const second = await one.pass()
  t.is(second.outcome, undefined)
  t.deepEqual(await one.files(), files)
  await one.edit(ecp, (text) => text.replace('<clear />', ''))
  t.is(statesOf(await one.pass())['M1'], 'in-sync')
})

const RULE = `    - kind: rewrite-rule
      at: Default Web Site
      name: secrets
      match: { url: secret }
      action: { type: AbortRequest }`

test('a change after which IIS could not read a path is held, the others go on', async (t) => {
  const one = await line(t, { without: ['url-rewrite'] })
  one.commit({
    'mitigations/r.yaml': mitigationText('Rule', RULE),
    'mitigations/s.yaml': mitigationText('Service', services('MSExchangeUM')),
    'policies/all.yaml': policyText('all', '{ mitigations: [Rule, Service], mode: enforce }'),
  })
  const root = await one.text(ROOT)
  const report = await one.pass()
  t.deepEqual(heldOf(report), { 'rewrite-rule:Default Web Site:secrets': 'would-break' })
  t.deepEqual(outcomesOf(report), { 'service:MSExchangeUM': 'applied' })
  t.is(await one.text(ROOT), root)
})

test('a rule of ours in a file below, that nobody remembers, goes first; then the one above is put', async (t) => {
  const one = await line(t)
  const ecp = 'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\FrontEnd\\HttpProxy\\ecp\\web.config'
  const twin = `<system.webServer><rewrite><rules><rule name="${NAME}"><match url="x" /><action type="None" /></rule></rules></rewrite>`
  await one.edit(ecp, (text) => text.replace('<system.webServer>', twin))
  one.commit(enforcing('M1', 'M2'))
  const { report: planned } = await one.plan()
  t.is(heldOf(planned)[M1], 'would-break', 'IIS would read the name twice below /ecp')
  await one.pass()
  t.false((await one.text(ecp)).includes(NAME))
  t.deepEqual(outcomesOf(await one.pass()), { [M1]: 'applied' })
})
