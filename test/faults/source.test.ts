import { randomBytes } from 'node:crypto'
import { readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { daemon, stopgap, until } from '../helpers/command-line.ts'
import { bytesOf, faultEstate, POLICY, policyFolder, RECORD } from '../helpers/fault-estate.ts'
import { commit, git, gitEnv, repository } from '../helpers/git.ts'
import { gitServer } from '../helpers/git-server.ts'

test('each way in which a remote can fail is a metric, and the last good revision stays in force', async (t) => {
  t.timeout(180_000)
  const estate = await faultEstate(t)
  const repo = await repository(join(estate.root, 'policy.git'))
  await commit(repo, POLICY)
  const remote = await gitServer(t, estate.root)
  const config = join(estate.root, 'stopgap.yaml')
  const source = `remotes: ['${remote.url}/policy.git/.git'], interval: 1s, timeout: 4s`
  await writeFile(config, `source: { ${source} }\nservers: [{ name: ex01, embedded: ex01 }]\nstate: state\n`)
  const running = await daemon(t, ['--config', config], estate.state, { env: gitEnv })
  const isCurrent = () => running.metric('stopgap_server_current{server="ex01"}')
  await until(t, isCurrent, (value) => value === 1)
  const before = await bytesOf(estate.server('ex01'))
  for (const [mischief, reason] of [
    ['error', 'other'],
    ['login', 'auth'],
    ['hang', 'timeout'],
  ] as const) {
    const failures = `stopgap_source_fetch_failures_total{reason="${reason}"}`
    const earlier = (await running.metric(failures)) ?? 0
    remote.mischief = mischief
    await fetch(`${running.url}/hook`, { method: 'POST' })
    await until(
      t,
      () => running.metric(failures),
      (value) => (value ?? 0) > earlier,
    )
    const { source: told } = await running.status()
    t.truthy(told.lastFailure, mischief)
    t.regex(JSON.stringify(told.lastFailure), /Revision main@sha1:[0-9a-f]{40} stays in force/)
    t.is((await fetch(`${running.url}/readyz`)).status, 200)
    t.is(await isCurrent(), 1)
  }
  t.deepEqual(await bytesOf(estate.server('ex01')), before)
  await running.end()
  const said = await stopgap(['apply', '--config', config], { env: gitEnv })
  t.is(said.code, 1, 'the source failed while the last good revision was converged')
  t.regex(said.err, /FETCH_TIMEOUT: .*\n.*stays in force/)
  remote.mischief = 'none'
  t.is((await stopgap(['apply', '--config', config], { env: gitEnv })).code, 0)
})

test('a clone with corrupt objects is made anew', async (t) => {
  t.timeout(120_000)
  const estate = await faultEstate(t)
  const repo = await repository(join(estate.root, 'policy.git'))
  await commit(repo, POLICY)
  const flags = ['--source', repo, '--state', estate.state, '--server', estate.server('ex01')]
  t.is((await stopgap(['apply', ...flags], { env: gitEnv })).code, 0)
  const before = await bytesOf(estate.server('ex01'))
  const objects = join(estate.state, 'clone', 'objects')
  for (const entry of await readdir(objects, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    await rm(join(entry.parentPath, entry.name))
    await writeFile(join(entry.parentPath, entry.name), randomBytes(200))
  }
  await commit(repo, { 'mitigations/note.yaml': '' })
  const first = await stopgap(['apply', ...flags], { env: gitEnv })
  const again = first.code === 0 ? first : await stopgap(['apply', ...flags], { env: gitEnv })
  t.is(again.code, 0, `${first.err}${again.err}`)
  t.deepEqual(await bytesOf(estate.server('ex01'), [RECORD]), without(before, RECORD))
})

function without(files: Readonly<Record<string, string>>, path: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(files).filter(([name]) => name !== path))
}

const bomb = Array.from({ length: 30 }, (_, at) => `a${at}: &a${at} [*a${at - 1}, *a${at - 1}]`).join('\n')
const deep = `spec: ${'['.repeat(200_000)}`

/** What nobody means to have in a policy folder, and what is said of it. */
const HOSTILE: readonly (readonly [name: string, bytes: string | Uint8Array, words: RegExp])[] = [
  ['an alias bomb', bomb, /hostile\.yaml:\d+:\d+/],
  ['deep nesting', deep, /hostile\.yaml:\d+:\d+/],
  ['50 MB', Buffer.alloc(50_000_000, 'a: b\n'), /hostile\.yaml/],
  ['NUL bytes', 'a: \0\n', /hostile\.yaml:1:\d+/],
  ['bytes that are not UTF-8', Buffer.from('a: \xff\xfe\n', 'latin1'), /hostile\.yaml/],
]

for (const [name, bytes, words] of HOSTILE) {
  test(`a policy file with ${name} is refused in seconds and little memory, and the last good revision stays`, async (t) => {
    t.timeout(120_000)
    const estate = await faultEstate(t)
    t.is((await stopgap(['apply', ...estate.flags])).code, 0)
    const before = await bytesOf(estate.server('ex01'))
    await policyFolder(estate.source, { 'mitigations/hostile.yaml': bytes })
    const env = { NODE_OPTIONS: '--max-old-space-size=256' }
    for (const args of [
      ['validate', estate.source],
      ['apply', ...estate.flags],
    ]) {
      const said = await stopgap(args, { env })
      t.is(said.code, 3, said.out + said.err)
      t.regex(said.out + said.err, words)
    }
    const status = await stopgap(['status', '--json', ...estate.flags])
    t.is(status.code, 3)
    t.regex(JSON.parse(status.out).source.rejected.reason, /^(invalid|oversized)$/)
    t.deepEqual(await bytesOf(estate.server('ex01')), before)
  })
}

test('links, submodules and an empty folder in the repository are refused, and said in metrics', async (t) => {
  t.timeout(120_000)
  const estate = await faultEstate(t)
  const repo = await repository(join(estate.root, 'policy.git'))
  await commit(repo, POLICY)
  const running = await daemon(t, ['--source', repo, '--server', estate.server('ex01')], estate.state, {
    env: gitEnv,
  })
  const rejected = (reason: string) => running.metric(`stopgap_source_rejected{reason="${reason}"}`)
  await until(
    t,
    () => running.metric('stopgap_server_current{server="ex01"}'),
    (value) => value === 1,
  )
  const before = await bytesOf(estate.server('ex01'))

  await symlink('/etc/passwd', join(repo, 'mitigations', 'out.yaml'))
  await commit(repo, {})
  await until(
    t,
    () => rejected('invalid'),
    (value) => value === 1,
  )
  await rm(join(repo, 'mitigations', 'out.yaml'))
  const head = await git(repo, 'rev-parse', 'HEAD')
  await git(repo, 'update-index', '--add', '--cacheinfo', `160000,${head},mitigations/sub`)
  await git(repo, 'rm', '-q', '--cached', 'mitigations/out.yaml')
  await git(repo, 'commit', '-q', '-m', 'a submodule')
  const third = await git(repo, 'rev-parse', 'HEAD')
  await until(
    t,
    () => running.status(),
    (status) => JSON.stringify(status.source.rejected ?? '').includes(third),
  )
  await rm(join(repo, 'policies'), { recursive: true })
  await commit(repo, {})
  await until(
    t,
    () => rejected('empty'),
    (value) => value === 1,
  )
  t.deepEqual(await bytesOf(estate.server('ex01')), before)
  t.is((await fetch(`${running.url}/readyz`)).status, 200)

  await commit(repo, POLICY)
  await until(
    t,
    () => running.status(),
    (status) => status.source.rejected === null,
  )
  t.is((await running.end()).code, 0)
})
