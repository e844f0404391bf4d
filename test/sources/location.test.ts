import test from 'ava'
import { StopgapError } from '../../reconciler/errors/error.ts'
import { fullRef, innerPath, locate } from '../../reconciler/sources/location.ts'
import { gitRevision, isRevision, parseGitRevision } from '../../reconciler/sources/revision.ts'

const taken = test.macro({
  exec: (t, text: string, url: string, folder: string | null) => {
    const location = locate(text, '/srv/base')
    t.is(location.url, url)
    t.is(location.folder, folder)
  },
  title: (_given, text: string) => `takes ${text}`,
})

test(taken, 'https://git.example/a.git', 'https://git.example/a.git', null)
test(taken, 'ssh://git@git.example:2222/a.git', 'ssh://git@git.example:2222/a.git', null)
test(taken, 'git@git.example:ops/a.git', 'git@git.example:ops/a.git', null)
test(taken, 'http://127.0.0.1:8080/a.git', 'http://127.0.0.1:8080/a.git', null)
test(taken, 'http://localhost/a.git', 'http://localhost/a.git', null)
test(taken, 'file:///srv/a.git', 'file:///srv/a.git', '/srv/a.git')
test(taken, './policy', '/srv/base/policy', '/srv/base/policy')
test(taken, '/srv/policy', '/srv/policy', '/srv/policy')

const notTaken = test.macro({
  exec: (t, text: string) => {
    const error = t.throws(() => locate(text, '/srv'), { instanceOf: StopgapError })
    t.is(error?.code, 'SOURCE_INVALID')
    t.is(error?.exit, 3)
    t.notRegex(error?.message ?? '', /hunter2/)
  },
  title: (_given, text: string) => `does not take ${JSON.stringify(text)}`,
})

for (const text of [
  '',
  '--upload-pack=touch /x',
  '-oProxyCommand=x',
  'ext::sh -c touch% /x',
  'fd::7',
  'git://git.example/a.git',
  'ftp://git.example/a.git',
  'http://ops:hunter2@git.example/a.git',
  'https://',
  'ssh://-oProxyCommand=x/a',
  'git@-oProxyCommand=x:a',
  'git@git.example:-x',
  'https://git.example/a\nb',
  'file://git.example/a.git',
  'file:///srv/a%2Fb.git',
]) {
  test(notTaken, text)
}

test('names of refs', (t) => {
  t.is(fullRef('main'), 'refs/heads/main')
  t.is(fullRef('refs/tags/v1.2'), 'refs/tags/v1.2')
  t.is(fullRef('ops/eu'), 'refs/heads/ops/eu')
  const bad = [
    '',
    'a b',
    'a..b',
    'a~1',
    'a^',
    'a:b',
    'a*',
    'a[b',
    'a\\b',
    '/a',
    'a/',
    'a.',
    'a.lock',
    'a/.b',
    '-x',
    'a@{1}',
  ]
  for (const ref of bad) t.throws(() => fullRef(ref), { instanceOf: StopgapError }, ref)
})

test('paths inside', (t) => {
  t.is(innerPath('.'), '')
  t.is(innerPath('./a//b/'), 'a/b')
  t.is(innerPath('a\\b'), 'a/b')
  for (const path of ['..', 'a/../..', '/etc', 'a\0']) {
    t.throws(() => innerPath(path), { instanceOf: StopgapError }, path)
  }
})

test('revisions', (t) => {
  const oid = 'a'.repeat(40)
  const revision = gitRevision('refs/heads/ops/eu', oid)
  t.is(revision, `ops/eu@sha1:${oid}`)
  t.deepEqual(parseGitRevision(revision), { branch: 'ops/eu', format: 'sha1', oid })
  t.is(parseGitRevision('main'), null)
  t.is(parseGitRevision(`main@sha256:${oid}`), null)
  t.true(isRevision(revision))
  t.true(isRevision(`dir@sha256:${'0'.repeat(64)}`))
  for (const text of ['', 'main', oid, `main@sha1:${oid.slice(1)}`, `../x@sha1:${oid} `])
    t.false(isRevision(text), text)
})
