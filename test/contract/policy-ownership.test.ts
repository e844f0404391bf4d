import test from 'ava'
import {
  endLabs,
  HOST,
  KEEP,
  type Lab,
  lab,
  mitigation,
  OWA,
  object,
  policy,
  ROOT,
  rule,
} from '../helpers/policy-lab.ts'

test.after.always(endLabs)

const R = mitigation('R', rule('r', 'rrr'))
const UM = (fields: string, name = 'V') =>
  mitigation(name, `- { kind: service, name: ${name === 'V' ? 'MSExchangeUM' : 'msexchangeum'}, ${fields} }`)

/** A rule of somebody else in the site's web.config. */
async function addRules(one: Lab, rules: string): Promise<void> {
  const section = `<system.webServer><rewrite><rules>\n${rules}\n</rules></rewrite></system.webServer>\n`
  await one.edit(ROOT, (text) => text.replace('</configuration>', `${section}</configuration>`))
}

const foreign = (start: string, match: string, conditions: string, add: string, action: string) =>
  `<rule ${start}><match ${match} /><conditions${conditions}><add input="{QUERY_STRING}" ${add} /></conditions><action type="${action}" /></rule>`

const PLAIN = foreign('name="Other"', 'url=".*"', '', 'pattern="rrr"', 'AbortRequest')

const equal = test.macro(async (t, theirs: string, state: string) => {
  const one = await lab(t)
  await addRules(one, theirs)
  await one.policy(R, policy())
  t.is((await one.run('plan')).of('R'), `enforced/${state}`)
})

test('equal: another name', equal, PLAIN, 'elsewhere')
test(
  'equal: with default attributes, in other case',
  equal,
  foreign(
    'name="Other" enabled="True" patternSyntax="ecmascript" stopProcessing="FALSE"',
    'url=".*" ignoreCase="true" negate="false"',
    ' logicalGrouping="matchall" trackAllCaptures="false"',
    'matchType="pattern" pattern="rrr" ignoreCase="true"',
    'abortRequest',
  ),
  'elsewhere',
)
test('not equal: disabled', equal, PLAIN.replace('<rule', '<rule enabled="false"'), 'pending')
test(
  'not equal: it stops processing',
  equal,
  PLAIN.replace('<rule', '<rule stopProcessing="true"'),
  'pending',
)
test('not equal: only the name', equal, PLAIN.replace('Other', 'r').replace('rrr', 'x'), 'pending')

test('an equal one that appears later is a duplicate, and ours stays; then theirs is a leftover', async (t) => {
  const one = await lab(t)
  await one.policy(R, policy())
  await one.run('apply')
  await one.edit(ROOT, (text) => text.replace('</rules>', `${PLAIN}</rules>`))
  const apply = await one.run('apply')
  t.is(apply.of('R'), 'enforced/in-sync')
  t.regex(apply.server.warnings.join(), /duplicate/)
  await one.policy(KEEP, policy())
  t.is((await one.run('apply')).of('R'), 'not-selected/leftover')
  t.true((await one.read(ROOT))?.includes(PLAIN))
})

test('apply goes on where what it did moves a setting that inherits it', async (t) => {
  const one = await lab(t)
  const flags = (at: string, value: string) =>
    `- { kind: authentication, at: ${at}, scheme: windows, extendedProtection: { flags: [${value}] } }`
  await one.policy(
    mitigation('Site', flags('Default Web Site', 'Proxy')),
    mitigation('Under', flags('Default Web Site/owa/oma', 'None')),
    policy(),
  )
  const apply = await one.run('apply')
  t.is(apply.of('Under'), 'enforced/in-sync')
  t.is((await one.run('plan')).of('Under'), 'enforced/in-sync')
})

test('ours goes behind clear, before all other rules; disabled by hand it is drift', async (t) => {
  const one = await lab(t)
  const all = '<rule name="All" stopProcessing="true"><match url=".*" /><action type="None" /></rule>'
  await addRules(one, `<clear />\n${all}`)
  await one.policy(R, policy())
  t.is((await one.run('apply')).of('R'), 'enforced/in-sync')
  t.regex((await one.read(ROOT)) ?? '', /<clear \/>\s*<rule name="Stopgap R r">[\s\S]*<rule name="All"/)
  await one.edit(ROOT, (text) => text.replace('"Stopgap R r"', '"Stopgap R r" enabled="false"'))
  t.deepEqual((await one.run('apply')).changes, ['put rewrite-rule:Default Web Site:r drift'])
})

test('behind a rule that ends everything ours is ineffective, until that one goes', async (t) => {
  const one = await lab(t)
  const all = '<rule name="All" stopProcessing="true"><match url=".*" /><action type="None" /></rule>'
  await addRules(one, all)
  await one.policy(mitigation('R', rule('r', 'rrr', 'position: last')), policy())
  const apply = await one.run('apply')
  t.is(apply.code, 4)
  t.deepEqual(apply.held, ['ineffective rewrite-rule:Default Web Site:r'])
  t.true((await one.read(ROOT))?.includes('Stopgap R r'))
  t.deepEqual((await one.run('apply')).changes, [])
  await one.edit(ROOT, (text) => text.replace(all, ''))
  t.is((await one.run('apply')).of('R'), 'enforced/in-sync')
})

