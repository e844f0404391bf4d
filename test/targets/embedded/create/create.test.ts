import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import test from 'ava'
import { SaxesParser } from 'saxes'
import { StopgapError } from '../../../../reconciler/errors/error.ts'
import { createServer } from '../../../../reconciler/targets/embedded/create/create.ts'
import { EXTRAS } from '../../../../reconciler/targets/embedded/create/profile.ts'
import { updateServer } from '../../../../reconciler/targets/embedded/create/update.ts'
import { temporaryFolder } from '../../../helpers/folder.ts'

const OWA = 'C/Program Files/Microsoft/Exchange Server/V15/FrontEnd/HttpProxy/owa/web.config'
const HOST = 'C/Windows/System32/inetsrv/config/applicationHost.config'
const ROOT = 'C/inetpub/wwwroot/web.config'

/** Every file below a folder, by its path with slashes. */
async function contents(dir: string): Promise<Map<string, string>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const texts = await Promise.all(
    files.sort().map(async (file) => [relative(dir, file), await readFile(file, 'utf8')] as const),
  )
  return new Map(texts)
}

const parsed = async (dir: string) => JSON.parse(await readFile(join(dir, 'server.json'), 'utf8'))

for (const exchange of ['15.0.1497.2', '15.1.2507.6', '15.2.1118.7', '15.2.1544.4', '15.2.2562.45']) {
  test(`a server of build ${exchange} is well-formed, has Windows line ends and comes out equal twice`, async (t) => {
    const dir = await temporaryFolder(t)
    for (const which of ['a', 'b']) {
      await createServer({ dir: join(dir, which), name: 'ex01', exchange, with: EXTRAS })
    }
    const [first, second] = [await contents(join(dir, 'a')), await contents(join(dir, 'b'))]
    t.deepEqual(first, second)
    t.true(first.size > 15)
    for (const [file, text] of first) {
      if (!file.endsWith('.config')) continue
      t.false(/[^\r]\n/.test(text), file)
      t.notThrows(() => new SaxesParser().write(text.replace(/^\uFEFF/, '')).close(), file)
    }
  })
}

test('what differs between the products differs', async (t) => {
  const dir = await temporaryFolder(t)
  const make = async (exchange: string) => {
    await createServer({ dir: join(dir, exchange), exchange })
    const host = await readFile(join(dir, exchange, HOST), 'utf8')
    return { state: await parsed(join(dir, exchange)), host }
  }
  const [old, e16, e19, se] = await Promise.all(
    ['15.0.1497.2', '15.1.2507.6', '15.2.1118.7', '15.2.2562.45'].map(make),
  )
  t.deepEqual(
    [old, e16, e19, se].map((one) => 'MSExchangeUM' in one!.state.services),
    [true, true, false, false],
  )
  t.deepEqual(
    [old, e16, e19, se].map((one) => 'MSExchangeHMRecovery' in one!.state.services),
    [false, true, true, true],
  )
  t.deepEqual(
    [old, e16, e19, se].map((one) => one!.state.facts.eems.installed),
    [false, true, true, true],
  )
  t.deepEqual(
    [old, e16, e19, se].map((one) => one!.host.includes('tokenChecking="Require"')),
    [false, false, false, true],
  )
  t.is(e16!.state.name, '15.1.2507.6')
  t.deepEqual(old!.state.facts.roles, ['Mailbox', 'ClientAccess'])
})

test('every dependency of a service is a service, and what runs only needs what runs', async (t) => {
  const dir = await temporaryFolder(t)
  for (const [index, role] of (['Mailbox', 'ClientAccess', 'EdgeTransport'] as const).entries()) {
    await createServer({ dir: join(dir, `${index}`), exchange: '15.0.1497.2', roles: [role] })
    const { services } = await parsed(join(dir, `${index}`))
    for (const [name, service] of Object.entries<{ status: string; dependsOn: string[] }>(services)) {
      for (const other of service.dependsOn) {
        t.truthy(services[other], `${name} needs ${other}`)
        t.true(service.status === 'Stopped' || services[other].status === 'Running', `${name} needs ${other}`)
      }
    }
  }
})

