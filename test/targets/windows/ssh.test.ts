import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { thingKey } from '../../../reconciler/model/thing.ts'
import { REMOTE_COMMAND } from '../../../reconciler/targets/windows/bootstrap.ts'
import type { SshOptions } from '../../../reconciler/targets/windows/transport.ts'
import { digestOf } from '../../../reconciler/util/digest.ts'
import { quickest } from '../../helpers/effort.ts'
import { embeddedServer, onDisk, ROOT } from '../../helpers/embedded-server.ts'
import {
  because,
  enter,
  FILE,
  look,
  never,
  over,
  reached,
  sshBench,
  sshDoor,
  thrownBy,
} from '../../helpers/ssh-bench.ts'
import { type KeyType, makeKey, type SshServer, sshAgent } from '../../helpers/ssh-server.ts'
import { standIn } from '../../helpers/stand-in.ts'

over(`what is asked for is powershell.exe with constant text${because}`, async (t) => {
  const { server } = await sshBench(t, { forced: null, powershell: standIn(await embeddedServer(t)) })
  t.is((await look(reached(t, server.options))).sightings.size, 2)
  const asked = await readFile(join(server.folder, 'powershell.exe.asked'), 'utf8')
  t.is(`powershell.exe ${asked.trim()}`, REMOTE_COMMAND)
})

over(`one connection serves many requests, and closing ends it${because}`, async (t) => {
  const { server, requests } = await sshBench(t, { config: ['LogLevel VERBOSE'] })
  let logins = 0
  const took = await quickest(1_900, async () => {
    const target = reached(t, server.options)
    for (let round = 0; round < 5; round += 1) await look(target)
    logins += 1
    t.is((await requests()).length, 5 * logins)
    t.is(server.log().match(/Accepted publickey/g)?.length, logins)
    const at = performance.now()
    await target.close()
    return performance.now() - at
  })
  t.true(took < 1_900, `it ended by itself, not after ${took} ms`)
})

over(`a file of megabytes goes there and comes back${because}`, async (t) => {
  const { server, dir } = await sshBench(t)
  const target = reached(t, server.options)
  const expect = digestOf(await readFile(onDisk(dir, ROOT)))
  const become = Buffer.alloc(5_000_000, 'x')
  const { results, sightings } = await target.act(
    [{ thing: 'file', name: ROOT, expect, become }],
    [FILE],
    never(),
  )
  t.deepEqual(results, [{ is: 'done' }])
  t.like(sightings.get(thingKey('file', ROOT)), { is: 'here', digest: digestOf(become) })
})

// --- Whom we believe

interface Distrust {
  readonly write: (server: SshServer) => string
  readonly message: RegExp
  readonly hint: RegExp
}

const distrusts = test.macro<[Distrust]>({
  title: (title) => `${title}: SSH_HOST_KEY, and no login is tried${because}`,
  exec: async (t, { write, message, hint }) => {
    const server = await sshDoor(t, { config: ['LogLevel VERBOSE'] })
    const [hostKey] = server.hostKeys
    await writeFile(server.knownHostsFile, write(server))
    const error = await thrownBy(t, enter(t, server.options))
    t.is(error.code, 'SSH_HOST_KEY')
    t.regex(error.message, message)
    t.true(error.message.includes(`it offers ${hostKey?.fingerprint}`), error.message)
    t.regex(error.hint, hint)
    t.notRegex(server.log(), /publickey/)
  },
})

const other = `ssh-ed25519 ${Buffer.concat([Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0 '), Buffer.alloc(32, 7)]).toString('base64')}`

over('an unknown server', distrusts, {
  write: () => `# nobody yet\n`,
  message:
    /^server ex01: the host key of \[127\.0\.0\.1\]:\d+ is not known: .* and .*known_hosts has no key for it$/,
  hint: /^Nothing was written.*ssh_host_ed25519_key\.pub — .*add this line to .*known_hosts: \[127\.0\.0\.1\]:\d+ ssh-ed25519 AAAA\S+$/,
})
over('a server whose key changed', distrusts, {
  write: ({ port }) => `# one\n[127.0.0.1]:${port} ${other}\n`,
  message: /is another than the known one: .* and .*known_hosts:2 says otherwise$/,
  hint: /somebody answers in its place.* replace line 2 of /,
})
over('a revoked key', distrusts, {
  write: ({ port, hostKeys: [key] }) =>
    `[127.0.0.1]:${port} ${key?.publicKey}\n@revoked * ${key?.publicKey}\n`,
  message: /is revoked: it offers /,
  hint: /another host key/,
})

over(`the line of the hint is the one that lets it in, at once${because}`, async (t) => {
  const server = await sshDoor(t)
  await rm(server.knownHostsFile)
  const { hint } = await thrownBy(t, enter(t, server.options))
  await writeFile(server.knownHostsFile, hint.slice(hint.indexOf('[127.0.0.1]')))
  await enter(t, server.options)
})

over(`a file of known hosts that cannot be read is said so: SSH_KNOWN_HOSTS${because}`, async (t) => {
  const server = await sshDoor(t)
  const error = await thrownBy(t, enter(t, { ...server.options, knownHostsFile: server.folder }))
  t.is(error.code, 'SSH_KNOWN_HOSTS')
  t.regex(error.message, /EISDIR/)
})

