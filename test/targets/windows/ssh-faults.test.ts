import { generateKeyPairSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { thingKey } from '../../../reconciler/model/thing.ts'
import { PROTOCOL } from '../../../reconciler/targets/windows/protocol.ts'
import { sshTransport } from '../../../reconciler/targets/windows/ssh.ts'
import type { SshOptions } from '../../../reconciler/targets/windows/transport.ts'
import { digestOf } from '../../../reconciler/util/digest.ts'
import { onDisk, ROOT } from '../../helpers/embedded-server.ts'
import { temporaryFolder } from '../../helpers/folder.ts'
import {
  because,
  FILE,
  look,
  never,
  over,
  reached,
  sshBench,
  sshDoor,
  thrownBy,
} from '../../helpers/ssh-bench.ts'
import {
  freePort,
  optionsFor,
  type SshServer,
  silentServer,
  sshServer,
  wireTo,
} from '../../helpers/ssh-server.ts'

/** A key that is as good as any other where nobody gets as far as asking for it. */
const KEY = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
}).privateKey

over(`nobody listens: SERVER_UNREACHABLE${because}`, async (t) => {
  const server = await sshDoor(t)
  const error = await thrownBy(t, look(reached(t, { ...server.options, port: await freePort() })))
  t.is(error.code, 'SERVER_UNREACHABLE')
  t.regex(error.message, /ex01 cannot be reached: \[127\.0\.0\.1\]:\d+: ECONNREFUSED$/)
  t.regex(error.hint, /Nothing was written.*service sshd/)
})

test('a name that nobody has: SERVER_UNREACHABLE', async (t) => {
  const folder = await temporaryFolder(t)
  const identityFile = join(folder, 'id')
  await writeFile(identityFile, KEY)
  const options = optionsFor({ port: 22, identityFile, knownHostsFile: join(folder, 'none') })
  const error = await thrownBy(t, look(reached(t, { ...options, host: 'nobody.invalid' })))
  t.is(error.code, 'SERVER_UNREACHABLE')
  t.regex(error.message, /ENOTFOUND|EAI_AGAIN/)
  t.regex(error.hint, /resolver/)
})

test('one that takes the connection and says nothing, or something else, is given up at the limit', async (t) => {
  const folder = await temporaryFolder(t)
  const identityFile = join(folder, 'id')
  await writeFile(identityFile, KEY)
  for (const [greeting, message] of [
    ['', /no session within 0\.3 s$/],
    ['220 mail.contoso.example ESMTP\r\n'.repeat(3), /no session within 0\.3 s$/],
    ['SSH-1.5-old\r\n', /Invalid identification string$/],
    [`SSH-2.0-\u001b[31mx${'y'.repeat(400)}\r\n`, /^[ -~]*$/],
  ] as const) {
    const port = await silentServer(t, greeting)
    const options = optionsFor({ port, identityFile, knownHostsFile: join(folder, 'none') })
    // Long where something else is to end it.
    const connect = message.source.includes('Invalid') ? 20_000 : 300
    const error = await thrownBy(t, look(reached(t, options, { connect })))
    t.is(error.code, 'SERVER_UNREACHABLE', greeting)
    t.regex(error.message, message)
    t.true(error.message.length < 400)
  }
})

test('a signal ends connecting at once, with its own reason', async (t) => {
  const folder = await temporaryFolder(t)
  const identityFile = join(folder, 'id')
  await writeFile(identityFile, KEY)
  const port = await silentServer(t, '')
  const transport = sshTransport(optionsFor({ port, identityFile, knownHostsFile: join(folder, 'none') }))
  // Its own limit would come with other words.
  await t.throwsAsync(transport.open(AbortSignal.timeout(100)), { name: 'TimeoutError' })
})

over(`a user whose sshd starts no command: SERVER_UNREACHABLE${because}`, async (t) => {
  const server = await sshDoor(t, { config: ['MaxSessions 0'] })
  const error = await thrownBy(t, look(reached(t, server.options)))
  t.is(error.code, 'SERVER_UNREACHABLE')
  t.regex(error.message, /it starts no command/)
  t.regex(error.hint, /MaxSessions/)
})

