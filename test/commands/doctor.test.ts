import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { schemaFaults } from '../../reconciler/formats/schema.ts'
import { CHECKS } from '../../reconciler/model/finding.ts'
import type { JsonSchema } from '../../reconciler/model/resource.ts'
import { digestOf } from '../../reconciler/util/digest.ts'
import { cli, LAUNCHER, Running } from '../helpers/cli.ts'
import { ROOT } from '../helpers/code.ts'
import { editServer, onDisk } from '../helpers/embedded-server.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { gitServer } from '../helpers/git-server.ts'
import { type Workplace, workplace } from '../helpers/workplace.ts'

const SCHEMA = JSON.parse(
  readFileSync(join(ROOT, 'reconciler/formats/schema/output.schema.json'), 'utf8'),
) as JsonSchema

interface Told {
  readonly is: 'ok' | 'warning' | 'failure'
  readonly check: string
  readonly what: string
  readonly remedy?: string
}

interface Examined {
  readonly of: string
  readonly name: string
  readonly findings: readonly Told[]
}

/** Everything below a folder: names, permissions, times of change, and bytes. */
function everything(folder: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const { mode, mtimeMs } = statSync(path)
    found.set(path, `${mode} ${mtimeMs} ${entry.isFile() ? digestOf(readFileSync(path)) : ''}`)
  }
  return found
}

async function examined(place: Workplace, ...args: readonly string[]) {
  const { code, stdout, stderr } = await place.run('doctor', '--json', ...args)
  assert.deepEqual(schemaFaults(SCHEMA, JSON.parse(stdout)), [], 'as published')
  const { exit, examinations } = JSON.parse(stdout) as { exit: number; examinations: readonly Examined[] }
  return { code, exit, stderr, examinations }
}

/** What is not well, as `of check`, without the warning that every source gets. */
function flaws(examinations: readonly Examined[]): readonly string[] {
  return examinations.flatMap(({ of, findings }) =>
    findings
      .filter(({ is, check }) => is !== 'ok' && check !== 'signature')
      .map(({ is, check }) => `${is} ${of} ${check}`),
  )
}

/** What was said of it, and it alone was wrong. */
async function theFlaw(
  t: {
    deepEqual(a: unknown, b: unknown): unknown
    is(a: unknown, b: unknown): unknown
    true(a: boolean): unknown
  },
  place: Workplace,
  {
    code,
    flaw,
    args = [],
  }: { readonly code: number; readonly flaw: string; readonly args?: readonly string[] },
): Promise<string> {
  const found = await examined(place, ...args)
  t.deepEqual(flaws(found.examinations), [flaw])
  t.is(found.code, code)
  t.is(found.exit, code)
  const all = found.examinations.flatMap(({ of, findings }) => findings.map((one) => ({ ...one, of })))
  const told = all.find(({ is, of, check }) => `${is} ${of} ${check}` === flaw)
  t.true((told?.remedy ?? '').length > 20)
  return told?.what ?? ''
}

test('all is well, in words and as JSON; nothing moves, and nothing is made', async (t) => {
  const place = await workplace(t)
  const temporary = await temporaryFolder(t)
  const before = everything(place.folder)
  const running = new Running(process.execPath, [LAUNCHER, 'doctor'], place.folder, { TMPDIR: temporary })
  const { code, stdout, stderr } = await running.ended
  t.is(code, 0, stdout)
  t.is(stderr, '')
  for (const words of ['source ', 'state ', 'server ex01', 'server ex02'])
    t.true(stdout.includes(`\n\n${words}`) || stdout.startsWith(words))
  t.regex(stdout, /0 failures, 1 warning, \d+ ok\n$/)
  const { examinations } = await examined(place)
  t.deepEqual(flaws(examinations), [])
  t.deepEqual(everything(place.folder), before, 'no state folder either')
  t.deepEqual(readdirSync(temporary), [], 'what was fetched to look at it is gone')
  t.is((await place.run('apply', '--yes')).code, 0)
  const applied = everything(place.folder)
  const again = await examined(place)
  t.is(again.code, 0)
  t.deepEqual(everything(place.folder), applied, 'server, record, state folder and clone are as they were')
  const record = again.examinations
    .flatMap(({ findings }) => findings)
    .find(({ check }) => check === 'record')
  t.is(record?.what, '1 resource of ours')
})

