import { execFileSync } from 'node:child_process'
import { appendFile, chmod, mkdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { StopgapError } from '../../reconciler/errors/error.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { repository } from '../helpers/git.ts'
import { failure, never, opened, POLICY, texts } from '../helpers/source.ts'

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}

async function setUp(t: Parameters<typeof temporaryFolder>[0]) {
  const root = await temporaryFolder(t)
  const folder = join(root, 'policy')
  await write(folder, POLICY)
  const { source } = await opened({ remotes: [folder], state: join(root, 'state') })
  return { root, folder, source, state: join(root, 'state') }
}

test('a revision is a digest of the policy files, and comes a second after the last change', async (t) => {
  const { folder, source } = await setUp(t)
  const revision = await source.newest(never)
  const { ctimeMs } = await stat(join(folder, 'mitigations/m1.yaml'))
  t.true(Date.now() - ctimeMs > 900, 'it rested')
  t.regex(revision, /^dir@sha256:[0-9a-f]{64}$/)
  t.false(source.hasHistory)
  t.deepEqual(texts(await source.read(revision, never)), POLICY)
  await write(folder, { 'README.md': 'x', 'mitigations/notes.txt': 'x' })
  t.is(await source.newest(never), revision, 'what is no policy file does not count')
  await write(folder, { 'mitigations/m1.yaml': 'changed' })
  t.not(await source.newest(never), revision)
  await write(folder, { 'mitigations/m1.yaml': POLICY['mitigations/m1.yaml'] })
  t.is(await source.newest(never), revision, 'equal content is the equal revision')
})

test.serial('a folder that rested is a revision at once', async (t) => {
  const { folder, root } = await setUp(t)
  await sleep(1_100)
  const times: number[] = []
  for (let run = 0; run < 5; run += 1) {
    const { source } = await opened({ remotes: [folder], state: join(root, `state${run}`) })
    const started = performance.now()
    await source.newest(never)
    times.push(performance.now() - started)
  }
  // The best of five: the machine may be busy, but a wait of a second would be in each of them.
  t.true(Math.min(...times) < 900, times.join(' '))
})

test('what was seen stays as it was seen, also over a restart', async (t) => {
  const { folder, source, state } = await setUp(t)
  const revision = await source.newest(never)
  await write(folder, { 'mitigations/m1.yaml': 'changed' })
  t.deepEqual(texts(await source.read(revision, never)), POLICY)
  await source.keep(revision, never)
  await rm(folder, { recursive: true })
  const { source: restarted } = await opened({ remotes: [folder], state })
  t.deepEqual(texts(await restarted.read(revision, never)), POLICY)
  t.is((await failure(t, restarted.newest(never))).code, 'FETCH_NOT_FOUND')
  t.is(
    (await failure(t, restarted.read(`dir@sha256:${'0'.repeat(64)}`, never))).code,
    'SOURCE_UNKNOWN_REVISION',
  )
})

test('a folder is never read while it is written', async (t) => {
  const { folder, source } = await setUp(t)
  const half = join(folder, 'mitigations/m2.yaml')
  let written = 0
  let writing = true
  const writer = (async () => {
    while (written < 12) {
      await appendFile(half, 'line\n')
      written += 1
      await sleep(200)
    }
    writing = false
  })()
  const snapshot = await source.read(await source.newest(never), never)
  t.false(writing, 'it came after the last write')
  t.is(texts(snapshot)['mitigations/m2.yaml'], 'line\n'.repeat(12))
  await writer
})

test('a folder that never rests is no revision, and says so in time', async (t) => {
  const { folder, state } = await setUp(t)
  const { source } = await opened({ remotes: [folder], state, timeout: 1_500 })
  const timer = setInterval(
    () => void writeFile(join(folder, 'mitigations/busy.yaml'), String(Math.random())),
    100,
  )
  const error = await failure(t, source.newest(never))
  clearInterval(timer)
  t.is(error.code, 'SOURCE_UNSETTLED')
  t.is(error.disposition, 'retry')
})

test('files that come and go while it looks are no fault of the folder', async (t) => {
  const { folder, source } = await setUp(t)
  const busy = join(folder, 'mitigations/busy')
  let stop = false
  const churn = (async () => {
    while (!stop) {
      await write(busy, { 'a.yaml': 'a', 'b.yaml': 'b' })
      await rm(busy, { recursive: true })
    }
  })()
  const codes = new Set<unknown>()
  const scanning = performance.now()
  while (performance.now() - scanning < 1_000) {
    await source
      .newest(AbortSignal.timeout(30))
      .catch((error) => codes.add(error instanceof StopgapError ? error.code : error.name))
  }
  stop = true
  await churn
  t.deepEqual(
    [...codes].filter((code) => code !== 'SOURCE_UNSETTLED' && code !== 'TimeoutError'),
    [],
  )
})

test('links are named, not followed, and pipes do not block', async (t) => {
  const { folder, source } = await setUp(t)
  await symlink('/etc', join(folder, 'policies/out'))
  await symlink('/etc/passwd', join(folder, 'policies/passwd.yaml'))
  execFileSync('mkfifo', [join(folder, 'policies/pipe.yaml')])
  t.deepEqual(texts(await source.read(await source.newest(never), never)), {
    ...POLICY,
    'policies/out': 'link',
    'policies/passwd.yaml': 'link',
  })
})