test('a rule of /owa goes inside the location that is not inherited, and comes out to the last byte', async (t) => {
  const one = await lab(t)
  await one.policy(KEEP, policy())
  await one.run('apply')
  const before = await one.bytes()
  await one.policy(KEEP, mitigation('M2', rule('owa', 'owa', '', 'Default Web Site/owa')), policy())
  t.is((await one.run('apply')).of('M2'), 'enforced/in-sync')
  t.regex(
    (await one.read(OWA)) ?? '',
    /<location path="\." inheritInChildApplications="false">[\s\S]*Stopgap M2 owa[\s\S]*<\/location>/,
  )
  await one.policy(KEEP, policy())
  await one.run('apply')
  t.deepEqual(await one.bytes(), before)
})

// In two parts, for more than five removals at once are held.
const VALUES = `- { kind: app-pool, name: MSExchangeECPAppPool, autoStart: false, startMode: AlwaysRunning, state: Stopped }
- { kind: global-module, name: TokenCacheModule, present: false }
- kind: authentication
  at: [Default Web Site/owa]
  scheme: windows
  enabled: true
  extendedProtection: { tokenChecking: Require }
- { kind: iis-setting, at: Default Web Site/ecp, section: system.webServer/security/access, attribute: sslFlags, value: [Ssl] }`

const ITEMS = `- kind: iis-setting
  at: Default Web Site/owa
  section: system.webServer/security/requestFiltering/verbs
  item: { key: { verb: TRACE }, attributes: { allowed: 'false' } }
- kind: iis-setting
  at: Default Web Site/owa
  section: system.webServer/security/requestFiltering/hiddenSegments
  item: { key: { segment: bin }, present: false }`

const comesBack = test.macro(async (t, values: string) => {
  const one = await lab(t)
  await one.policy(KEEP, policy())
  await one.run('apply')
  const files = await one.bytes()
  await one.policy(KEEP, mitigation('V', values), policy())
  t.is((await one.run('apply')).of('V'), 'enforced/in-sync')
  t.not((await one.bytes())[HOST], files[HOST])
  await one.policy(KEEP, policy())
  t.is((await one.run('apply')).code, 0)
  t.is((await one.bytes())[HOST], files[HOST])
})

test('values of all kinds come back to the last byte', comesBack, VALUES)
test('items of collections come back to the last byte', comesBack, ITEMS)

test('a field that somebody changed since stays, the others go back', async (t) => {
  const one = await lab(t)
  await one.policy(KEEP, UM('startType: Disabled, status: Stopped'), policy())
  await one.run('apply')
  await one.server((root) => {
    root.services.MSExchangeUM.startType = 'Manual'
  })
  await one.policy(KEEP, policy())
  t.is((await one.run('apply')).of('V'), 'not-selected/leftover')
  t.like(await um(one), { startType: 'Manual', status: 'Running' })
})

const um = async (one: Lab) => JSON.parse((await one.read('server.json')) ?? '').services.MSExchangeUM

test('two mitigations may want one field; it goes back with the last, even a status that could not go back before', async (t) => {
  const one = await lab(t)
  const both = [UM('startType: Disabled, status: Stopped'), UM('startType: Disabled', 'W')]
  await one.policy(KEEP, ...both, policy())
  t.is((await one.run('apply')).of('W'), 'enforced/in-sync')
  await one.policy(KEEP, UM('startType: Disabled', 'W'), policy())
  t.is((await one.run('apply')).of('W'), 'enforced/in-sync')
  t.like(await um(one), { startType: 'Disabled', status: 'Stopped' })
  await one.policy(KEEP, policy())
  await one.run('apply')
  t.like(await um(one), { startType: 'Automatic', status: 'Running' })
})

test('what a blocked mitigation set of a shared service stays until its block removes it', async (t) => {
  const one = await lab(t)
  const both = [KEEP, UM('startType: Manual'), UM('status: Stopped', 'W'), policy()]
  const block = object('Block', 'b', 'mitigations: [V]\nreason: r\nowner: o')
  await one.policy(...both)
  await one.run('apply')
  await one.policy(...both, block)
  t.is((await one.run('apply')).of('V'), 'blocked/kept')
  t.like(await um(one), { startType: 'Manual', status: 'Stopped' })
  await one.policy(...both, block.replace('owner: o', 'owner: o\n  remove: true'))
  t.is((await one.run('apply')).of('W'), 'enforced/in-sync')
  t.like(await um(one), { startType: 'Automatic', status: 'Stopped' })
})

test('different values of one field are a fault, and so is what makes no sense together', async (t) => {
  const one = await lab(t)
  for (const other of ['startType: Manual', 'status: Running']) {
    await one.policy(UM('startType: Disabled'), UM(other, 'W'), policy())
    const plan = await one.run('plan')
    t.is(plan.code, 3)
    t.regex(plan.err, /Make them agree/)
  }
})
