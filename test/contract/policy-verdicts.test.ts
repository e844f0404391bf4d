import test from 'ava'
import { endLabs, KEEP, lab, mitigation, object, policy, ROOT, rule } from '../helpers/policy-lab.ts'

test.after.always(endLabs)

const R = (more = 'permanent: always') => mitigation('R', rule('r', 'rrr'), more)
const block = (spec: string) => object('Block', 'b', `mitigations: [R]\nreason: why\nowner: me\n${spec}`)

const decides = test.macro(async (t, spec: string, create: string, verdict: string) => {
  const one = await lab(t, create.split(' '))
  await one.policy(R(spec), policy())
  t.is((await one.run('plan')).of('R'), verdict)
})

const LANES = 'fixedIn: { "15.1.2176": 15.1.2176.9, "15.1.2242": 15.1.2242.4, "15.2.858": 15.2.858.5 }'
const KEPT = 'fixedIn: { "15.1.2507": 15.1.2507.69 }\nkeepUntil: { "15.1.2507": 15.1.2507.71 }'
const CU23 = '--exchange 15.1.2507.6'
test('fixed: newer than all lanes of its line', decides, LANES, CU23, 'fixed/absent')
test('not fixed: older lane of its line', decides, LANES, '--exchange 15.1.1979.3', 'enforced/pending')
test(
  'not fixed: a line that nobody lists',
  decides,
  'fixedIn: { "15.2.1118": 15.2.1118.20 }',
  CU23,
  'enforced/pending',
)
test('kept below keepUntil', decides, KEPT, '--exchange 15.1.2507.69', 'enforced/pending')
test('fixed at keepUntil', decides, KEPT, '--exchange 15.1.2507.71', 'fixed/absent')
test(
  'fixed, onFixed keep',
  decides,
  'fixedIn: { "15.1.2507": 15.1.2507.6 }\nonFixed: keep',
  CU23,
  'enforced/pending',
)
test(
  'other role',
  decides,
  'permanent: x\nappliesTo: { roles: [EdgeTransport] }',
  CU23,
  'not-applicable/absent',
)
test(
  'either range',
  decides,
  'permanent: x\nappliesTo: { builds: "<15 || >=15.1.2507.6" }',
  CU23,
  'enforced/pending',
)
test(
  'below from',
  decides,
  'permanent: x\nappliesTo: { from: { "15.1.2507": 15.1.2507.12 } }',
  CU23,
  'not-applicable/absent',
)
test(
  'requires what is not there',
  decides,
  'permanent: x\nrequires: { urlRewrite: ">=7.1" }',
  `${CU23} --without url-rewrite`,
  'unsupported/failed',
)

test('a fact that the decision needs is missing: unknown, and nothing is written', async (t) => {
  const one = await lab(t)
  await one.policy(R('fixedIn: { "15.1.2507": 15.1.2507.16 }'), policy())
  await one.run('apply')
  await one.server((root) => delete root.facts.exchange)
  const before = await one.bytes()
  const plan = await one.run('apply')
  t.is(plan.code, 4)
  t.is(plan.of('R'), 'unknown/unknown')
  t.regex(plan.server.mitigations[0].reason, /build/)
  t.deepEqual(await one.bytes(), before)
})

