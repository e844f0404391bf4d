import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Config, type ConfigFlags, readConfig } from '../reconciler/config.ts'
import { StopgapError } from '../reconciler/errors/error.ts'
import { temporaryFolder } from './helpers/folder.ts'

/** Of no key. */
const FINGERPRINT = `SHA256:${'A'.repeat(43)}`

const MINIMAL = 'source: { remotes: [./policy] }\nservers:\n  - { name: ex01, embedded: ./servers/ex01 }\n'

async function read(path: string): Promise<Uint8Array | null> {
  return readFile(path).catch(() => null)
}

/** Reads what a stopgap.yaml of this text, in a folder of its own, means. */
async function configOf(t: ExecutionContext, text: string | Uint8Array | null, flags: ConfigFlags = {}) {
  const cwd = await temporaryFolder(t)
  if (text !== null) await writeFile(join(cwd, 'stopgap.yaml'), text)
  return { cwd, config: await readConfig(flags, { cwd, read, resolve, dirname }) }
}

test('what is not said has its default, and paths count from the file', async (t) => {
  const { cwd, config } = await configOf(t, MINIMAL)
  const expected: Config = {
    file: join(cwd, 'stopgap.yaml'),
    source: {
      remotes: [join(cwd, 'policy')],
      ref: 'refs/heads/main',
      path: '.',
      interval: 60_000,
      timeout: 60_000,
    },
    servers: [{ name: 'ex01', embedded: join(cwd, 'servers/ex01') }],
    drift: { interval: 300_000 },
    retireAfter: 0,
    state: join(cwd, 'state'),
    listen: { host: '127.0.0.1', port: 9464 },
    limits: { maxRemovals: 5, maxStops: 8, maxUnprotected: 2 },
  }
  t.deepEqual(config, expected)
  t.true(Object.isFrozen(config))
})

test('all that can be said', async (t) => {
  const { cwd, config } = await configOf(
    t,
    `source: { remotes: [https://git.example/a.git, git@git.example:a.git, ../b], ref: refs/heads/live, path: policy, interval: 1m30s, timeout: 90s }
servers: [{ name: ex01, embedded: /srv/ex01 }]
drift: { interval: 2h }
retireAfter: 24h
state: ../state
listen: '[::1]:0'
limits: { maxRemovals: 1, writesAtOnce: 2, stopAfterFailures: 3 }
`,
  )
  t.deepEqual(config.source, {
    remotes: ['https://git.example/a.git', 'git@git.example:a.git', resolve(cwd, '../b')],
    ref: 'refs/heads/live',
    path: 'policy',
    interval: 90_000,
    timeout: 90_000,
  })
  t.like(config, {
    drift: { interval: 7_200_000 },
    retireAfter: 86_400_000,
    state: resolve(cwd, '../state'),
    listen: { host: '::1', port: 0 },
    limits: { maxRemovals: 1, maxStops: 8, maxUnprotected: 2, writesAtOnce: 2, stopAfterFailures: 3 },
  })
})

test('flags go over the file, and their paths count from the working folder', async (t) => {
  const cwd = await temporaryFolder(t)
  await mkdir(join(cwd, 'conf'))
  await writeFile(join(cwd, 'conf/other.yaml'), MINIMAL)
  const flags: ConfigFlags = {
    config: 'conf/other.yaml',
    source: 'elsewhere',
    ref: 'refs/heads/x',
    server: ['a', 'b'],
    state: 'st',
    listen: 'localhost:1',
  }
  const config = await readConfig(flags, { cwd, read, resolve, dirname })
  t.like(config, {
    file: join(cwd, 'conf/other.yaml'),
    state: join(cwd, 'st'),
    listen: { host: 'localhost', port: 1 },
  })
  t.deepEqual(config.source.remotes, [join(cwd, 'elsewhere')])
  t.is(config.source.ref, 'refs/heads/x')
  t.deepEqual(config.servers, [
    { name: null, embedded: join(cwd, 'a') },
    { name: null, embedded: join(cwd, 'b') },
  ])
  const kept = await readConfig({ config: 'conf/other.yaml' }, { cwd, read, resolve, dirname })
  t.deepEqual(kept.source.remotes, [join(cwd, 'conf/policy')])
})

test('without a file flags are enough, also beside a file that is broken', async (t) => {
  const { config, cwd } = await configOf(t, 'broken: [', {
    source: 'https://git.example/a.git',
    server: ['s'],
  })
  t.is(config.file, null)
  t.deepEqual(config.source.remotes, ['https://git.example/a.git'])
  t.is(config.state, join(cwd, 'state'))
})

