import test from 'ava'
import { endLabs, HOST, KEEP, lab, mitigation, policy, rule } from '../helpers/policy-lab.ts'

test.after.always(endLabs)

const R = mitigation('R', rule('r', 'rrr'))
const UM = mitigation('V', '- { kind: service, name: MSExchangeUM, startType: Disabled }')

const insist = test.macro(async (t, ...objects: string[]) => {
  const one = await lab(t)
  await one.policy(...objects, policy())
  const first = await one.run('apply')
  t.deepEqual(
    first.server.outcome.map(({ result }: { result: string }) => result),
    ['applied'],
  )
  const bytes = await one.bytes()
  const again = await one.run('apply')
  t.deepEqual([again.changes.length, again.held.length], [0, 1])
  t.regex(again.held[0] ?? '', /^conflict /)
  t.deepEqual(await one.bytes(), bytes, 'nothing is written in turns')
})

const outbound = (name: string, type: string) => `- kind: outbound-rule
  at: Default Web Site
  name: ${name}
  preCondition: { name: same, conditions: [{ input: '{RESPONSE_CONTENT_TYPE}', pattern: '^${type}' }] }
  match: { serverVariable: RESPONSE_X_${name}, pattern: '(.*)' }
  action: { type: Rewrite, value: x }
`
test(
  'two kinds that want different values of one attribute do not fight each other',
  insist,
  mitigation('A', '- { kind: authentication, at: Default Web Site/owa, scheme: windows, enabled: true }'),
  mitigation(
    'B',
    '- { kind: iis-setting, at: Default Web Site/owa, section: system.webServer/security/authentication/windowsAuthentication, attribute: enabled, value: false }',
  ),
)
test(
  'two rules with one preCondition that each defines otherwise do not fight each other',
  insist,
  mitigation('A', outbound('a', 'text/html') + outbound('b', 'text/plain')),
)

test('a site that is gone is no failure once nobody wants a rule there, and the rule goes when it is back', async (t) => {
  const one = await lab(t, ['--exchange', '15.1.2507.6', '--with', 'second-site'])
  await one.policy(KEEP, mitigation('A', rule('a', 'aaa', '', 'Contoso Intranet')), policy())
  await one.run('apply')
  const host = (await one.read(HOST)) ?? ''
  await one.edit(HOST, (text) => text.replace(/\s*<site name="Contoso Intranet"[\s\S]*?<\/site>/, ''))
  t.is((await one.run('apply')).of('A'), 'enforced/unknown')
  await one.policy(KEEP, policy())
  t.is((await one.run('apply')).code, 0)
  await one.write(HOST, host)
  t.deepEqual((await one.run('apply')).changes, ['undo rewrite-rule:Contoso Intranet:a pending'])
})

const RECORD = 'C/ProgramData/Stopgap/record.json'

test('what a record says was there on another server is not what this one goes back to', async (t) => {
  const one = await lab(t)
  await one.policy(KEEP, UM, policy())
  await one.run('apply')
  await one.edit(RECORD, (text) => text.replace('"ex01"', '"ex77"').replace('"Automatic"', '"Manual"'))
  await one.policy(KEEP, policy())
  const back = await one.run('apply')
  t.regex(back.server.warnings[0], /it is the record of ex77.*; the copy in the state folder is used/)
  const { services } = JSON.parse((await one.read('server.json')) ?? '')
  t.is(services.MSExchangeUM.startType, 'Automatic')
})

test('a record of another server by another instance still keeps this one off', async (t) => {
  const one = await lab(t)
  await one.policy(KEEP, policy())
  await one.run('apply')
  await one.edit(RECORD, (text) =>
    text.replace('"ex01"', '"ex77"').replace(/"instance": "[^"]*"/, '"instance": "b"'),
  )
  await one.policy(KEEP, R, policy())
  t.deepEqual((await one.run('apply')).held, ['other-owner rewrite-rule:Default Web Site:r'])
})

test('a record whose specifications are none costs neither the pass nor the rest', async (t) => {
  const one = await lab(t)
  await one.policy(KEEP, policy())
  await one.run('apply')
  const record = JSON.parse((await one.read(RECORD)) ?? '')
  const entry = {
    mitigations: ['Z'],
    spec: {},
    before: { fields: null },
    want: {},
    revision: 'x',
    settled: true,
  }
  for (const kind of [
    'rewrite-rule',
    'outbound-rule',
    'service',
    'app-pool',
    'global-module',
    'iis-setting',
  ]) {
    record.owned[`${kind}:x`] = { kind, ...entry }
  }
  // The old specification of what is still wanted is taken back first where it differs.
  record.owned['rewrite-rule:Default Web Site:keep'].spec = { at: 7 }
  await one.write(RECORD, JSON.stringify(record))
  await one.policy(KEEP, R, policy())
  const { code, of } = await one.run('apply')
  t.is(code, 4)
  t.deepEqual(
    [of('KEEP'), of('R'), of('Z')],
    ['enforced/in-sync', 'enforced/in-sync', 'not-selected/unknown'],
  )
})

test('what a service or a pool cannot be set to is not taken out of a record', async (t) => {
  const one = await lab(t)
  const stopped = mitigation(
    'V',
    '- { kind: service, name: MSExchangeUM, startType: Disabled, status: Stopped }\n- { kind: app-pool, name: MSExchangeECPAppPool, state: Stopped }',
  )
  await one.policy(KEEP, stopped, policy())
  await one.run('apply')
  const record = JSON.parse((await one.read(RECORD)) ?? '')
  record.owned['service:MSExchangeUM'].before.fields = { startType: 'Odd', status: 'Running' }
  record.owned['app-pool:MSExchangeECPAppPool'].before.fields = { state: 'Odd' }
  await one.write(RECORD, JSON.stringify(record))
  const bytes = await one.bytes()
  await one.policy(KEEP, policy())
  const back = await one.run('apply')
  t.deepEqual(back.held.toSorted(), ['unowned app-pool:MSExchangeECPAppPool', 'unowned service:MSExchangeUM'])
  t.deepEqual(await one.bytes(), bytes)
})

test('what was released and made is not released again while the rest of that release waits', async (t) => {
  const one = await lab(t)
  const V = mitigation('V', '- { kind: service, name: MSExchangeUM, status: Stopped }')
  const nothing = mitigation('P', '- { kind: ping }')
  await one.policy(R, V, policy())
  await one.run('apply')
  await one.policy(nothing, policy())
  const held = await one.run('plan')
  t.deepEqual(held.held.length, 2)
  await one.allow(held.server.plan.id)
  await one.server((root) => {
    root.facts.maintenance = true
  })
  const part = await one.run('apply')
  t.deepEqual(part.held, ['maintenance service:MSExchangeUM'])
  await one.policy(R, nothing, policy())
  await one.run('apply')
  await one.policy(nothing, policy())
  t.true((await one.run('apply')).held.includes('unprotects rewrite-rule:Default Web Site:r'))
})

test('two sites on one folder are on one folder, however the second spells it', async (t) => {
  const one = await lab(t, ['--exchange', '15.1.2507.6', '--with', 'second-site'])
  const spelled = String.raw`physicalPath="C:\inetpub\.\wwwroot\."`
  await one.edit(HOST, (text) => text.replace(/physicalPath="C:\\inetpub\\intranet"/, () => spelled))
  await one.policy(KEEP, policy())
  t.is((await one.run('apply')).of('KEEP'), 'enforced/in-sync')
  const again = await one.run('apply')
  t.deepEqual([again.changes, again.of('KEEP')], [[], 'enforced/in-sync'])
})
