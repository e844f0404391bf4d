import { readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { schemaFaults } from '../../reconciler/formats/schema.ts'
import type { JsonSchema } from '../../reconciler/model/resource.ts'
import { cli } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { policyFiles, workplace } from '../helpers/workplace.ts'

const file = new URL('../../reconciler/formats/schema/output.schema.json', import.meta.url)
const schema = JSON.parse(readFileSync(file, 'utf8')) as JsonSchema

/** What a command printed, as published. */
function published(t: { deepEqual(a: unknown, b: unknown): unknown }, text: string) {
  const object = JSON.parse(text)
  t.deepEqual(schemaFaults(schema, object), [])
  return object
}

const PING = `apiVersion: stopgap/v1
kind: Mitigation
metadata:
  name: PING1
spec:
  title: Heartbeat
  severity: info
  permanent: It guards against nothing.
  resources: [{ kind: ping }]
`

test('plan, apply, status, explain and log, from nothing to converged', async (t) => {
  const place = await workplace(t)
  const original = await place.read('ex01')
  const planned = await place.run('plan')
  t.is(planned.code, 2)
  t.regex(planned.stdout, /2 changes on 2 servers/)
  t.is(planned.stderr, '', 'only the result, and nothing to complain about')
  t.true(original.equals(await place.read('ex01')), 'a plan writes nothing')
  t.is(published(t, (await place.run('plan', '--json')).stdout).servers.length, 2)
  const applied = await place.run('apply', '--yes')
  t.is(applied.code, 0)
  t.regex(applied.stdout, /2 changes applied/)
  t.regex((await place.read('ex01')).toString(), /Stopgap M1 PowerShell - inbound/)
  t.is((await place.run('plan')).code, 0)
  const again = await place.run('apply', '--json')
  t.is(again.code, 0)
  t.deepEqual(
    published(t, again.stdout).servers.flatMap((one: { outcome?: unknown[] }) => one.outcome ?? []),
    [],
  )
  const status = await place.run('status', '--json')
  t.is(status.code, 0)
  t.is(published(t, status.stdout).servers[0].mitigations[0].state, 'in-sync')
  t.regex(
    (await place.run('status', '--csv')).stdout,
    /^"?Server"?,"?ID"?,"?Type"?,"?Description"?,"?Status"?\r?\n/,
  )
  const explained = await place.run('explain', 'ex01', 'M1')
  t.is(explained.code, 0)
  t.regex(explained.stdout, /decided +policies\/baseline\.yaml:\d+ at main@sha1:/)
  const block = `apiVersion: stopgap/v1\nkind: Block\nmetadata: { name: b }\nspec: { mitigations: [M1], reason: r, owner: o, remove: true }\n`
  await place.commit({ 'policies/block.yaml': block })
  const leaving = JSON.parse((await place.run('explain', 'ex01', 'M1', '--json')).stdout)
  t.is(leaving.mitigation.state, 'pending')
  t.deepEqual(
    Object.keys(leaving.owned),
    leaving.mitigation.resources.map(({ key }: { key: string }) => key),
  )
  const entries: readonly { readonly settled: boolean }[] = Object.values(leaving.owned)
  t.true(
    entries.every(({ settled }) => settled),
    'as the record has it, not as it will be',
  )
  const log = await place.run('log', '--since', '1h')
  t.is(log.code, 0)
  t.regex(log.stdout, /ex01 applied put rewrite-rule:Default Web Site:PowerShell - inbound for M1/)
})

test('a plan is carried out by its id and by no other', async (t) => {
  const place = await workplace(t)
  const { id, servers } = JSON.parse((await place.run('plan', '--json')).stdout)
  const unknown = await place.run('apply', '--plan', '000000000000')
  t.is(unknown.code, 3)
  t.regex(unknown.stderr, /PLAN_UNKNOWN.*\n +Nothing was written/)
  const one = await place.run('apply', '--plan', servers[1].plan.id)
  t.is(one.code, 0)
  t.notRegex((await place.read('ex01')).toString(), /Stopgap/)
  t.regex((await place.read('ex02')).toString(), /Stopgap/)
  t.is((await place.run('apply', '--plan', id)).code, 3, 'what it named has moved')
})

test('what is held is released by allow and nothing else', async (t) => {
  const place = await workplace(t, ['ex01'])
  const original = await place.read('ex01')
  await place.run('apply', '--yes')
  const other = policyFiles()['policies/baseline.yaml'] ?? ''
  await place.commit({
    'mitigations/PING1.yaml': PING,
    'policies/baseline.yaml': other.replace('[M1]', '[PING1]'),
  })
  const held = await place.run('apply', '--json')
  t.is(held.code, 4)
  const { plan } = published(t, held.stdout).servers[0]
  t.deepEqual(
    plan.held.map(({ reason }: { reason: string }) => reason),
    ['unprotects'],
  )
  t.is((await place.run('allow', 'ffffffffffff')).code, 3)
  const allowed = await place.run('allow', plan.id)
  t.is(allowed.code, 0)
  t.regex(allowed.stdout, /ex01: 1 change allowed/)
  t.is((await place.run('apply', '--yes')).code, 0)
  t.true(original.equals(await place.read('ex01')))
})

test('validate names each fault with its place', async (t) => {
  const place = await workplace(t, [])
  t.is((await place.run('validate', 'policy')).code, 0)
  await place.write('policy/policies/wrong.yaml', 'apiVersion: stopgap/v1\nkind: Pollicy\n')
  await place.write('policy/policies/other.yaml', PING.replace('PING1', 'PING1\n  owner: nobody'))
  const { code, stdout } = await place.run('validate', 'policy')
  t.is(code, 3)
  t.regex(stdout, /policies\/wrong\.yaml:2:7: error: .*Policy/)
  t.regex(stdout, /policies\/other\.yaml:\d+:\d+: error:/)
  const asJson = await place.run('validate', 'policy', '--json')
  t.false(JSON.parse(asJson.stdout).valid)
  await place.write('policy/policies/wrong.yaml', ' '.repeat(1_000_001))
  const large = await place.run('validate', 'policy', '--json')
  t.is(large.code, 3)
  t.like(JSON.parse(large.stdout).diagnostics[0], { file: 'policies/wrong.yaml', line: 1, severity: 'error' })
})

test('an input that cannot be is exit 3, and says what could', async (t) => {
  const folder = await temporaryFolder(t)
  const missing = await cli(folder, 'plan')
  t.is(missing.code, 3)
  t.regex(missing.stderr, /CONFIG_INVALID.*stopgap\.yaml: there is no such file\n +Write one/)
  await writeFile(join(folder, 'stopgap.yaml'), 'source: { remote: [x] }\n')
  const wrong = await cli(folder, 'plan')
  t.is(wrong.code, 3)
  t.regex(wrong.stderr, /stopgap\.yaml:1:\d+/)
  t.is((await cli(folder, 'plam')).code, 3)
  t.is((await cli(folder, '--help')).code, 0)
})

test('a server that is gone or cannot be read keeps nobody else waiting', async (t) => {
  const place = await workplace(t, ['ex01', 'ex02', 'ex03'])
  await rm(join(place.folder, 'servers', 'ex01'), { recursive: true })
  await place.write('servers/ex02/server.json', '{ "schema": 1, "name": ')
  const { code, stdout } = await place.run('apply', '--json')
  t.is(code, 4)
  const found = published(t, stdout).servers.map((one: { server: string; error?: { code: string } }) => [
    one.server,
    one.error?.code ?? 'none',
  ])
  t.deepEqual(found, [
    ['ex01', 'SERVER_MISSING'],
    ['ex02', 'SERVER_MALFORMED'],
    ['ex03', 'none'],
  ])
  t.regex((await place.read('ex03')).toString(), /Stopgap M1/)
  await rm(join(place.folder, 'servers', 'ex03'), { recursive: true })
  t.is((await place.run('apply', '--yes')).code, 1, 'none is left that could be reached')
})

test('everything can be named by flags, without a file', async (t) => {
  const folder = await temporaryFolder(t)
  t.is((await cli(folder, 'server', 'create', 'web', '--exchange', '15.1.2507.6')).code, 0)
  await mkdir(join(folder, 'rules'))
  for (const [path, text] of Object.entries(policyFiles())) {
    await mkdir(join(folder, 'rules', path, '..'), { recursive: true })
    await writeFile(join(folder, 'rules', path), text)
  }
  const flags = ['--source', 'rules', '--server', 'web', '--state', 'state']
  t.is((await cli(folder, 'apply', '--yes', ...flags)).code, 0)
  const { stdout } = await cli(folder, 'status', ...flags)
  t.regex(stdout, /dir@sha256:/)
  t.regex(stdout, /web +M1 +critical +enforced +in-sync/)
})