test('disabled: what is applied stays and is looked at still', async (t) => {
  const one = await lab(t)
  await one.policy(R(), policy())
  await one.run('apply')
  await one.policy(
    R(),
    policy(),
    object('Organization', 'all', 'mitigationsEnabled: false\nreason: r\nowner: o'),
  )
  t.is((await one.run('apply')).of('R'), 'disabled/kept')
  await one.edit(ROOT, (text) => text.replace(/<rule name="Stopgap R[\s\S]*?<\/rule>/, ''))
  const after = await one.bytes()
  t.is((await one.run('apply')).of('R'), 'disabled/absent')
  t.deepEqual(await one.bytes(), after)
})

test('removals are writes, and audit writes nothing', async (t) => {
  const one = await lab(t)
  await one.policy(R(), KEEP, policy())
  await one.run('apply')
  const before = await one.bytes()
  await one.policy(KEEP, policy(), object('Organization', 'all', 'mode: audit'))
  const apply = await one.run('apply')
  t.is(apply.code, 4)
  t.deepEqual(apply.held, ['audit rewrite-rule:Default Web Site:r'])
  t.deepEqual(await one.bytes(), before)
})

test('a block keeps, a block removes, and all reasons are shown', async (t) => {
  const one = await lab(t)
  await one.policy(R(), KEEP, policy())
  await one.run('apply')
  await one.policy(R(), KEEP, policy(), block('remove: false'))
  t.is((await one.run('apply')).of('R'), 'blocked/kept')
  const second = block('remove: true').replace('name: b', 'name: c').replace('why', 'other')
  await one.policy(R(), KEEP, policy(), block('remove: false'), second)
  const apply = await one.run('apply')
  t.is(apply.of('R'), 'blocked/absent')
  t.regex(apply.server.mitigations[0].reason, /why.*other/)
})

test('a block that runs out holds what it brings until allow', async (t) => {
  const one = await lab(t)
  await one.policy(R(), KEEP, policy(), block('expires: 2126-12-31'))
  t.is((await one.run('apply')).of('R'), 'blocked/absent')
  const day = (at: string) => ({ under: ['faketime', at] })
  t.is((await one.run('plan', day('2126-12-31 23:59:00'))).of('R'), 'blocked/absent')
  await one.run('apply', day('2126-12-31 23:59:30'))
  const held = await one.run('apply', day('2127-01-01 00:10:00'))
  t.deepEqual(held.held, ['expired rewrite-rule:Default Web Site:r'])
  t.is((await one.allow(held.server.plan.id)).code, 0)
  t.is((await one.run('apply', day('2127-01-01 00:11:00'))).of('R'), 'enforced/in-sync')
})

test('the fix arrives: ours goes, to the last byte, and the cause is the build', async (t) => {
  const one = await lab(t)
  const before = (await one.bytes())[ROOT]
  await one.policy(R('fixedIn: { "15.1.2507": 15.1.2507.16 }'), policy())
  await one.run('apply')
  t.not((await one.bytes())[ROOT], before)
  await one.update('--exchange', '15.1.2507.16')
  const apply = await one.run('apply')
  t.deepEqual(apply.changes, ['undo rewrite-rule:Default Web Site:r upgrade'])
  t.is((await one.bytes())[ROOT], before)
})

test('while Setup runs nothing is written; afterwards it is', async (t) => {
  const one = await lab(t)
  await one.policy(R(), policy())
  await one.update('--exchange', '15.1.2507.9', '--during')
  const before = await one.bytes()
  t.deepEqual((await one.run('apply')).held, ['setup rewrite-rule:Default Web Site:r'])
  t.deepEqual(await one.bytes(), before)
  await one.server((root) => {
    root.facts.setup = 'idle'
  })
  t.is((await one.run('apply')).of('R'), 'enforced/in-sync')
})

test('the last protection is not taken away by a selection, until allow', async (t) => {
  const one = await lab(t)
  const ping = mitigation('PING', '- kind: ping')
  await one.policy(R(), ping, policy())
  await one.run('apply')
  await one.policy(R(), ping, policy('mitigations: [PING]\nmode: enforce'))
  const held = await one.run('apply')
  t.deepEqual(held.held, ['unprotects rewrite-rule:Default Web Site:r'])
  t.is((await one.allow(held.json.id)).code, 0)
  t.is((await one.run('apply')).of('R'), 'not-selected/absent')
})

test('more than three corrections within a quarter of an hour are a fight', async (t) => {
  const one = await lab(t)
  await one.policy(R(), policy())
  await one.run('apply')
  for (let time = 1; time <= 4; time += 1) {
    await one.edit(ROOT, (text) => text.replace('pattern="rrr"', 'pattern="r"'))
    const apply = await one.run('apply')
    t.deepEqual(apply.held, time <= 3 ? [] : ['fight rewrite-rule:Default Web Site:r'])
  }
})