const bytesTest = process.platform === 'linux' ? test : test.skip
bytesTest('a file whose name is no text is told, not left out', async (t) => {
  const { folder, source } = await setUp(t)
  const odd = (ending: string) =>
    Buffer.concat([Buffer.from(`${folder}/policies/`), Buffer.of(0xff), Buffer.from(ending)])
  await writeFile(odd('.txt'), '')
  t.deepEqual(texts(await source.read(await source.newest(never), never)), POLICY, 'nobody reads that one')
  await writeFile(odd('.yaml'), '')
  const error = await failure(t, source.newest(never))
  t.is(error.code, 'SOURCE_INVALID')
  t.regex(error.message, /policies holds a file whose name is not UTF-8/)
})

test('a mounted ConfigMap is read through its ..data, whichever moment that names', async (t) => {
  const root = await temporaryFolder(t)
  const mount = join(root, 'mount')
  for (const moment of ['one', 'two'])
    await write(join(mount, `..${moment}`), { 'mitigations/a.yaml': moment })
  await symlink('..one', join(mount, '..data'))
  await symlink('..data/mitigations', join(mount, 'mitigations'))
  const { source } = await opened({ remotes: [mount], state: join(root, 'state') })
  t.deepEqual(texts(await source.read(await source.newest(never), never)), { 'mitigations/a.yaml': 'one' })
  await symlink('..two', join(mount, '..data_tmp'))
  await rename(join(mount, '..data_tmp'), join(mount, '..data'))
  t.deepEqual(texts(await source.read(await source.newest(never), never)), { 'mitigations/a.yaml': 'two' })
})

test('too much is refused before it is read', async (t) => {
  const { folder, source } = await setUp(t)
  await writeFile(join(folder, 'policies/large.yaml'), Buffer.alloc(1_000_001, 32))
  t.is((await failure(t, source.newest(never))).code, 'SOURCE_OVERSIZED')
  await rm(join(folder, 'policies/large.yaml'))
  await Promise.all(
    Array.from({ length: 10_001 }, (_, at) => writeFile(join(folder, `policies/${at}.txt`), '')),
  )
  t.is((await failure(t, source.newest(never))).code, 'SOURCE_OVERSIZED')
  await rm(join(folder, 'policies'), { recursive: true })
  await Promise.all(
    Array.from({ length: 10_001 }, (_, at) => mkdir(join(folder, `policies/${at}`), { recursive: true })),
  )
  t.is((await failure(t, source.newest(never))).code, 'SOURCE_OVERSIZED', 'folders count as well')
})

const rightsTest = process.getuid?.() === 0 ? test.skip : test
rightsTest('a folder without the right to read it (skipped for root, who has every right)', async (t) => {
  const { folder, source } = await setUp(t)
  await chmod(join(folder, 'policies'), 0)
  t.is((await failure(t, source.newest(never))).code, 'FETCH_AUTH')
  await chmod(join(folder, 'policies'), 0o755)
})

test('a folder that becomes a repository asks for a restart instead of being read as files', async (t) => {
  const { folder, source } = await setUp(t)
  await repository(folder)
  t.is((await failure(t, source.newest(never))).code, 'SOURCE_INVALID')
})

test('a change is told to the watcher', async (t) => {
  const { folder, source } = await setUp(t)
  let told = 0
  const watched = source.watch?.(() => (told += 1))
  t.teardown(() => watched?.close())
  for (let waited = 0; told === 0 && waited < 60_000; waited += 10) await sleep(10)
  const before = told
  await write(folder, { 'mitigations/m9.yaml': 'new' })
  for (let waited = 0; told === before && waited < 60_000; waited += 10) await sleep(10)
  t.true(told > before)
})

test('nothing is watched but the policy folders, wherever links lead', async (t) => {
  const { root, folder, source } = await setUp(t)
  const elsewhere = join(root, 'elsewhere')
  await write(folder, { 'other/a.txt': '1' })
  await mkdir(elsewhere)
  await symlink(elsewhere, join(folder, 'link'))
  await symlink(elsewhere, join(folder, 'policies/link'))
  let told = 0
  const watched = source.watch?.(() => (told += 1))
  t.teardown(() => watched?.close())
  for (let waited = 0; told === 0 && waited < 60_000; waited += 10) await sleep(10)
  const before = told
  await writeFile(join(elsewhere, 'a.yaml'), '')
  await writeFile(join(folder, 'other/a.txt'), '2')
  await sleep(500)
  t.is(told, before)
  await write(folder, { 'policies/deep/down/p.yaml': 'new' })
  for (let waited = 0; told === before && waited < 60_000; waited += 10) await sleep(10)
  t.true(told > before)
})

test('the next moment of a mounted ConfigMap is told to the watcher', async (t) => {
  const root = await temporaryFolder(t)
  const mount = join(root, 'mount')
  for (const moment of ['one', 'two']) await write(join(mount, `..${moment}`), { 'policies/a.yaml': moment })
  await symlink('..one', join(mount, '..data'))
  await symlink('..data/policies', join(mount, 'policies'))
  const { source } = await opened({ remotes: [mount], state: join(root, 'state') })
  let told = 0
  const watched = source.watch?.(() => (told += 1))
  t.teardown(() => watched?.close())
  for (let waited = 0; told === 0 && waited < 60_000; waited += 10) await sleep(10)
  const before = told
  await symlink('..two', join(mount, '..data_tmp'))
  await rename(join(mount, '..data_tmp'), join(mount, '..data'))
  for (let waited = 0; told === before && waited < 60_000; waited += 10) await sleep(10)
  t.true(told > before)
})
