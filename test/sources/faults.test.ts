import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer as createSecureServer } from 'node:https'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import type { FetchCode } from '../../reconciler/sources/classify.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { noSmallDisk, smallDisk } from '../helpers/full-disk.ts'
import { commit, git, gitWith, runningWith, testSystem } from '../helpers/git.ts'
import { gitServer, type Mischief } from '../helpers/git-server.ts'
import { failure, never, opened, POLICY, setUp, texts } from '../helpers/source.ts'

const SSHD = '/usr/sbin/sshd'

/** A policy repository behind a server that behaves until told otherwise. */
async function served(t: ExecutionContext) {
  const given = await setUp(t)
  await writeFile(join(given.repo, 'noise.bin'), randomBytes(400_000))
  await commit(given.repo, {})
  const server = await gitServer(t, given.root)
  return { ...given, server, url: `${server.url}/policy/.git` }
}

const misbehaves = test.macro({
  exec: async (t, mischief: Mischief, code: FetchCode, words: RegExp) => {
    const { state, server, url } = await served(t)
    server.mischief = mischief
    // Short only where it is what ends it: on a busy machine every git takes its time.
    const short = code === 'FETCH_TIMEOUT' ? { timeout: 2_000 } : {}
    const { source } = await opened({ remotes: [url], state, ...short })
    const error = await failure(t, source.newest(never))
    t.is(error.code, code, error.message)
    t.regex(error.message, words)
    t.deepEqual(await runningWith(state), [], 'no git stays behind')
    server.mischief = 'none'
    const { source: again } = await opened({ remotes: [url], state })
    t.deepEqual(texts(await again.read(await again.newest(never), never)), POLICY, 'and it recovers')
  },
  title: (_given, mischief: Mischief, code: FetchCode) => `a server with "${mischief}" is ${code}`,
})

test(misbehaves, 'error', 'FETCH_OTHER', /returned error: 500/)
test(misbehaves, 'hang', 'FETCH_TIMEOUT', /time limit/)
test(misbehaves, 'slow', 'FETCH_TIMEOUT', /time limit/)
test(misbehaves, 'drop', 'FETCH_CONNECT', /./)
test(misbehaves, 'garble', 'FETCH_CORRUPT', /./)
test(misbehaves, 'login', 'FETCH_AUTH', /./)

test('asked for a login it never prompts and never tells the one it has', async (t) => {
  const { state, server, root } = await served(t)
  server.mischief = 'login'
  const asked = join(root, 'asked')
  const askpass = join(root, 'askpass.sh')
  await writeFile(askpass, `#!/bin/sh\ntouch ${asked}\necho secret\n`, { mode: 0o755 })
  const env = { GIT_ASKPASS: askpass, SSH_ASKPASS: askpass, GIT_TERMINAL_PROMPT: '1', DISPLAY: ':0' }
  const url = `${server.url}/policy/.git`.replace('//', '//ops:hunter2hunter2@')
  for (const remote of [url, url.replace('ops:hunter2hunter2@', '')]) {
    const { source } = await opened({ remotes: [remote], state, system: testSystem(env) })
    const error = await failure(t, source.newest(never))
    t.is(error.code, 'FETCH_AUTH')
    t.notRegex(JSON.stringify([error.message, error.hint, error.facts, source.name]), /hunter2/)
  }
  t.false(existsSync(asked))
})

test('a port where nobody listens, a name that nobody has, a path that is none, a ref that is none', async (t) => {
  const { state, repo } = await setUp(t)
  const free = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => free.once('listening', resolve))
  const { port } = free.address() as { port: number }
  await new Promise((resolve) => free.close(resolve))
  const codeOf = async (remote: string, ref = 'main') => {
    const { source } = await opened({ remotes: [remote], ref, state })
    return (await failure(t, source.newest(never))).code
  }
  t.is(await codeOf(`http://127.0.0.1:${port}/policy.git`), 'FETCH_CONNECT')
  t.is(await codeOf('https://no-such-host.invalid/policy.git'), 'FETCH_DNS')
  t.is(await codeOf('/no/such/policy.git'), 'FETCH_NOT_FOUND')
  t.is(await codeOf(repo, 'no-such-branch'), 'FETCH_NOT_FOUND')
})

test('a repository that is not there on a server that is', async (t) => {
  const { state, server } = await served(t)
  const { source } = await opened({ remotes: [`${server.url}/nothing.git`], state })
  t.is((await failure(t, source.newest(never))).code, 'FETCH_NOT_FOUND')
})

