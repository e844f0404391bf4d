import { copyFile, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { FileMemory } from '../../reconciler/sources/memory.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { commit, git, gitWith, repository, testSystem } from '../helpers/git.ts'
import { gitServer } from '../helpers/git-server.ts'
import { failure, never, opened, POLICY, setUp, texts } from '../helpers/source.ts'

test('the newest commit of a branch, its files and its time', async (t) => {
  const { repo, first, state } = await setUp(t)
  await commit(repo, { 'README.md': 'read me', 'other/x.yaml': 'x', 'mitigations/notes.txt': 'n' })
  const head = await git(repo, 'rev-parse', 'HEAD')
  const { source } = await opened({ remotes: [repo], state })
  const revision = await source.newest(never)
  t.is(revision, `main@sha1:${head}`)
  const snapshot = await source.read(revision, never)
  t.deepEqual(texts(snapshot), POLICY)
  t.is(snapshot.time, Number(await git(repo, 'log', '-1', '--format=%ct')) * 1000)
  t.true(await source.descends(`main@sha1:${first}`, revision, never))
  t.false(await source.descends(revision, `main@sha1:${first}`, never))
  t.false(await source.descends(`main@sha1:${'0'.repeat(40)}`, revision, never))
})

test('commits count, not the work tree', async (t) => {
  const { repo, state } = await setUp(t)
  await writeFile(join(repo, 'mitigations/m1.yaml'), 'half writ')
  const { source } = await opened({ remotes: [repo], state })
  t.deepEqual(texts(await source.read(await source.newest(never), never)), POLICY)
})

test('a bare repository by file:// URL, a tag, a path inside, sha256', async (t) => {
  const root = await temporaryFolder(t)
  const repo = await repository(join(root, 'policy'), '--object-format=sha256')
  await commit(repo, { 'estate/eu/mitigations/a.yml': 'a', 'mitigations/not.yaml': 'n' })
  await git(repo, 'tag', '--annotate', '--message=one', 'v1')
  const head = await git(repo, 'rev-parse', 'HEAD')
  await git(root, 'clone', '--quiet', '--bare', repo, 'bare.git')
  const { source } = await opened({
    remotes: [`file://${root}/bare.git`],
    ref: 'refs/tags/v1',
    path: './estate/eu/',
    state: join(root, 'state'),
  })
  const revision = await source.newest(never)
  t.is(revision, `v1@sha256:${head}`)
  t.deepEqual(texts(await source.read(revision, never)), { 'mitigations/a.yml': 'a' })
})

test('an unchanged remote costs exactly one ls-remote', async (t) => {
  const { root, repo, state } = await setUp(t)
  const server = await gitServer(t, root)
  const { source } = await opened({ remotes: [`${server.url}/policy/.git`], state })
  const revision = await source.newest(never)
  const advertised = `GET /policy/.git/info/refs?service=git-upload-pack`
  server.requests.length = 0
  t.is(await source.newest(never), revision)
  // Protocol 2: the capabilities, then one question for the refs.
  t.deepEqual(server.requests, [advertised, 'POST /policy/.git/git-upload-pack'])
  const before = await readdir(state)
  server.requests.length = 0
  const again = await opened({ remotes: [`${server.url}/policy/.git`], state })
  t.is(await again.source.newest(never), revision)
  t.is(server.requests.length, 2, 'after a restart too')
  t.deepEqual(await readdir(state), before)
  await commit(repo, { 'policies/two.yaml': '2' })
  t.not(await source.newest(never), revision)
})

test('the kept revision is readable after a restart without network and with a destroyed clone', async (t) => {
  const { repo, root, state } = await setUp(t)
  const { source } = await opened({ remotes: [repo], state })
  const revision = await source.newest(never)
  await source.keep(revision, never)
  await rename(repo, join(root, 'gone'))
  await rm(join(state, 'clone', 'objects'), { recursive: true })
  const { source: restarted } = await opened({ remotes: [repo], state })
  t.is((await failure(t, restarted.newest(never))).code, 'FETCH_NOT_FOUND')
  t.deepEqual(texts(await restarted.read(revision, never)), POLICY)
})

test('an export that was tampered with does not count', async (t) => {
  const { repo, state } = await setUp(t)
  const { source } = await opened({ remotes: [repo], state })
  const revision = await source.newest(never)
  await source.keep(revision, never)
  const [name] = await readdir(join(state, 'snapshots'))
  const file = join(state, 'snapshots', name as string)
  const text = await readFile(file, 'utf8')
  const evil = text.replace(Buffer.from('kind: Policy\n').toString('base64'), 'ZXZpbA==')
  t.not(evil, text)
  await writeFile(file, evil)
  t.deepEqual(texts(await source.read(revision, never)), POLICY, 'read from the clone instead')
  await rm(join(state, 'clone'), { recursive: true })
  const { source: restarted } = await opened({ remotes: [repo], state })
  t.is((await failure(t, restarted.read(revision, never))).code, 'SOURCE_UNKNOWN_REVISION')
})

test('keeping another revision lets the one before go', async (t) => {
  const { repo, state } = await setUp(t)
  const { source } = await opened({ remotes: [repo], state })
  await source.keep(await source.newest(never), never)
  await commit(repo, { 'policies/two.yaml': '2' })
  const second = await source.newest(never)
  await source.keep(second, never)
  t.is((await readdir(join(state, 'snapshots'))).length, 1)
  t.is(await git(join(state, 'clone'), 'rev-parse', 'refs/stopgap/kept'), second.slice(-40))
})

test('a damaged object is told, and the clone is made anew', async (t) => {
  const { repo, state } = await setUp(t)
  const { source } = await opened({ remotes: [repo], state })
  const revision = await source.newest(never)
  const packs = join(state, 'clone', 'objects', 'pack')
  for (const name of await readdir(packs)) {
    await rm(join(packs, name))
    await writeFile(join(packs, name), Buffer.alloc(200, 7))
  }
  const error = await failure(t, source.read(revision, never))
  t.is(error.code, 'FETCH_CORRUPT')
  t.regex(error.hint, /made anew/)
  t.is(await source.newest(never), revision)
  t.deepEqual(texts(await source.read(revision, never)), POLICY)
  t.false((await readdir(state)).some((name) => /\.(?:next|old)$/.test(name)))
})

test('a flipped bit that git would not notice is noticed', async (t) => {
  const { repo, state } = await setUp(t)
  const { source } = await opened({ remotes: [repo], state })
  const revision = await source.newest(never)
  const clone = join(state, 'clone')
  const blob = await git(clone, 'rev-parse', `${revision.slice(-40)}:mitigations/m1.yaml`)
  const other = await git(clone, 'rev-parse', `${revision.slice(-40)}:policies/base.yaml`)
  const loose = (oid: string) => join(clone, 'objects', oid.slice(0, 2), oid.slice(2))
  const [pack] = (await readdir(join(clone, 'objects/pack'))).filter((name) => name.endsWith('.pack'))
  const bytes = await readFile(join(clone, 'objects/pack', pack as string))
  await rm(join(clone, 'objects/pack'), { recursive: true })
  gitWith(clone, bytes, 'unpack-objects', '-q')
  // Another object under its name: whole, of equal length or not, and with a check sum that is right.
  await rm(loose(blob), { force: true })
  await writeFile(loose(blob), await readFile(loose(other)))
  t.is((await failure(t, source.read(revision, never))).code, 'FETCH_CORRUPT')
})

test('the next remote is asked when one fails; one that lags does not rewind', async (t) => {
  const { root, repo, first, state } = await setUp(t)
  await git(root, 'clone', '--quiet', '--bare', repo, 'mirror.git')
  const second = await commit(repo, { 'policies/two.yaml': '2' })
  const remotes = [repo, join(root, 'mirror.git')]
  const { source } = await opened({ remotes, state })
  t.is(await source.newest(never), `main@sha1:${second}`)
  await rename(repo, join(root, 'away'))
  t.is(await source.newest(never), `main@sha1:${second}`)
  t.is(await source.newest(never), `main@sha1:${second}`)
  const fresh = await opened({ remotes, state: join(root, 'other') })
  t.is(await fresh.source.newest(never), `main@sha1:${first}`)
  await rm(join(root, 'mirror.git'), { recursive: true })
  const error = await failure(t, source.newest(never))
  t.is(error.code, 'FETCH_NOT_FOUND')
  t.regex(error.message, /policy/, 'the first remote is the one to repair')
})

test('a remote whose history is cut off is told, also when it takes the place of a whole one', async (t) => {
  const { root, repo, state } = await setUp(t)
  const remote = join(root, 'remote')
  const mirror = async (...options: string[]) => {
    await rm(remote, { recursive: true, force: true })
    await git(root, 'clone', '--quiet', ...options, `file://${repo}`, 'remote')
  }
  await mirror()
  const { source } = await opened({ remotes: [remote], state })
  await source.newest(never)
  for (const content of ['2', '3']) await commit(repo, { 'policies/two.yaml': content })
  await mirror('--depth=1')
  for (const asked of ['once', 'twice'])
    t.regex((await failure(t, source.newest(never))).message, /shallow clone/, asked)
  await mirror()
  t.is(await source.newest(never), `main@sha1:${await git(repo, 'rev-parse', 'HEAD')}`)
})

test('a repository that lost its .git fails, and is not read as a plain folder after a restart', async (t) => {
  const { root, repo, state, first } = await setUp(t)
  const given = { remotes: [repo], state }
  const { source, lineage } = await opened(given)
  const revision = await source.newest(never)
  await source.keep(revision, never)
  await new FileMemory(state, lineage).store({ version: 1, lineage, inForce: revision, refused: null })
  await rename(join(repo, '.git'), join(root, 'away'))
  const again = await opened(given)
  t.is(again.lineage, lineage)
  t.is((await failure(t, again.source.newest(never))).code, 'FETCH_NOT_FOUND')
  t.deepEqual(texts(await again.source.read(revision, never)), POLICY)
  await rename(join(root, 'away'), join(repo, '.git'))
  t.is(await again.source.newest(never), `main@sha1:${first}`)
})

test('links and submodules are named, not followed', async (t) => {
  const { repo, state } = await setUp(t)
  await git(repo, 'update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},policies/sub`)
  const target = gitWith(repo, '../../../etc/passwd', 'hash-object', '-w', '--stdin')
  await git(repo, 'update-index', '--add', '--cacheinfo', `120000,${target},mitigations/out.yaml`)
  await git(repo, 'commit', '--quiet', '--message=traps')
  const { source } = await opened({ remotes: [repo], state })
  t.deepEqual(texts(await source.read(await source.newest(never), never)), {
    ...POLICY,
    'mitigations/out.yaml': 'link',
    'policies/sub': 'submodule',
  })
})

test('a commit in a local repository is seen at once', async (t) => {
  const { repo, state } = await setUp(t)
  const { source } = await opened({ remotes: [repo], state })
  let told = 0
  const watched = source.watch?.(() => (told += 1))
  t.teardown(() => watched?.close())
  for (let waited = 0; told === 0 && waited < 60_000; waited += 10) await sleep(10)
  for (const change of ['commit', 'packed']) {
    const before = told
    const started = performance.now()
    if (change === 'commit') await commit(repo, { 'policies/two.yaml': change })
    else await git(repo, 'pack-refs', '--all')
    for (let waited = 0; told === before && waited < 60_000; waited += 10) await sleep(10)
    t.true(told > before, change)
    t.log(`${change}: ${Math.round(performance.now() - started)} ms`)
    await sleep(300)
  }
})

test('a repository made anew with another hash is cloned anew', async (t) => {
  const { root, repo, state } = await setUp(t)
  const { source } = await opened({ remotes: [repo], state })
  await source.newest(never)
  await rename(repo, join(root, 'old'))
  await repository(repo, '--object-format=sha256')
  const head = await commit(repo, POLICY)
  t.is(await source.newest(never), `main@sha256:${head}`)
  t.deepEqual(texts(await source.read(`main@sha256:${head}`, never)), POLICY)
})

test('two processes without the lock ask at the same time', async (t) => {
  const { repo, first, state } = await setUp(t)
  const given = { remotes: [repo], state, exclusive: false }
  const both = [await opened(given), await opened(given)]
  const asked = await Promise.allSettled(both.map(({ source }) => source.newest(never)))
  // One may find the other's lock on the ref; that is worth another attempt, and then it is there.
  for (const [at, result] of asked.entries()) {
    const again = result.status === 'fulfilled' ? result.value : await both[at]?.source.newest(never)
    t.is(again, `main@sha1:${first}`)
  }
})

test('packs do not pile up', async (t) => {
  const { repo, state } = await setUp(t)
  const { source } = await opened({ remotes: [repo], state })
  const first = await source.newest(never)
  await source.keep(first, never)
  const packs = join(state, 'clone', 'objects', 'pack')
  const sample = (await readdir(packs)).find((name) => name.endsWith('.pack')) as string
  for (let copy = 0; copy < 60; copy += 1) {
    const name = `pack-${String(copy).padStart(40, '0')}`
    await copyFile(join(packs, sample), join(packs, `${name}.pack`))
    await copyFile(join(packs, sample.replace('.pack', '.idx')), join(packs, `${name}.idx`))
  }
  await commit(repo, { 'policies/two.yaml': '2' })
  const second = await source.newest(never)
  t.true((await readdir(packs)).filter((name) => name.endsWith('.pack')).length < 5)
  t.is((await source.read(second, never)).files.size, 3)
  t.true(await source.descends(first, second, never))
})

test('the environment of a git hook does not lead astray', async (t) => {
  const { root, repo, state } = await setUp(t)
  const other = await repository(join(root, 'other'))
  await commit(other, { 'mitigations/evil.yaml': 'e' })
  const env = {
    GIT_DIR: join(other, '.git'),
    GIT_INDEX_FILE: join(other, '.git/index'),
    GIT_WORK_TREE: other,
    GIT_OBJECT_DIRECTORY: join(other, '.git/objects'),
    GIT_SSL_NO_VERIFY: '1',
    GIT_EDITOR: 'false',
    EDITOR: 'false',
    PAGER: 'false',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'core.hooksPath',
    GIT_CONFIG_VALUE_0: '/nowhere',
    GIT_TRACE: '1',
  }
  const { source } = await opened({ remotes: [repo], state, system: testSystem(env) })
  t.deepEqual(texts(await source.read(await source.newest(never), never)), POLICY)
})

test('an abort ends it with the reason, also before the start', async (t) => {
  const { root, state } = await setUp(t)
  const server = await gitServer(t, root)
  server.mischief = 'hang'
  const { source } = await opened({ remotes: [`${server.url}/policy/.git`], state })
  const stop = new AbortController()
  const reason = new Error('stopping')
  setTimeout(() => stop.abort(reason), 200)
  // Its own limit would come with other words.
  t.is(await t.throwsAsync(source.newest(stop.signal)), reason)
  t.is(await t.throwsAsync(source.newest(stop.signal)), reason)
})