over(`a command that ends at once: its exit code and its last words are told${because}`, async (t) => {
  const server = await sshServer(t, { forced: ['sh', '-c', 'echo no such thing >&2; exit 9'] })
  const error = await thrownBy(t, look(reached(t, server.options)))
  t.is(error.code, 'SERVER_UNREACHABLE')
  // The start files of whoever runs the tests may have said something before.
  t.regex(error.message, /it ended with exit code 9: (?:.* )?no such thing/s)
})

over(
  `the connection is cut during an act: nothing is assumed, and the next look sees what was done${because}`,
  async (t) => {
    const { server, dir } = await sshBench(t)
    const wire = await wireTo(t, server.port)
    const target = reached(t, throughWire(server, wire.port))
    await look(target)
    const expect = digestOf(await readFile(onDisk(dir, ROOT)))
    wire.freezeAnswers()
    const act = target.act(
      [{ thing: 'file', name: ROOT, expect, become: Buffer.from('new') }],
      [FILE],
      never(),
    )
    const lost = thrownBy(t, act)
    while ((await readFile(onDisk(dir, ROOT), 'utf8')) !== 'new') await sleep(20)
    wire.cut()
    const error = await lost
    t.is(error.code, 'SESSION_LOST')
    t.regex(error.message, /during act: the connection was (lost: ECONNRESET|closed)/)
    t.regex(error.hint, /nothing is assumed/)
    const { sightings } = await look(target)
    t.like(sightings.get(thingKey('file', ROOT)), { is: 'here', digest: digestOf('new') })
  },
)

over(
  `a server that falls silent is noticed, and reached again by another connection${because}`,
  async (t) => {
    const { server } = await sshBench(t)
    const wire = await wireTo(t, server.port)
    const target = reached(t, throughWire(server, wire.port), { keepAlive: 2_000 })
    await look(target)
    wire.freeze()
    const error = await thrownBy(t, look(target))
    t.is(error.code, 'SESSION_LOST')
    t.regex(error.message, /during look: the connection was lost: Keepalive timeout/)
    t.is((await look(target)).sightings.size, 2)
  },
)

over(`a server that went is unreachable, and found again when it is back${because}`, async (t) => {
  const { server } = await sshBench(t)
  const target = reached(t, server.options)
  await look(target)
  await server.stop()
  const first = await thrownBy(t, look(target))
  t.true(['SESSION_LOST', 'SERVER_UNREACHABLE'].includes(first.code), first.code)
  const second = await thrownBy(t, look(target))
  t.is(second.code, 'SERVER_UNREACHABLE')
  await server.start()
  t.is((await look(target)).sightings.size, 2)
})

over(`twenty servers at once, and again over the connections that are open${because}`, async (t) => {
  const { server } = await sshBench(t)
  const targets = Array.from({ length: 20 }, (_, index) =>
    reached(t, { ...server.options, server: `ex${index}` }),
  )
  for (let round = 0; round < 2; round += 1) {
    const looks = await Promise.all(targets.map((target) => look(target)))
    t.true(looks.every(({ sightings }) => sightings.size === 2))
  }
  await Promise.all(targets.map((target) => target.close()))
})

over(`a program that hangs is told to end, and its input does${because}`, async (t) => {
  const pid = join(await temporaryFolder(t), 'pid')
  const hello = { hello: 'stopgap', protocol: PROTOCOL, powershell: { version: '7', edition: 'Core' } }
  const powershell = [
    'sh',
    '-c',
    'echo $$ > "$0"; echo "$1"; exec cat > "$0.heard"',
    pid,
    JSON.stringify(hello),
  ]
  const server = await sshServer(t, { forced: null, powershell, config: ['LogLevel DEBUG1'] })
  const error = await thrownBy(t, look(reached(t, server.options, { answer: 500 })))
  t.is(error.code, 'SESSION_LOST')
  t.regex(error.message, /no answer within 0\.5 s/)
  const hanging = Number(await readFile(pid, 'utf8'))
  const heard = () => server.log().includes('req signal')
  for (let tries = 0; (runs(hanging) || !heard()) && tries < 600; tries += 1) await sleep(50)
  t.false(runs(hanging))
  // Whether it listens is its own matter: sshd does not for root.
  t.true(heard())
})

function throughWire(server: SshServer, port: number): SshOptions {
  return { ...server.options, port, knownHostsFile: null, fingerprint: server.hostKeys[0]?.fingerprint ?? '' }
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
