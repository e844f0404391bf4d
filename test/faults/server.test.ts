import { chmod, cp, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { stopgap } from '../helpers/command-line.ts'
import {
  bytesOf,
  faultEstate,
  HOST_FILE,
  OWA_RULE,
  RECORD,
  SITE_FILE,
  SITE_RULE,
} from '../helpers/fault-estate.ts'

const UM = 'service:MSExchangeUM'
const ECP = 'app-pool:MSExchangeECPAppPool'
const STAYS = /Nothing is written where that is so, and what was applied stays\. Correct it on the server/

interface Case {
  readonly breaks: (server: string) => Promise<unknown>
  /** What the message says, and what its hint. */
  readonly words: readonly RegExp[]
  /** Keys that are written although the server is broken. */
  readonly written?: readonly string[]
}

const into = (path: string, content: string | Uint8Array) => (server: string) =>
  writeFile(join(server, path), content)

const edited = (path: string, edit: (text: string) => string) => async (server: string) =>
  writeFile(join(server, path), edit(await readFile(join(server, path), 'utf8')))

const inServer = (edit: (root: Record<string, unknown>) => void) =>
  edited('server.json', (text) => {
    const root = JSON.parse(text)
    edit(root)
    return JSON.stringify(root)
  })

/** Breaks one of two servers, and says what apply says and does; then mends it and shows that nothing was lost. */
const broken = test.macro(async (t, { breaks, words, written = [] }: Case) => {
  const estate = await faultEstate(t, ['ex01', 'ex02'])
  const server = estate.server('ex01')
  const whole = join(estate.root, 'whole')
  await cp(server, whole, { recursive: true })
  await breaks(server)
  const before = await bytesOf(server, [RECORD]).catch(() => null)
  const said = await stopgap(['apply', '--json', ...estate.flags])
  t.is(said.code, 4, said.out + said.err)
  const [first, second] = JSON.parse(said.out).servers
  t.is(second.result, 'changed', 'the other server goes on')
  const applied = (first.outcome ?? []).filter((one: { result: string }) => one.result === 'applied')
  t.deepEqual(applied.map((one: { key: string }) => one.key).toSorted(), written.toSorted())
  if (written.length === 0) t.deepEqual(await bytesOf(server, [RECORD]).catch(() => null), before)
  const plain = await stopgap(['plan', ...estate.flags, '--only', 'ex01'])
  for (const word of words) t.regex(plain.out + plain.err, word)
  t.notRegex(plain.out + plain.err, /BUG|at .*\.ts:\d/)
  // Mended: all of it is written, and can be taken back.
  await rm(server, { recursive: true, force: true })
  await cp(whole, server, { recursive: true })
  const mended = await stopgap(['apply', ...estate.flags])
  t.is(mended.code, 0, mended.out + mended.err)
})

test('no folder', broken, {
  breaks: (server) => rm(server, { recursive: true }),
  words: [
    /SERVER_MISSING: server ex01: there is no .*server\.json/,
    /Nothing was written on this server; other servers go on/,
    /stopgap server create/,
  ],
})
test('a file in place of its folder', broken, {
  breaks: async (server) => {
    await rm(server, { recursive: true })
    await writeFile(server, 'x')
  },
  words: [/SERVER_MISSING/, /Nothing was written on this server; other servers go on/],
})
test('no server.json', broken, {
  breaks: (server) => rm(join(server, 'server.json')),
  words: [/SERVER_MISSING/, /Nothing was written on this server; other servers go on/],
})
test('an empty server.json', broken, {
  breaks: into('server.json', ''),
  words: [
    /SERVER_MALFORMED: .*server\.json:1:1: the file is empty/,
    /Nothing was written on this server; other servers go on/,
    /Correct the file/,
  ],
})
test('a folder in place of server.json', broken, {
  breaks: async (server) => {
    await rm(join(server, 'server.json'))
    await mkdir(join(server, 'server.json'))
  },
  words: [/SERVER_UNREADABLE: .*it is a folder/, /Nothing was written on this server; other servers go on/],
})
test('server.json that is cut off', broken, {
  breaks: edited('server.json', (text) => text.slice(0, 200)),
  words: [
    /SERVER_MALFORMED: .*server\.json:12:6: this is not JSON/,
    /Nothing was written on this server; other servers go on/,
  ],
})
test('server.json that is a list', broken, {
  breaks: into('server.json', '[]'),
  words: [/SERVER_MALFORMED: .*not a JSON object/, /Nothing was written on this server; other servers go on/],
})
test('server.json of a newer form', broken, {
  breaks: inServer((root) => {
    root['schema'] = 2
  }),
  words: [/SERVER_MALFORMED: .*"schema" is not 1/, /Nothing was written on this server; other servers go on/],
})
test('server.json without a name', broken, {
  breaks: inServer((root) => {
    delete root['name']
  }),
  words: [
    /SERVER_MALFORMED: .*"name" is not a text/,
    /Nothing was written on this server; other servers go on/,
  ],
})
test('server.json with facts of wrong types', broken, {
  breaks: inServer((root) => {
    root['facts'] = { roles: 'Mailbox', exchange: 15.1, os: [], iis: {}, urlRewrite: 7, setup: 3 }
  }),
  words: [/unknown Rules/, /roles/, /Nothing is written where that is so/],
})
test('server.json with services and pools of wrong types', broken, {
  breaks: inServer((root) => {
    root['services'] = []
    root['appPools'] = 'none'
  }),
  words: [
    /unknown service:MSExchangeUM\n.*no table of services/,
    /table of pools in server\.json cannot be read/,
    STAYS,
  ],
  written: [SITE_RULE, OWA_RULE],
})
test('applicationHost.config that is missing', broken, {
  breaks: (server) => rm(join(server, HOST_FILE)),
  words: [/applicationHost\.config does not exist/, STAYS],
  written: [UM],
})
test('applicationHost.config of 0 bytes', broken, {
  breaks: into(HOST_FILE, ''),
  words: [/applicationHost\.config:1:1: .*the file is empty/, STAYS],
  written: [UM],
})
test('applicationHost.config of white space', broken, {
  breaks: into(HOST_FILE, ' \r\n\r\n'),
  words: [/applicationHost\.config:\d+:\d+: /, STAYS],
  written: [UM],
})
test('applicationHost.config that is not well-formed', broken, {
  breaks: edited(HOST_FILE, (text) => text.replace('</configuration>', '')),
  words: [/applicationHost\.config:\d+:1: .*<configuration> is not closed/, STAYS],
  written: [UM],
})
test('applicationHost.config that is not UTF-8', broken, {
  breaks: into(HOST_FILE, Buffer.from('<configuration>\xff\xfe</configuration>', 'latin1')),
  words: [/applicationHost\.config:1:16: .*bytes that are not utf-8/, STAYS],
  written: [UM],
})
test('applicationHost.config with a DOCTYPE', broken, {
  breaks: edited(HOST_FILE, (text) =>
    text.replace('<configuration>', '<!DOCTYPE x [<!ENTITY a "b">]>\n<configuration>'),
  ),
  words: [/applicationHost\.config:2:1: .*DOCTYPE/, STAYS],
  written: [UM],
})
test('a web.config that is not well-formed', broken, {
  breaks: edited(SITE_FILE, (text) => text.replace('</configuration>', '</configuratio>')),
  words: [/web\.config:38:1: .*<\/configuratio> closes <configuration>/, STAYS],
  written: [UM, ECP],
})
test('a web.config of 0 bytes', broken, {
  breaks: into(SITE_FILE, ''),
  words: [/web\.config:1:1: .*the file is empty/, STAYS],
  written: [UM, ECP],
})
test('a folder in place of a web.config', broken, {
  breaks: async (server) => {
    await rm(join(server, SITE_FILE))
    await mkdir(join(server, SITE_FILE))
  },
  words: [/web\.config is not a file/, STAYS],
  written: [UM, ECP],
})
test('a web.config that is a link out of the server', broken, {
  breaks: async (server) => {
    await rename(join(server, SITE_FILE), `${server}.config`)
    await symlink(`${server}.config`, join(server, SITE_FILE))
  },
  words: [/a link that leads out of the server/, STAYS],
  written: [UM, ECP],
})

const readOnly = test.macro<
  [file: string, applied: readonly string[], failed: readonly string[], words: RegExp]
>(async (t, file, applied, failed, words) => {
  const estate = await faultEstate(t, ['ex01', 'ex02'])
  const path = join(estate.server('ex01'), file)
  const before = await readFile(path)
  await chmod(path, 0o444)
  const said = await stopgap(['apply', '--json', ...estate.flags])
  t.is(said.code, 4, said.out + said.err)
  const [first, second] = JSON.parse(said.out).servers as Outcomes[]
  t.is(
    second?.outcome.every(({ result }) => result === 'applied'),
    true,
  )
  const keys = (wanted: string) =>
    first?.outcome
      .filter(({ result }) => result === wanted)
      .map(({ key }) => key)
      .toSorted()
  t.deepEqual(keys('applied'), applied.toSorted())
  t.deepEqual(keys('failed'), failed.toSorted())
  t.is(keys('not-attempted')?.length, 4 - applied.length - failed.length, 'the first failure stops the rest')
  for (const { error, result } of first?.outcome ?? []) if (result === 'failed') t.regex(error ?? '', words)
  t.deepEqual(await readFile(path), before)
  await chmod(path, 0o644)
  const mended = await stopgap(['apply', ...estate.flags])
  t.is(mended.code, 0, mended.out + mended.err)
  t.is((await stopgap(['plan', ...estate.flags])).code, 0)
})

interface Outcomes {
  readonly outcome: readonly { readonly key: string; readonly result: string; readonly error?: string }[]
}

test(
  'a web.config that is read-only',
  readOnly,
  SITE_FILE,
  [OWA_RULE, UM],
  [SITE_RULE],
  /web\.config is read-only/,
)
test(
  'applicationHost.config that is read-only',
  readOnly,
  HOST_FILE,
  [UM],
  [OWA_RULE, ECP],
  /applicationHost\.config is read-only/,
)
test('server.json that is read-only', readOnly, 'server.json', [], [UM], /server\.json is read-only/)
