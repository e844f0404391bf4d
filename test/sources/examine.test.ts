import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer as createSecureServer } from 'node:https'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import type { ExaminedRemote, Way } from '../../reconciler/model/examined.ts'
import { examineSource } from '../../reconciler/sources/examine.ts'
import { proxyOf } from '../../reconciler/sources/proxy.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { runningWith, testSystem } from '../helpers/git.ts'
import { gitServer } from '../helpers/git-server.ts'
import { never, POLICY, setUp, texts } from '../helpers/source.ts'
import { noSshd, sshServer } from '../helpers/ssh-server.ts'

const run = promisify(execFile)

async function tried(
  t: ExecutionContext,
  remotes: readonly string[],
  env: Readonly<Record<string, string>> = {},
  timeout = 20_000,
) {
  const scratch = await temporaryFolder(t)
  const trial = {
    remotes,
    ref: 'refs/heads/main',
    path: '.',
    base: '/',
    timeout,
    scratch,
    system: testSystem(env),
  }
  const found = await examineSource(trial, never)
  t.deepEqual(await runningWith(scratch), [], 'no git stays behind')
  return { ...found, scratch, remote: found.examined.remotes[0] as ExaminedRemote }
}

function codeOf({ answer }: ExaminedRemote): string {
  return answer.is === 'failed' ? `${answer.trouble.code} ${answer.exit}` : answer.revision
}

function wayOf<I extends Way['is']>(
  t: ExecutionContext,
  { way }: ExaminedRemote,
  is: I,
): Extract<Way, { is: I }> {
  t.is(way?.is, is)
  return way as Extract<Way, { is: I }>
}

test('a repository and a plain folder on this machine are read whole', async (t) => {
  const { repo, root, first } = await setUp(t)
  const { remote, snapshot, examined } = await tried(t, [repo])
  t.is(codeOf(remote), `main@sha1:${first}`)
  t.regex(examined.git ?? '', /^git version \d/)
  t.true(examined.usesGit)
  t.deepEqual(texts(snapshot ?? t.fail()), POLICY)
  wayOf(t, remote, 'here')
  await run('cp', ['-r', join(repo, 'mitigations'), join(repo, 'policies'), root])
  await run('rm', ['-r', repo])
  const plain = await tried(t, [root])
  t.regex(codeOf(plain.remote), /^dir@sha256:/)
  t.false(plain.examined.usesGit)
  t.deepEqual(await readdir(root), ['mitigations', 'policies'], 'and nothing is left there')
})

test('each remote is tried by itself, and what the first that answers holds is read', async (t) => {
  const { repo, root, first } = await setUp(t)
  const server = await gitServer(t, root)
  server.mischief = 'login'
  const { examined, snapshot } = await tried(t, [
    `${server.url}/policy/.git`,
    'https://no-such-host.invalid/a.git',
    repo,
  ])
  t.deepEqual(examined.remotes.map(codeOf), ['FETCH_AUTH 1', 'FETCH_DNS 1', `main@sha1:${first}`])
  t.is(snapshot?.revision, `main@sha1:${first}`)
})

test('a port where nobody listens, a server that says nothing, a ref that is none, a scheme that is none', async (t) => {
  const { root, repo } = await setUp(t)
  const free = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => free.once('listening', resolve))
  const { port } = free.address() as { port: number }
  await new Promise((resolve) => free.close(resolve))
  t.is(codeOf((await tried(t, [`http://127.0.0.1:${port}/policy.git`])).remote), 'FETCH_CONNECT 1')
  const server = await gitServer(t, root)
  server.mischief = 'hang'
  t.is(codeOf((await tried(t, [`${server.url}/policy/.git`], {}, 1_500)).remote), 'FETCH_TIMEOUT 1')
  const odd = await tried(t, ['ext::sh -c id', repo])
  t.is(codeOf(odd.remote), 'SOURCE_INVALID 3')
  t.is(odd.remote.way, null)
  t.not(odd.snapshot, null, 'the other one is read all the same')
})

test('a password in a URL or of a proxy is told to nobody', async (t) => {
  const { root } = await setUp(t)
  const server = await gitServer(t, root)
  server.mischief = 'login'
  const url = `${server.url}/policy/.git`.replace('//', '//ops:hunter2hunter2@')
  const { examined } = await tried(t, [url], { http_proxy: 'http://me:hunter2hunter2@127.0.0.1:1' })
  t.notRegex(JSON.stringify(examined), /hunter2/)
  t.is(wayOf(t, examined.remotes[0] as ExaminedRemote, 'http').proxy, 'http://***@127.0.0.1:1')
})