test('a flag alone goes over the file that is there', async (t) => {
  const { config, cwd } = await configOf(t, MINIMAL, { source: 'branch' })
  t.is(config.file, join(cwd, 'stopgap.yaml'))
  t.deepEqual(config.source.remotes, [join(cwd, 'branch')])
  t.deepEqual(config.servers, [{ name: 'ex01', embedded: join(cwd, 'servers/ex01') }])
  const empty = await temporaryFolder(t)
  const bare = await readConfig({ server: ['s'] }, { cwd: empty, read, resolve, dirname })
  t.like(bare, {
    file: null,
    servers: [{ name: null, embedded: join(empty, 's') }],
    state: join(empty, 'state'),
  })
})

test('Windows servers: local, or by ssh with its paths counted from the file', async (t) => {
  const { cwd, config } = await configOf(
    t,
    `${MINIMAL}  - { name: ex02, windows: { transport: local } }
  - { name: ex03, windows: { transport: ssh, host: ex03.contoso.example, user: 'CONTOSO\\stopgap', fingerprint: '${FINGERPRINT}' } }
  - name: ex04
    windows: { transport: ssh, host: 10.0.0.4, port: 2222, user: stopgap, identityFile: ./key, knownHostsFile: /etc/known_hosts, passphraseEnv: KEY }
`,
  )
  const ssh = { transport: 'ssh', port: 22, identityFile: null, passphraseEnv: null, passphraseFile: null }
  t.deepEqual<unknown, unknown>(config.servers.slice(1), [
    { name: 'ex02', windows: { transport: 'local' } },
    {
      name: 'ex03',
      windows: {
        ...ssh,
        host: 'ex03.contoso.example',
        user: 'CONTOSO\\stopgap',
        knownHostsFile: null,
        fingerprint: FINGERPRINT,
      },
    },
    {
      name: 'ex04',
      windows: {
        ...ssh,
        host: '10.0.0.4',
        port: 2222,
        user: 'stopgap',
        identityFile: join(cwd, 'key'),
        knownHostsFile: '/etc/known_hosts',
        fingerprint: null,
        passphraseEnv: 'KEY',
      },
    },
  ])
})

interface Fault {
  readonly text: string | Uint8Array
  readonly at: string
  readonly words: RegExp
}

const windows = (way: string) => `source: { remotes: [a] }\nservers: [{ name: ex01, windows: ${way} }]\n`

