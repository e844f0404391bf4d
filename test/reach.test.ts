import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { StopgapError } from '../reconciler/errors/error.ts'
import type { Target } from '../reconciler/model/target.ts'
import { nameOf, type ReachSystem, targetOf } from '../reconciler/reach.ts'
import type { SshConfig } from '../reconciler/servers.ts'
import { embeddedServer } from './helpers/embedded-server.ts'
import { temporaryFolder } from './helpers/folder.ts'
import { noSshd, sshServer } from './helpers/ssh-server.ts'
import { standIn } from './helpers/stand-in.ts'
import { policyFiles, workplace } from './helpers/workplace.ts'

const run = promisify(execFile)
const over = noSshd === null ? test : test.skip
const because = noSshd === null ? '' : ` (skipped: ${noSshd})`

const linux = (env: ReachSystem['env'] = {}): ReachSystem => ({
  env,
  platform: 'linux',
  readText: (path) => readFile(path, 'utf8'),
})
const factsOf = (target: Target) =>
  target.look([{ thing: 'facts', name: '' }], new Map(), new AbortController().signal)

/** A server behind sshd, and a key that is locked by the word secret. */
async function locked(t: ExecutionContext): Promise<SshConfig> {
  const server = await sshServer(t, { forced: standIn(await embeddedServer(t)) })
  await run('ssh-keygen', ['-q', '-p', '-f', server.identityFile, '-P', '', '-N', 'secret'])
  const { host, port, user, identityFile, knownHostsFile } = server.options
  const none = { fingerprint: null, passphraseEnv: null, passphraseFile: null }
  return { transport: 'ssh', host, port, user, identityFile, knownHostsFile, ...none }
}

test('a server is called as it is configured, or as it calls itself', async (t) => {
  const embedded = await embeddedServer(t, { name: 'ex07' })
  t.is(nameOf({ name: null, embedded }), 'ex07')
  t.is(nameOf({ name: 'ex01', embedded }), 'ex01')
  t.is(targetOf({ name: 'ex02', windows: { transport: 'local' } }, linux()).name, 'ex02')
})

over(
  `the passphrase of a key comes from the environment, or from a file without its line end${because}`,
  async (t) => {
    const windows = await locked(t)
    const passphraseFile = join(await temporaryFolder(t), 'passphrase')
    await writeFile(passphraseFile, 'secret\r\n')
    const ways = [
      targetOf({ name: 'ex01', windows: { ...windows, passphraseEnv: 'KEY' } }, linux({ KEY: 'secret' })),
      targetOf({ name: 'ex01', windows: { ...windows, passphraseFile } }, linux()),
    ]
    for (const target of ways) {
      t.is((await factsOf(target)).sightings.size, 1)
      await target.close()
    }
  },
)

over(
  `a passphrase that cannot be had, or is another, is told without the word itself${because}`,
  async (t) => {
    const windows = await locked(t)
    const failing = async (changes: Partial<SshConfig>, env: ReachSystem['env'] = {}) => {
      const target = targetOf({ name: 'ex01', windows: { ...windows, ...changes } }, linux(env))
      const error = await t.throwsAsync(factsOf(target), { instanceOf: StopgapError })
      return { code: error?.code, text: `${error?.message} ${error?.hint}` }
    }
    const unset = await failing({ passphraseEnv: 'KEY' })
    t.is(unset.code, 'CONFIG_INVALID')
    t.regex(unset.text, /server ex01.*no KEY/)
    const missing = await failing({ passphraseFile: '/nowhere/passphrase' })
    t.is(missing.code, 'CONFIG_INVALID')
    t.regex(missing.text, /passphrase cannot be read.*ENOENT/)
    const wrong = await failing({ passphraseEnv: 'KEY' }, { KEY: 'guessed' })
    t.is(wrong.code, 'SSH_KEY_UNUSABLE')
    t.notRegex(wrong.text, /guessed/)
  },
)

test('local on another system than Windows: what to do is told, and the other servers go on', async (t) => {
  const place = await workplace(t, ['ex01'])
  await place.commit(policyFiles())
  await place.write(
    'stopgap.yaml',
    `source: { remotes: [./policy] }
servers:
  - { name: ex01, embedded: ./servers/ex01 }
  - { name: ex02, windows: { transport: local } }
`,
  )
  const { code, stdout, stderr } = await place.run('apply', '--yes')
  t.is(code, 4, stdout + stderr)
  t.regex(
    stdout + stderr,
    /ex02[\s\S]*transport local is for a Stopgap that runs on that Windows server, and this is linux/,
  )
  t.true((await place.read('ex01')).includes('Stopgap M1'))
})