test('without URL Rewrite nothing of it is there', async (t) => {
  const dir = join(await temporaryFolder(t), 'ex01')
  await createServer({ dir, exchange: '15.1.2507.6', without: ['url-rewrite'] })
  t.is((await parsed(dir)).facts.urlRewrite, null)
  for (const [file, text] of await contents(dir))
    t.false(/rewrite(?!")/i.test(file === 'server.json' ? '' : text), file)
})

test('the extras are where estates have them', async (t) => {
  const dir = join(await temporaryFolder(t), 'ex01')
  await createServer({ dir, exchange: '15.1.2507.6', with: EXTRAS })
  const files = await contents(dir)
  const outside = (text: string) => text.slice(text.indexOf('</location>'))
  t.regex(outside(files.get(ROOT)!), /EEMS M1\.1 PowerShell - inbound/)
  t.regex(outside(files.get(ROOT)!), /type="Redirect"/)
  t.regex(outside(files.get(OWA)!), /preCondition name="EEMS M2\.1/)
  t.regex(files.get(HOST)!, /<globalRules>/)
  t.regex(files.get(HOST)!, /name="Contoso Intranet" id="3"/)
  t.regex(files.get('C/Windows/System32/inetsrv/config/redirection.config')!, /enabled="true"/)
  t.deepEqual((await parsed(dir)).facts.eems.applied, ['M1.1', 'M2.1.0'])
})

test('a folder that holds anything is left alone', async (t) => {
  const dir = await temporaryFolder(t)
  await writeFile(join(dir, 'note.txt'), '')
  const error = await t.throwsAsync(createServer({ dir, exchange: '15.2.1118.7' }), {
    instanceOf: StopgapError,
  })
  t.is(error.exit, 3)
  t.deepEqual(await readdir(dir), ['note.txt'])
  await t.throwsAsync(createServer({ dir: join(dir, 'note.txt'), exchange: '15.2.1118.7' }), {
    message: /not empty/,
  })
})

for (const [what, options, message] of [
  ['a build of three parts', { exchange: '15.2.1118' }, /not a build/],
  ['another product', { exchange: '14.3.123.4' }, /not a build/],
  [
    'a rule without the module',
    { exchange: '15.2.1118.7', without: ['url-rewrite'], with: ['eems-m1'] },
    /without URL Rewrite/,
  ],
  ['an impossible name', { exchange: '15.2.1118.7', name: '../x' }, /cannot be the name/],
  ['Edge with a mailbox', { exchange: '15.2.1118.7', roles: ['EdgeTransport', 'Mailbox'] }, /no other role/],
] as const) {
  test(`refused: ${what}`, async (t) => {
    const dir = join(await temporaryFolder(t), 'ex01')
    await t.throwsAsync(createServer({ dir, ...options }), { message })
    await t.throwsAsync(readdir(dir), { code: 'ENOENT' })
  })
}

test('a security update moves the build and no file', async (t) => {
  const dir = join(await temporaryFolder(t), 'ex01')
  await createServer({ dir, exchange: '15.1.2507.6', with: ['eems-m1'] })
  const before = await contents(dir)
  t.like(await updateServer({ dir, exchange: '15.1.2507.16' }), {
    from: '15.1.2507.6',
    to: '15.1.2507.16',
    setup: 'idle',
    files: [],
  })
  const after = await contents(dir)
  t.is((await parsed(dir)).facts.exchange, '15.1.2507.16')
  t.deepEqual(
    [...after].filter(([file, text]) => before.get(file) !== text).map(([file]) => file),
    ['server.json'],
  )
})

test('a cumulative update wipes the rules of web.config and keeps those of the server', async (t) => {
  const dir = await temporaryFolder(t)
  await createServer({
    dir: join(dir, 'a'),
    exchange: '15.2.1118.7',
    with: ['eems-m1', 'eems-m2', 'foreign-rules', 'second-site'],
  })
  await createServer({ dir: join(dir, 'b'), exchange: '15.2.1118.7' })
  await updateServer({ dir: join(dir, 'a'), cu: true })
  const [updated, plain] = [await contents(join(dir, 'a')), await contents(join(dir, 'b'))]
  for (const file of [ROOT, OWA]) t.is(updated.get(file), plain.get(file))
  t.regex(updated.get(HOST)!, /Known scanners/)
  t.regex(updated.get('C/inetpub/intranet/web.config')!, /start\.html/)
})

test('--during leaves Setup running until an update without it', async (t) => {
  const dir = join(await temporaryFolder(t), 'ex01')
  await createServer({ dir, exchange: '15.2.1544.4' })
  await updateServer({ dir, exchange: '15.2.2562.17', cu: true, during: true })
  t.like((await parsed(dir)).facts, { setup: 'running', exchange: '15.2.2562.17' })
  await updateServer({ dir })
  t.is((await parsed(dir)).facts.setup, 'idle')
})

test('no update goes back or to another product; the EM service comes with the CU that has it', async (t) => {
  const dir = join(await temporaryFolder(t), 'ex01')
  await createServer({ dir, exchange: '15.1.2242.4' })
  t.false((await parsed(dir)).facts.eems.installed)
  await t.throwsAsync(updateServer({ dir, exchange: '15.1.2176.2' }), { message: /never goes back/ })
  await t.throwsAsync(updateServer({ dir, exchange: '15.2.1118.7' }), { message: /cannot become 2019/ })
  await updateServer({ dir, exchange: '15.1.2507.6', cu: true })
  const state = await parsed(dir)
  t.true(state.facts.eems.installed)
  t.is(state.services.MSExchangeMitigation.status, 'Running')
})