const FAULTS: { readonly [what: string]: Fault } = {
  'an unknown key': { text: `${MINIMAL}drfit: { interval: 5m }\n`, at: ':4:1', words: /drfit.*drift/ },
  'an unknown key inside': {
    text: MINIMAL.replace('./policy]', './policy], refs: x'),
    at: ':1:32',
    words: /refs.*ref/,
  },
  'a duration that is none': { text: `${MINIMAL}drift: { interval: 5 minutes }\n`, at: ':4:20', words: /5m/ },
  'a duration of nothing': { text: `${MINIMAL}drift: { interval: 0s }\n`, at: ':4:20', words: /0s|interval/ },
  'no servers': { text: 'source: { remotes: [a] }\n', at: ':1:1', words: /servers/ },
  'an empty list of servers': {
    text: 'source: { remotes: [a] }\nservers: []\n',
    at: ':2:10',
    words: /servers/,
  },
  'a server without a name': {
    text: 'source: { remotes: [a] }\nservers: [{ embedded: b }]\n',
    at: ':2:11',
    words: /name/,
  },
  'neither a folder nor a machine': {
    text: 'source: { remotes: [a] }\nservers: [{ name: ex01 }]\n',
    at: ':2:11',
    words: /embedded.*windows.*transport/,
  },
  'both a folder and a machine': {
    text: 'source: { remotes: [a] }\nservers: [{ name: ex01, embedded: b, windows: { transport: local } }]\n',
    at: ':2:11',
    words: /either embedded or windows/,
  },
  'a transport that there is not': {
    text: windows('{ transport: winrm }'),
    at: ':2:47',
    words: /local, ssh/,
  },
  'local with a host': {
    text: windows('{ transport: local, host: ex01 }'),
    at: ':2:60',
    words: /local has no host/,
  },
  'ssh without a host': {
    text: windows(`{ transport: ssh, user: u, fingerprint: '${FINGERPRINT}' }`),
    at: ':2:34',
    words: /'host' is missing/,
  },
  'a server of which no host key is known': {
    text: windows('{ transport: ssh, host: h, user: u }'),
    at: ':2:34',
    words: /knownHostsFile.*fingerprint/,
  },
  'two ways to know a host key': {
    text: windows(`{ transport: ssh, host: h, user: u, knownHostsFile: k, fingerprint: '${FINGERPRINT}' }`),
    at: ':2:34',
    words: /either/,
  },
  'a fingerprint that is none': {
    text: windows('{ transport: ssh, host: h, user: u, fingerprint: MD5:00 }'),
    at: ':2:83',
    words: /SHA256/,
  },
  'a host that would be an option': {
    text: windows(`{ transport: ssh, host: -oProxyCommand, user: u, fingerprint: '${FINGERPRINT}' }`),
    at: ':2:58',
    words: /name or address/,
  },
  'a passphrase in the file': {
    text: windows(
      `{ transport: ssh, host: h, user: u, identityFile: k, passphrase: s, fingerprint: '${FINGERPRINT}' }`,
    ),
    at: ':2:',
    words: /passphraseEnv/,
  },
  'two passphrases': {
    text: windows(
      `{ transport: ssh, host: h, user: u, identityFile: k, passphraseEnv: A, passphraseFile: b, fingerprint: '${FINGERPRINT}' }`,
    ),
    at: ':2:',
    words: /not both/,
  },
  'a passphrase for no key': {
    text: windows(`{ transport: ssh, host: h, user: u, passphraseEnv: A, fingerprint: '${FINGERPRINT}' }`),
    at: ':2:34',
    words: /identityFile/,
  },
  'a limit below zero': {
    text: `${MINIMAL}limits: { maxStops: -1 }\n`,
    at: ':4:21',
    words: /maxStops|0/,
  },
  'no server at once': {
    text: `${MINIMAL}limits: { writesAtOnce: 0 }\n`,
    at: ':4:25',
    words: /writesAtOnce|1/,
  },
  'no failure at all': {
    text: `${MINIMAL}limits: { stopAfterFailures: 0 }\n`,
    at: ':4:30',
    words: /stopAfterFailures|1/,
  },
  'the same name twice, in another case': {
    text: `${MINIMAL}  - { name: EX01, embedded: ./other }\n`,
    at: ':4:13',
    words: /EX01.*twice|twice.*EX01|ex01/i,
  },
  'an address that is none': { text: `${MINIMAL}listen: nonsense\n`, at: ':4:9', words: /HOST:PORT|address/ },
  'YAML that does not parse': { text: `${MINIMAL}state: [`, at: ':4:', words: /./ },
  'two documents': { text: `${MINIMAL}---\nstate: x\n`, at: ':', words: /one document/ },
  'a key twice': { text: `${MINIMAL}state: a\nstate: b\n`, at: ':5:1', words: /state/ },
  'bytes that are no text': { text: new Uint8Array([0xff, 0xfe, 0xfd]), at: ':', words: /UTF-8/ },
  'an empty file': { text: '', at: ':1:1', words: /source/ },
}
for (const [what, { text, at, words }] of Object.entries(FAULTS)) {
  test(`a fault with place and remedy: ${what}`, async (t) => {
    const error = await t.throwsAsync(() => configOf(t, text), { instanceOf: StopgapError })
    t.is(error?.code, 'CONFIG_INVALID')
    t.true(error?.message.includes(`stopgap.yaml${at}`), error?.message)
    t.regex(`${error?.message} ${error?.hint}`, words)
    t.not(error?.hint, '')
  })
}

test('all faults are told at once', async (t) => {
  const error = await t.throwsAsync(() => configOf(t, `${MINIMAL}stat: x\nlimits: { maxStops: -1 }\n`), {
    instanceOf: StopgapError,
  })
  t.regex(error?.message ?? '', /stopgap\.yaml:4:1: .*stat/)
  t.regex(error?.hint ?? '', /5:21: .*0/)
})

test('a file that is not there', async (t) => {
  const none = await t.throwsAsync(() => configOf(t, null), { code: 'CONFIG_INVALID' })
  t.regex((none as StopgapError).hint, /--source/)
  const named = await t.throwsAsync(() => configOf(t, null, { config: 'nowhere.yaml' }), {
    code: 'CONFIG_INVALID',
  })
  t.regex(named?.message ?? '', /nowhere\.yaml/)
})

for (const listen of ['nonsense', ':80', 'host:70000', 'a:b:1', 'host:']) {
  test(`--listen ${listen} is refused`, async (t) => {
    await t.throwsAsync(() => configOf(t, MINIMAL, { listen }), { code: 'ARGUMENT_INVALID' })
  })
}
