import { execFileSync } from 'node:child_process'
import { cp, mkdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test from 'ava'
import { StopgapError } from '../../../reconciler/errors/error.ts'
import type { Facts } from '../../../reconciler/model/facts.ts'
import { type AnySighting, type Thing, thingKey } from '../../../reconciler/model/thing.ts'
import { embeddedTarget } from '../../../reconciler/targets/embedded/target.ts'
import { editServer, embeddedServer, HOST, OWA, onDisk, ROOT } from '../../helpers/embedded-server.ts'
import { temporaryFolder } from '../../helpers/folder.ts'

const CACHTOKN = 'C:\\Windows\\System32\\inetsrv\\cachtokn.dll'

async function see(dir: string, thing: Thing, name = ''): Promise<AnySighting> {
  const target = embeddedTarget({ name: 'ex01', dir })
  const { sightings } = await target.look([{ thing, name }], new Map(), new AbortController().signal)
  return sightings.get(thingKey(thing, name))!
}

async function factsOf(dir: string): Promise<Facts> {
  const seen = await see(dir, 'facts')
  if (seen.is !== 'here') throw new Error(seen.is)
  return seen.value as Facts
}

const why = (seen: AnySighting) => (seen.is === 'unknown' ? seen.why : `${seen.is}, not unknown`)

for (const [what, content, code, message] of [
  ['missing', null, 'SERVER_MISSING', /there is no .*server\.json/],
  ['empty', '', 'SERVER_MALFORMED', /server\.json:1:1: the file is empty/],
  ['cut off', '{\n  "schema": 1,\n  "name": "ex', 'SERVER_MALFORMED', /server\.json:3:14: this is not JSON/],
  ['with a comma too many', '{\n  "schema": 1,\n}', 'SERVER_MALFORMED', /server\.json:3:1: this is not JSON/],
  ['a list', '[]', 'SERVER_MALFORMED', /not a JSON object/],
  ['from a newer version', '{"schema": 2, "name": "ex01"}', 'SERVER_MALFORMED', /"schema" is not 1/],
  ['without a name', '{"schema": 1}', 'SERVER_MALFORMED', /"name" is not a text/],
] as const) {
  test(`a server.json that is ${what} is an error of this server`, async (t) => {
    const dir = await embeddedServer(t)
    if (content === null) await rm(join(dir, 'server.json'))
    else await writeFile(join(dir, 'server.json'), content)
    const error = await t.throwsAsync(see(dir, 'facts'), { instanceOf: StopgapError, message })
    t.is(error.code, code)
    t.is(error.exit, 1)
    const act = embeddedTarget({ name: 'ex01', dir }).act([], [], new AbortController().signal)
    await t.throwsAsync(act, { instanceOf: StopgapError, message })
  })
}

test('a server folder that is not there, or a folder as server.json, says so', async (t) => {
  const folder = await temporaryFolder(t)
  await t.throwsAsync(see(join(folder, 'none'), 'facts'), { code: 'SERVER_MISSING' })
  await mkdir(join(folder, 'server.json'))
  await t.throwsAsync(see(folder, 'facts'), { code: 'SERVER_UNREADABLE', message: /it is a folder/ })
})

test('a byte order mark in server.json does no harm', async (t) => {
  const dir = await embeddedServer(t)
  const text = await readFile(join(dir, 'server.json'), 'utf8')
  await writeFile(join(dir, 'server.json'), `\uFEFF${text.replaceAll('\n', '\r\n')}`)
  t.is((await factsOf(dir)).exchange, '15.1.2507.6')
})

test('a fact that is absent or of another type is left out, never empty', async (t) => {
  const dir = await embeddedServer(t)
  await editServer(dir, (root) => {
    root.facts = {
      roles: ['Mailbox', 'Teapot'],
      exchange: 15.1,
      os: '10',
      iis: '',
      urlRewrite: null,
      setup: 'perhaps',
      eems: { installed: 'yes', applied: [1], enabled: false },
    }
  })
  const { environment, ...facts } = await factsOf(dir)
  t.deepEqual(facts, { name: 'ex01', os: '10', urlRewrite: null, eems: { enabled: false } } as Omit<
    Facts,
    'environment'
  >)
  t.is(environment['exchangeinstallpath'], 'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\')
  await editServer(dir, (root) => delete root.facts)
  t.deepEqual(Object.keys(await factsOf(dir)), ['name', 'environment'])
})

test('facts are read anew each time', async (t) => {
  const dir = await embeddedServer(t)
  const before = await see(dir, 'facts')
  await editServer(dir, (root) => (root.facts.setup = 'running'))
  const after = await see(dir, 'facts')
  t.is((await factsOf(dir)).setup, 'running')
  t.true(before.is === 'here' && after.is === 'here' && before.digest !== after.digest)
})

test('a link inside the folder is followed, one that leads out is not', async (t) => {
  const dir = await embeddedServer(t)
  const outside = await temporaryFolder(t)
  await writeFile(join(outside, 'web.config'), 'secret')
  const inetpub = onDisk(dir, 'C:\\inetpub')
  await symlink(outside, join(inetpub, 'out'))
  await symlink(join(outside, 'web.config'), join(inetpub, 'file.config'))
  await symlink(join(outside, 'nothing'), join(inetpub, 'dangling.config'))
  await symlink('wwwroot', join(inetpub, 'in'))
  t.regex(why(await see(dir, 'file', 'C:\\inetpub\\out\\web.config')), /leads out/)
  t.regex(why(await see(dir, 'file', 'C:\\inetpub\\file.config')), /leads out/)
  t.regex(why(await see(dir, 'file', 'C:\\inetpub\\dangling.config')), /leads nowhere/)
  t.deepEqual(await see(dir, 'file', 'C:\\inetpub\\in\\web.config'), await see(dir, 'file', ROOT))
  const steps = ['out\\new.config', 'dangling.config'].map((name) => ({
    thing: 'file' as const,
    name: `C:\\inetpub\\${name}`,
    expect: 'absent' as const,
    become: new Uint8Array(1),
  }))
  for (const step of steps) {
    const { results } = await embeddedTarget({ name: 'ex01', dir }).act(
      [step],
      [],
      new AbortController().signal,
    )
    t.is(results[0]?.is, 'failed')
  }
})

test('a server folder that is itself a link is fine, and so is a drive in lower case', async (t) => {
  const dir = await embeddedServer(t)
  await rename(join(dir, 'C'), join(dir, 'c'))
  await symlink(dir, join(dirname(dir), 'link'))
  t.is((await see(join(dirname(dir), 'link'), 'file', ROOT)).is, 'here')
})

test('two names that differ by case only are ambiguous', async (t) => {
  const dir = await embeddedServer(t)
  await cp(onDisk(dir, ROOT), onDisk(dir, 'C:\\inetpub\\wwwroot\\Web.config'))
  t.regex(why(await see(dir, 'file', ROOT)), /ambiguous: .*differ by case/)
})

test('variables, slashes and doubled separators are resolved; a short name is unknown, not absent', async (t) => {
  const dir = await embeddedServer(t)
  const owa = await see(dir, 'file', OWA)
  t.is(owa.is, 'here')
  t.deepEqual(await see(dir, 'file', '%ExchangeInstallPath%\\FrontEnd/HttpProxy\\.\\owa\\web.config'), owa)
  t.deepEqual(
    await see(dir, 'file', '%SystemRoot%\\System32\\inetsrv\\config\\applicationHost.config'),
    await see(dir, 'file', HOST),
  )
  t.regex(why(await see(dir, 'file', 'C:\\PROGRA~1\\x.config')), /short name/)
})

test('what is no regular file, or far too large, is unknown', async (t) => {
  const dir = await embeddedServer(t)
  await truncate(onDisk(dir, ROOT), 65 * 1024 * 1024)
  t.regex(why(await see(dir, 'file', ROOT)), /larger than 64 MB/)
  if (process.platform === 'win32') return t.log('no named pipes in folders here')
  await rm(onDisk(dir, ROOT))
  execFileSync('mkfifo', [onDisk(dir, ROOT)])
  t.regex(why(await see(dir, 'file', ROOT)), /not a file/)
})

test('a file where a folder should be makes what is below it absent', async (t) => {
  const dir = await embeddedServer(t)
  t.deepEqual(await see(dir, 'file', `${ROOT}\\web.config`), { is: 'absent' })
})

test('a service names whom it needs and who needs it', async (t) => {
  const dir = await embeddedServer(t)
  const seen = await see(dir, 'service', 'was')
  t.like(seen, { is: 'here', value: { dependsOn: ['RpcSs'], dependents: ['W3SVC'] } })
})

test('a service that cannot be read is unknown, and one whose needs cannot be read makes all unknown', async (t) => {
  const dir = await embeddedServer(t)
  await editServer(dir, (root) => (root.services.MSExchangeUM.status = 'Sleeping'))
  t.regex(why(await see(dir, 'service', 'MSExchangeUM')), /status .* not known/)
  t.is((await see(dir, 'service', 'W3SVC')).is, 'here')
  await editServer(dir, (root) => (root.services.msexchangehm = root.services.MSExchangeHM))
  t.regex(why(await see(dir, 'service', 'MSExchangeHM')), /twice/)
  await editServer(dir, (root) => (root.services.MSExchangeUM.dependsOn = 'RpcSs'))
  t.regex(why(await see(dir, 'service', 'W3SVC')), /MSExchangeUM depends on/)
  await editServer(dir, (root) => delete root.services)
  t.regex(why(await see(dir, 'service', 'W3SVC')), /no table of services/)
})

test('a pool that only the configuration has runs, unless it is not to start by itself', async (t) => {
  const dir = await embeddedServer(t)
  await editServer(dir, (root) => delete root.appPools)
  t.like(await see(dir, 'pool', 'MSExchangeECPAppPool'), { is: 'here', value: { state: 'Started' } })
  const host = await readFile(onDisk(dir, HOST), 'utf8')
  await writeFile(onDisk(dir, HOST), host.replace('name="MSExchangeECPAppPool"', '$& autoStart="false"'))
  t.like(await see(dir, 'pool', 'msexchangeecpapppool'), { is: 'here', value: { state: 'Stopped' } })
  t.deepEqual(await see(dir, 'pool', 'Nobody'), { is: 'absent' })
  await writeFile(onDisk(dir, HOST), host.slice(0, 2000))
  t.regex(why(await see(dir, 'pool', 'MSExchangeECPAppPool')), /applicationHost\.config: /)
  await editServer(dir, (root) => (root.appPools = { MSExchangeECPAppPool: { state: 'Odd' } }))
  t.regex(why(await see(dir, 'pool', 'MSExchangeECPAppPool')), /state .* not known/)
})

test('a file version is found by any spelling of its path', async (t) => {
  const dir = await embeddedServer(t)
  for (const name of [
    CACHTOKN,
    '%windir%\\system32\\INETSRV\\cachtokn.dll',
    'c:/windows/system32/inetsrv/cachtokn.dll',
  ]) {
    t.like(await see(dir, 'version', name), { is: 'here', value: '10.0.14393.3024' })
  }
  t.deepEqual(await see(dir, 'version', 'C:\\Windows\\other.dll'), { is: 'absent' })
  await editServer(dir, (root) => (root.fileVersions[CACHTOKN] = 10))
  t.regex(why(await see(dir, 'version', CACHTOKN)), /not known/)
  await editServer(dir, (root) => delete root.fileVersions)
  t.regex(why(await see(dir, 'version', CACHTOKN)), /no table of file versions/)
})