for (const type of ['ed25519', 'ecdsa', 'rsa'] satisfies KeyType[]) {
  over(`a server with several keys is known by its ${type} key alone${because}`, async (t) => {
    const server = await sshDoor(t, { hostKeys: ['ed25519', 'ecdsa', 'rsa'] })
    const known = server.hostKeys.find((key) => key.type === type)
    await writeFile(server.knownHostsFile, `[127.0.0.1]:${server.port} ${known?.publicKey}\n`)
    await enter(t, server.options)
  })
}

over(`a pinned fingerprint lets in the one server that has it${because}`, async (t) => {
  const server = await sshDoor(t)
  const pinned = { knownHostsFile: null, fingerprint: server.hostKeys[0]?.fingerprint ?? '' }
  await enter(t, { ...server.options, ...pinned })
  await enter(t, { ...server.options, ...pinned, fingerprint: `${pinned.fingerprint}=` })
  for (const fingerprint of [`${pinned.fingerprint.slice(0, -1)}!`, 'SHA256:', '']) {
    const error = await thrownBy(t, enter(t, { ...server.options, ...pinned, fingerprint }))
    t.is(error.code, 'SSH_HOST_KEY')
    t.regex(error.message, /is not the pinned one: it offers SHA256:/)
    t.true(error.hint.endsWith(`configure fingerprint: ${pinned.fingerprint}`), error.hint)
  }
})

// --- What we log in with

over(`a key that the server does not know: SSH_KEY_REFUSED with its fingerprint${because}`, async (t) => {
  const server = await sshDoor(t)
  const identityFile = join(server.folder, 'stranger')
  await makeKey(identityFile)
  const error = await thrownBy(t, enter(t, { ...server.options, identityFile }))
  t.is(error.code, 'SSH_KEY_REFUSED')
  t.regex(error.message, /does not let \S+ in with \S+stranger \(SHA256:\S{43}\)$/)
  t.is(error.disposition, 'stall')
})

for (const type of ['ecdsa', 'rsa'] satisfies KeyType[]) {
  over(`a key of type ${type} lets in${because}`, async (t) => {
    const server = await sshDoor(t)
    const identityFile = join(server.folder, type)
    await makeKey(identityFile, type)
    await letIn(server, identityFile)
    await enter(t, { ...server.options, identityFile })
  })
}

over(`a locked key is unlocked by a passphrase, which nothing ever shows${because}`, async (t) => {
  const server = await sshDoor(t)
  const identityFile = join(server.folder, 'locked')
  await makeKey(identityFile, 'ed25519', 'correct horse')
  await letIn(server, identityFile)
  const asked = (passphrase: SshOptions['passphrase']) =>
    enter(t, { ...server.options, identityFile, passphrase })
  await asked(() => Promise.resolve('correct horse'))
  for (const [passphrase, message] of [
    [null, /locked is locked, and no passphrase is configured/],
    [() => Promise.resolve('wrong pony'), /locked cannot be unlocked/],
    [
      () => readFile(join(server.folder, 'none'), 'utf8'),
      /the passphrase of \S+locked cannot be read: ENOENT/,
    ],
  ] as const) {
    const error = await thrownBy(t, asked(passphrase))
    t.is(error.code, 'SSH_KEY_UNUSABLE')
    t.regex(error.message, message)
    t.notRegex(`${error.message}${error.hint}${error.stack}`, /pony|horse/)
  }
})

over(`what is no private key is said so, without a connection: SSH_KEY_UNUSABLE${because}`, async (t) => {
  const server = await sshDoor(t)
  await writeFile(join(server.folder, 'text'), 'no key\n')
  for (const [name, message] of [
    ['none', /cannot be read: ENOENT/],
    ['text', /is no private key/],
    ['id.pub', /is no private key: it holds the public half/],
  ] as const) {
    const identityFile = join(server.folder, name)
    const error = await thrownBy(t, enter(t, { ...server.options, identityFile, port: 1 }))
    t.is(error.code, 'SSH_KEY_UNUSABLE')
    t.regex(error.message, message)
  }
})

over(`keys of an agent let in; an agent that is not there is said so${because}`, async (t) => {
  const server = await sshDoor(t)
  const agent = await sshAgent(t)
  const options = { ...server.options, identityFile: null, agent: agent.socket }
  const refused = await thrownBy(t, enter(t, options))
  t.is(refused.code, 'SSH_KEY_REFUSED')
  t.regex(refused.message, /with any key of the agent at /)
  await agent.add(server.identityFile)
  await enter(t, options)
  await agent.stop()
  const gone = await thrownBy(t, enter(t, options))
  t.is(gone.code, 'SSH_KEY_UNUSABLE')
  t.regex(gone.message, /the agent at \S+ does not help/)
  const none = await thrownBy(t, enter(t, { ...options, agent: null }))
  t.regex(none.message, /no identityFile is configured and no agent is running/)
})

/** Puts another key in the place of the one that lets in. */
async function letIn(server: SshServer, identityFile: string): Promise<void> {
  const path = join(server.folder, 'authorized_keys')
  const [options] = (await readFile(path, 'utf8')).split('ssh-ed25519')
  await writeFile(path, options + (await readFile(`${identityFile}.pub`, 'utf8')))
}