test('a certificate that nobody vouches for, also with verification switched off around us', async (t) => {
  const { root, state } = await setUp(t)
  const [key, cert] = [join(root, 'key.pem'), join(root, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  const made = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
  ]
  await promisify(execFile)('openssl', [...made, '-keyout', key, '-out', cert, ...subject])
  const options = { key: await readFile(key), cert: await readFile(cert) }
  const plain = await gitServer(t, root)
  const server = createSecureServer(options, ({ url }, response) => {
    const moved = url?.startsWith('/moved/') === true
    if (moved) response.setHeader('Location', `${plain.url}/policy/.git${url.slice('/moved'.length)}`)
    response.writeHead(moved ? 302 : 404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  t.teardown(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const { port } = server.address() as { port: number }
  const remotes = [`https://127.0.0.1:${port}/policy.git`]
  const refused = await opened({ remotes, state, system: testSystem({ GIT_SSL_NO_VERIFY: '1' }) })
  t.is((await failure(t, refused.source.newest(never))).code, 'FETCH_TLS')
  const trusted = await opened({ remotes, state, system: testSystem({ GIT_SSL_CAINFO: cert }) })
  t.is(
    (await failure(t, trusted.source.newest(never))).code,
    'FETCH_NOT_FOUND',
    'the authority of the operator counts',
  )
})

const sshTest = existsSync(SSHD) ? test : test.skip
sshTest(`an unknown SSH host key${existsSync(SSHD) ? '' : ' (skipped: no sshd here)'}`, async (t) => {
  const { root, state } = await setUp(t)
  const hostKey = join(root, 'host_key')
  await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', hostKey])
  const port = 20_000 + Math.floor(Math.random() * 20_000)
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKey}`,
    `PidFile ${root}/pid`,
    'UsePAM no',
  ]
  await writeFile(join(root, 'sshd_config'), `${lines.join('\n')}\n`)
  await mkdir('/run/sshd', { recursive: true }).catch(() => undefined)
  const sshd = spawn(SSHD, ['-D', '-e', '-f', join(root, 'sshd_config')], { stdio: 'ignore' })
  t.teardown(() => sshd.kill())
  await listening(port)
  const known = join(root, 'known_hosts')
  await writeFile(known, '')
  const config = join(root, 'ssh_config')
  await writeFile(config, `Host *\n UserKnownHostsFile ${known}\n GlobalKnownHostsFile /dev/null\n`)
  // The product's own options, and a file of known hosts that is not the account's.
  const ssh = `ssh -F ${config} -o BatchMode=yes -o StrictHostKeyChecking=yes`
  const { source } = await opened({
    remotes: [`ssh://git@127.0.0.1:${port}/policy.git`],
    state,
    system: testSystem({ GIT_SSH_COMMAND: ssh }),
  })
  const error = await failure(t, source.newest(never))
  t.is(error.code, 'FETCH_HOST_KEY', error.message)
  t.regex(error.hint, /known_hosts/)
  const plain = await opened({ remotes: [`ssh://git@127.0.0.1:${port}/policy.git`], state })
  t.is((await failure(t, plain.source.newest(never))).code, 'FETCH_HOST_KEY', 'with our own ssh command')
})

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
      socket.on('connect', () => socket.end())
    })
    if (open) return
    await sleep(50)
  }
  throw new Error('sshd did not start')
}

test('more than may be fetched is ended while it comes, and leaves nothing', async (t) => {
  const { state, repo } = await setUp(t)
  await writeFile(join(repo, 'huge.bin'), randomBytes(60_000_000))
  await commit(repo, {})
  const { source } = await opened({ remotes: [repo], state, maxBytes: 500_000 })
  const error = await failure(t, source.newest(never))
  t.is(error.code, 'FETCH_OVERSIZED', error.message)
  t.deepEqual(await readdir(join(state, 'clone/objects/pack')), [])
  t.deepEqual(await runningWith(state), [])
})

const diskTest = noSmallDisk === null ? test : test.skip
diskTest(`a full disk${noSmallDisk === null ? '' : ` (skipped: ${noSmallDisk})`}`, async (t) => {
  const { repo } = await setUp(t)
  const { source } = await opened({ remotes: [repo], state: join(await smallDisk(t, 600), 'state') })
  const revision = await source.newest(never)
  await source.keep(revision, never)
  await writeFile(join(repo, 'noise.bin'), randomBytes(3_000_000))
  await commit(repo, {})
  t.is((await failure(t, source.newest(never))).code, 'FETCH_DISK')
  t.deepEqual(texts(await source.read(revision, never)), POLICY)
})