test('beside a daemon it says who holds the state folder', async (t) => {
  const place = await workplace(t, ['ex01'])
  t.is((await place.run('apply', '--yes')).code, 0)
  const helper = join(ROOT, 'test/helpers/lock-holder.ts')
  const holder = spawn(process.execPath, [helper, place.state], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(() => holder.kill('SIGKILL'))
  await once(holder.stdout, 'data')
  const before = everything(place.state)
  const { code, examinations } = await examined(place)
  t.is(code, 0)
  const lock = examinations.flatMap(({ findings }) => findings).find(({ check }) => check === 'lock')
  t.regex(lock?.what ?? '', /^in use by stopgap run \(process \d+/)
  t.deepEqual(everything(place.state), before)
})

test('a server folder that is missing, server.json that is broken: the other server is told of all the same', async (t) => {
  const place = await workplace(t)
  await writeFile(join(place.folder, 'servers/ex01/server.json'), '{ "schema": 1,\n "name": }')
  const broken = await examined(place)
  t.is(broken.code, 1)
  t.deepEqual(flaws(broken.examinations), ['failure server reach'])
  const [ex01, ex02] = broken.examinations.filter(({ of }) => of === 'server')
  t.is(ex01?.findings.length, 1)
  t.regex(ex01?.findings[0]?.what ?? '', /server\.json:2:\d+: this is not JSON/)
  t.true((ex02?.findings.length ?? 0) > 15)
  await rm(join(place.folder, 'servers/ex01'), { recursive: true })
  t.regex(await theFlaw(t, place, { code: 1, flaw: 'failure server reach' }), /there is no .*server\.json/)
  t.is((await examined(place, '--only', 'ex02')).code, 0)
  const unknown = await place.run('doctor', '--only', 'ex09')
  t.is(unknown.code, 3)
  t.regex(unknown.stderr, /no server is called ex09/)
})

test('a shared configuration, no URL Rewrite, another name, a damaged file', async (t) => {
  const place = await workplace(t, ['ex01'])
  const dir = join(place.folder, 'servers/ex01')
  const host = onDisk(dir, 'C:\\Windows\\System32\\inetsrv\\config\\applicationHost.config')
  const redirection = host.replace('applicationHost', 'redirection')
  const text = readFileSync(redirection, 'utf8')
  const shared =
    '<configuration><configurationRedirection enabled="true" path="\\\\fs\\iis" /></configuration>'
  await writeFile(redirection, shared)
  t.regex(await theFlaw(t, place, { code: 1, flaw: 'failure server configuration' }), /shared and lies in/)
  await writeFile(redirection, text)
  await editServer(dir, (root) => {
    root.facts.urlRewrite = null
  })
  t.regex(await theFlaw(t, place, { code: 1, flaw: 'failure server url-rewrite' }), /not installed/)
  await editServer(dir, (root) => {
    root.facts.urlRewrite = '7.1.1993.2351'
    root.name = 'ex07'
  })
  t.regex(await theFlaw(t, place, { code: 3, flaw: 'failure server name' }), /calls itself ex07/)
  await editServer(dir, (root) => {
    root.name = 'ex01'
  })
  await writeFile(host, readFileSync(host, 'utf8').slice(0, 5000))
  t.regex(
    await theFlaw(t, place, { code: 1, flaw: 'failure server configuration' }),
    /applicationHost\.config:\d+:/,
  )
})

test('a folder for the record that leads out of the server, and a record of another instance', async (t) => {
  const place = await workplace(t, ['ex01'])
  t.is((await place.run('apply', '--yes')).code, 0)
  const owned = { code: 0, flaw: 'warning server record', args: ['--state', 'another'] }
  t.regex(await theFlaw(t, place, owned), /belongs to another Stopgap instance/)
  const data = join(place.folder, 'servers/ex01/C/ProgramData')
  await rm(data, { recursive: true })
  await symlink(tmpdir(), data)
  const { code, examinations } = await examined(place)
  t.is(code, 1)
  t.deepEqual(flaws(examinations), ['failure server record-folder', 'failure server record'])
})

test('a source that asks for a login, that nobody finds, that holds a fault, that is not named', async (t) => {
  const place = await workplace(t, ['ex01'])
  const server = await gitServer(t, place.folder)
  server.mischief = 'login'
  const args = (source: string) => ['--source', source, '--server', 'servers/ex01']
  const login = { code: 1, flaw: 'failure source reach', args: args(`${server.url}/policy/.git`) }
  t.regex(await theFlaw(t, place, login), /access was denied/)
  const nobody = await examined(place, ...args('https://no-such-host.invalid/a.git'))
  t.is(nobody.code, 1)
  t.deepEqual(flaws(nobody.examinations), ['failure source reach'])
  await place.commit({ 'policies/baseline.yaml': 'kind: Nonsense\n' })
  t.regex(
    await theFlaw(t, place, { code: 3, flaw: 'failure source policy' }),
    /has 1 fault; the first: policies/,
  )
  const elsewhere = await temporaryFolder(t)
  const empty = await cli(elsewhere, 'doctor', '--server', join(place.folder, 'servers/ex01'))
  t.is(empty.code, 3)
  t.regex(empty.stdout, /failure\s+reach\s+no source is named/)
})

test('a state folder of a newer version, one that is a file, one that others may read', async (t) => {
  const place = await workplace(t, ['ex01'])
  await mkdir(place.state)
  await chmod(place.state, 0o755)
  await theFlaw(t, place, { code: 0, flaw: 'warning state state-access' })
  await chmod(place.state, 0o700)
  await writeFile(join(place.state, 'state.json'), '{"version":9,"instance":"x"}')
  t.regex(await theFlaw(t, place, { code: 1, flaw: 'failure state state' }), /version 9/)
  await rm(place.state, { recursive: true })
  await writeFile(place.state, 'a file')
  const { code, examinations } = await examined(place)
  t.is(code, 1)
  t.deepEqual(flaws(examinations), ['failure state state', 'failure state state-access'])
})

test('a configuration that cannot be read is an error as everywhere', async (t) => {
  const place = await workplace(t, ['ex01'])
  await place.write('stopgap.yaml', 'source: { remotes: [./policy] }\nserver: []\n')
  const { code, stderr } = await place.run('doctor')
  t.is(code, 3)
  t.regex(stderr, /CONFIG_INVALID/)
})

test('the page has every check, and no others', (t) => {
  const page = readFileSync(join(ROOT, 'docs/doctor.md'), 'utf8')
  for (const [of, heading] of [
    ['source', '## The source'],
    ['state', '## The state folder'],
    ['server', '## Each server'],
  ] as const) {
    const section = page.split(`${heading}\n`)[1]?.split(/^## /m)[0] ?? ''
    const named = section
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name))
    t.deepEqual(named.toSorted(), [...CHECKS[of]].toSorted())
  }
})

test('nothing stays behind in the folder for temporary files when it is told to stop', async (t) => {
  const place = await workplace(t, ['ex01'])
  const server = await gitServer(t, place.folder)
  server.mischief = 'hang'
  const temporary = await temporaryFolder(t)
  const args = [LAUNCHER, 'doctor', '--source', `${server.url}/policy/.git`, '--server', 'servers/ex01']
  const running = new Running(process.execPath, args, place.folder, { TMPDIR: temporary })
  t.teardown(() => running.child.kill('SIGKILL'))
  while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 50))
  t.is((await running.interrupt()).code, 130)
  t.deepEqual(readdirSync(temporary), [])
  t.not(temporary, tmpdir())
})