test('a certificate is shown with who issued it, whether it is believed or not', async (t) => {
  const { root } = await setUp(t)
  const [key, cert] = [join(root, 'key.pem'), join(root, 'cert.pem')]
  const made = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2'.split(' ')
  const subject = ['-subj', '/CN=Contoso Test Authority', '-addext', 'subjectAltName=IP:127.0.0.1']
  await run('openssl', [...made, '-keyout', key, '-out', cert, ...subject])
  const options = { key: await readFile(key), cert: await readFile(cert) }
  const server = createSecureServer(options, (_, response) => void response.writeHead(404).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  })
  const { port } = server.address() as { port: number }
  const url = `https://127.0.0.1:${port}/policy.git`
  const refused = (await tried(t, [url])).remote
  t.is(codeOf(refused), 'FETCH_TLS 1')
  const way = wayOf(t, refused, 'http')
  t.is(way.certificate?.issuer, 'Contoso Test Authority')
  const days = ((way.certificate?.validTo ?? 0) - Date.now()) / 86_400_000
  t.true(days > 1 && days <= 2.1, `${days} days`)
  const trusted = (await tried(t, [url], { GIT_SSL_CAINFO: cert })).remote
  t.is(codeOf(trusted), 'FETCH_NOT_FOUND 1')
  t.is(wayOf(t, trusted, 'http').authorities, `the authorities of GIT_SSL_CAINFO (${cert})`)
  await writeFile(join(root, 'gitconfig'), `[http "https://127.0.0.1:${port}"]\n sslCAInfo = ${cert}\n`)
  const configured = (await tried(t, [url], { GIT_CONFIG_GLOBAL: join(root, 'gitconfig') })).remote
  t.is(codeOf(configured), 'FETCH_NOT_FOUND 1')
  t.is(wayOf(t, configured, 'http').authorities, `the authorities of http.sslCAInfo (${cert})`)
})

const sshTest = noSshd === null ? test : test.skip
sshTest(`host keys over a real sshd${noSshd === null ? '' : ` (skipped: ${noSshd})`}`, async (t) => {
  const { repo, root, first } = await setUp(t)
  const sshd = await sshServer(t, { forced: null })
  const known = join(root, 'known_hosts')
  const config = [
    'Host *',
    `UserKnownHostsFile ${known}`,
    'GlobalKnownHostsFile /dev/null',
    `IdentityFile ${sshd.identityFile}`,
    'IdentitiesOnly yes',
  ]
  await writeFile(join(root, 'ssh_config'), `${config.join('\n ')}\n`)
  // An account whose own configuration this is: ssh takes its home from the list of users, not from HOME.
  const { stdout: ssh } = await run('sh', ['-c', 'command -v ssh'])
  await writeFile(join(root, 'ssh'), `#!/bin/sh\nexec ${ssh.trim()} -F ${root}/ssh_config "$@"\n`, {
    mode: 0o755,
  })
  const env = { PATH: `${root}${delimiter}${process.env['PATH'] ?? ''}` }
  const url = `ssh://${sshd.options.user}@127.0.0.1:${sshd.port}${repo}`
  await writeFile(known, '')
  const unknown = (await tried(t, [url], env)).remote
  t.is(codeOf(unknown), 'FETCH_HOST_KEY 1')
  t.deepEqual(wayOf(t, unknown, 'ssh'), { is: 'ssh', command: null, proxy: null, known: [] })
  await writeFile(known, await readFile(sshd.knownHostsFile))
  const [{ fingerprint } = { fingerprint: 'none' }] = sshd.hostKeys
  const good = (await tried(t, [url], env)).remote
  t.is(codeOf(good), `main@sha1:${first}`)
  t.deepEqual(wayOf(t, good, 'ssh').known, [`${fingerprint} (ED25519)`])
  const other = await sshServer(t, { forced: null })
  const [key = ''] = other.hostKeys.map(({ publicKey }) => publicKey)
  await writeFile(known, `[127.0.0.1]:${sshd.port} ${key}\n`)
  const changed = (await tried(t, [url], env)).remote
  t.is(codeOf(changed), 'FETCH_HOST_KEY 1')
  t.is(wayOf(t, changed, 'ssh').known.length, 1)
  const careless = {
    ...env,
    GIT_SSH_COMMAND: 'ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null',
  }
  const any = (await tried(t, [url], careless)).remote
  t.is(codeOf(any), `main@sha1:${first}`)
  t.regex(wayOf(t, any, 'ssh').command ?? '', /StrictHostKeyChecking=no/)
})

const goesThrough = test.macro({
  exec: (t, env: Readonly<Record<string, string>>, configured: string | null, proxy: string | null) => {
    t.is(proxyOf(new URL('https://git.contoso.example:8443/a.git'), env, configured), proxy)
  },
  title: (_, env, configured, proxy) =>
    `proxy of ${JSON.stringify(env)} and http.proxy ${configured}: ${proxy}`,
})

const PROXY = 'http://outward.contoso.example:3128'
test(goesThrough, {}, null, null)
test(goesThrough, { https_proxy: PROXY }, null, PROXY)
test(goesThrough, { HTTPS_PROXY: PROXY }, null, PROXY)
test(goesThrough, { http_proxy: PROXY }, null, null)
test(goesThrough, { ALL_PROXY: PROXY }, null, PROXY)
test(goesThrough, { https_proxy: 'http://other' }, PROXY, PROXY)
test(goesThrough, { https_proxy: PROXY }, '', null)
test(goesThrough, { https_proxy: PROXY, no_proxy: 'a.example, .contoso.example' }, null, null)
test(goesThrough, { no_proxy: '*' }, PROXY, null)
test(goesThrough, { https_proxy: PROXY, NO_PROXY: 'toso.example' }, null, PROXY)
test(goesThrough, { https_proxy: 'me:hunter2@proxy:3128' }, null, 'http://***@proxy:3128')

test('capital HTTP_PROXY may come from a request, so it counts for nothing', (t) => {
  t.is(proxyOf(new URL('http://127.0.0.1/a.git'), { HTTP_PROXY: PROXY }, null), null)
  t.is(proxyOf(new URL('http://[::1]/a.git'), { http_proxy: PROXY, no_proxy: '::1' }, null), null)
})