test('objects that break the rules are not taken', async (t) => {
  const { state, repo, first: good } = await setUp(t)
  const blob = gitWith(repo, 'x', 'hash-object', '-w', '--stdin')
  const entry = Buffer.concat([Buffer.from('100644 ..\0'), Buffer.from(blob, 'hex')])
  const tree = gitWith(repo, entry, 'hash-object', '-w', '-t', 'tree', '--stdin', '--literally')
  const bad = await git(repo, 'commit-tree', '-m', 'a trap', tree)
  await git(repo, 'update-ref', 'refs/heads/main', bad)
  const { source } = await opened({ remotes: [repo], state })
  t.is((await failure(t, source.newest(never))).code, 'FETCH_CORRUPT')
  t.is((await failure(t, source.newest(never))).code, 'FETCH_CORRUPT', 'from a clone made anew')
  t.deepEqual((await readdir(state)).sort(), ['clone'])
  await git(repo, 'update-ref', 'refs/heads/main', good)
  t.is(await source.newest(never), `main@sha1:${good}`)
})

test('what a git killed in the middle leaves is cleaned up, and the git itself is ended', async (t) => {
  const { state, repo, url, server } = await served(t)
  const { source } = await opened({ remotes: [url], state })
  await source.newest(never)
  const clone = join(state, 'clone')
  await writeFile(join(clone, 'packed-refs.lock'), '')
  await writeFile(join(clone, 'refs/stopgap/newest.lock'), '')
  await writeFile(join(clone, 'objects/pack/tmp_pack_AbCdEf'), 'half')
  server.mischief = 'hang'
  const before = server.requests.length
  const orphan = spawn('git', [`--git-dir=${clone}`, 'ls-remote', url], { detached: true, stdio: 'ignore' })
  await writeFile(join(state, 'git.pid'), String(orphan.pid))
  const ended = new Promise((resolve) => orphan.once('exit', (_code, signal) => resolve(signal)))
  // It hangs once the server has its request; whoever comes later is answered.
  for (let waited = 0; waited < 20_000 && server.requests.length === before; waited += 20) await sleep(20)
  server.mischief = 'none'
  const head = await commit(repo, { 'policies/two.yaml': '2' })
  const guest = await opened({ remotes: [url], state, exclusive: false })
  t.not((await failure(t, guest.source.newest(never))).code, 'FETCH_CORRUPT')
  t.true(existsSync(join(clone, 'packed-refs.lock')), 'without the lock nothing is touched')
  const restarted = await opened({ remotes: [url], state })
  t.is(await restarted.source.newest(never), `main@sha1:${head}`)
  t.is(await ended, 'SIGKILL')
  t.false(existsSync(join(clone, 'packed-refs.lock')))
  t.false(existsSync(join(clone, 'objects/pack/tmp_pack_AbCdEf')))
})

test('killed in the middle of a fetch, the next start ends what is left and goes on', async (t) => {
  const { state, url, server } = await served(t)
  server.mischief = 'slow'
  const module = new URL('../../reconciler/sources/open.ts', import.meta.url).href
  const script = `
    import { openSource } from ${JSON.stringify(module)}
    const system = { env: process.env, now: Date.now, kill: (pid, signal) => process.kill(pid, signal) }
    const given = { remotes: [${JSON.stringify(url)}], ref: 'main', path: '.', base: '/', timeout: 60000 }
    const { source } = await openSource({ ...given, state: ${JSON.stringify(state)}, exclusive: true, system })
    await source.newest(new AbortController().signal)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  for (let waited = 0; waited < 20_000 && !existsSync(join(state, 'git.pid')); waited += 20) await sleep(20)
  await sleep(100)
  child.kill('SIGKILL')
  await gone
  t.not((await runningWith(`--git-dir=${state}`)).length, 0, 'its git outlives it')
  server.mischief = 'none'
  const { source } = await opened({ remotes: [url], state })
  t.deepEqual(texts(await source.read(await source.newest(never), never)), POLICY)
  t.deepEqual(await runningWith(`--git-dir=${state}`), [])
})

test('a process id that is another program by now is left alone', async (t) => {
  const { state, repo } = await setUp(t)
  const bystander = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
  t.teardown(() => bystander.kill())
  await mkdir(state)
  await writeFile(join(state, 'git.pid'), String(bystander.pid))
  const { source } = await opened({ remotes: [repo], state })
  await source.newest(never)
  t.is(bystander.exitCode, null)
  t.is(bystander.signalCode, null)
})

test('100 000 files elsewhere are no matter; too many, too large or too much policy is refused unread', async (t) => {
  const { state, repo, first } = await setUp(t)
  const blob = gitWith(repo, 'x', 'hash-object', '-w', '--stdin')
  const large = gitWith(repo, Buffer.alloc(1_000_001, 32), 'hash-object', '-w', '--stdin')
  const many = Array.from({ length: 1000 }, (_, at) => `100644 blob ${blob}\t${at}.yaml\n`).join('')
  const folder = gitWith(repo, many, 'mktree')
  const folders = (count: number) =>
    gitWith(
      repo,
      Array.from({ length: count }, (_, at) => `040000 tree ${folder}\td${at}\n`).join(''),
      'mktree',
    )
  const policies = gitWith(repo, `100644 blob ${blob}\ta.yaml\n`, 'mktree')
  const push = async (mitigations: string, other: string) => {
    const listing = `040000 tree ${mitigations}\tmitigations\n040000 tree ${other}\tother\n040000 tree ${policies}\tpolicies\n`
    const tree = gitWith(repo, listing, 'mktree')
    await git(repo, 'update-ref', 'refs/heads/main', await git(repo, 'commit-tree', '-m', 'many', tree))
  }
  const { source } = await opened({ remotes: [repo], state })
  await push(policies, folders(100))
  t.is((await source.read(await source.newest(never), never)).files.size, 2)
  const isRefused = async (words: RegExp) => {
    const error = await failure(t, source.read(await source.newest(never), never))
    t.is(error.code, 'SOURCE_OVERSIZED')
    t.regex(error.message, words)
  }
  await push(folders(11), policies)
  await isRefused(/more than 10000 files/)
  // Eleven levels of ten: a tree of a few hundred bytes that would list 10 to the eleventh files.
  let bomb = folder
  for (let level = 0; level < 11; level += 1) {
    const level = Array.from({ length: 10 }, (_, at) => `040000 tree ${bomb}\td${at}\n`).join('')
    bomb = gitWith(repo, level, 'mktree')
  }
  await push(bomb, policies)
  await isRefused(/more than 10000 files/)
  // Ten to the eleventh folders without a single file.
  let hollow = gitWith(repo, '', 'mktree')
  for (let level = 0; level < 11; level += 1) {
    const level = Array.from({ length: 10 }, (_, at) => `040000 tree ${hollow}\td${at}\n`).join('')
    hollow = gitWith(repo, level, 'mktree')
  }
  await push(hollow, policies)
  await isRefused(/more than 10000 files and folders/)
  await push(gitWith(repo, `100644 blob ${large}\tlarge.yaml\n`, 'mktree'), policies)
  await isRefused(/large\.yaml has 1000001 bytes/)
  const million = gitWith(repo, Buffer.alloc(1_000_000, 32), 'hash-object', '-w', '--stdin')
  const much = Array.from({ length: 51 }, (_, at) => `100644 blob ${million}\t${at}.yaml\n`).join('')
  await push(gitWith(repo, much, 'mktree'), policies)
  await isRefused(/more than 50000000 bytes together/)
  const wordy = gitWith(repo, Buffer.alloc(1_100_000, 'x'), 'commit-tree', `${first}^{tree}`)
  await git(repo, 'update-ref', 'refs/heads/main', wordy)
  await isRefused(/its commit has more than 1000000 bytes/)
  t.deepEqual(await runningWith(state), [])
})

test('a machine without git', async (t) => {
  const { state, repo } = await setUp(t)
  const { source } = await opened({ remotes: [repo], state, system: testSystem({ PATH: '/nowhere' }) })
  const error = await failure(t, source.newest(never))
  t.is(error.code, 'FETCH_OTHER')
  t.regex(error.message, /git could not be started/)
})

test('the state folder cannot be made', async (t) => {
  const root = await temporaryFolder(t)
  await writeFile(join(root, 'file'), '')
  const error = await failure(
    t,
    opened({ remotes: ['https://git.example/a.git'], state: join(root, 'file', 'state') }),
  )
  t.is(error.code, 'FETCH_DISK')
})
