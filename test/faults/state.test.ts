import { appendFile, cp, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { daemon, stopgap } from '../helpers/command-line.ts'
import { bytesOf, type FaultEstate, faultEstate, RECORD } from '../helpers/fault-estate.ts'

type Breaks = (state: string, server: string) => Promise<unknown>

const into = (path: string, content: string) => (state: string) => writeFile(join(state, path), content)
const newer = (path: string) => async (state: string) =>
  writeFile(
    join(state, path),
    (await readFile(join(state, path), 'utf8')).replace('"version":1', '"version":9'),
  )

/** A server that is converged. */
async function converged(
  t: Parameters<typeof faultEstate>[0],
): Promise<FaultEstate & { readonly pristine: object }> {
  const estate = await faultEstate(t)
  const pristine = await bytesOf(estate.server('ex01'), [RECORD])
  const first = await stopgap(['apply', ...estate.flags])
  t.is(first.code, 0, first.err)
  return { ...estate, pristine }
}

const backFlags = ({ back, state, server }: FaultEstate) => [
  ...['--source', back, '--state', state, '--server', server('ex01')],
]

/** Refused: nothing is written, neither on the server nor in what is broken; once it is mended all goes on. */
const refused = test.macro(async (t, breaks: Breaks, words: RegExp, hint: RegExp) => {
  const estate = await converged(t)
  const server = estate.server('ex01')
  const whole = join(estate.root, 'whole')
  await cp(estate.state, whole, { recursive: true })
  await breaks(estate.state, server)
  const before = await bytesOf(server)
  for (const command of ['apply', 'plan']) {
    const said = await stopgap([command, ...backFlags(estate)])
    t.is(said.code, 1, `${command}: ${said.out}${said.err}`)
    t.regex(said.out + said.err, words)
    t.regex(said.out + said.err, hint)
    t.notRegex(said.out + said.err, /BUG|at .*\.ts:\d/)
    t.deepEqual(await bytesOf(server), before)
  }
  await rm(estate.state, { recursive: true })
  await cp(whole, estate.state, { recursive: true })
  const mended = await stopgap(['apply', ...backFlags(estate)])
  t.is(mended.code, 0, mended.out + mended.err)
  t.deepEqual(await bytesOf(server, [RECORD]), estate.pristine)
})

const NOTHING = /Nothing was (changed|written)/
const OLD = /Use the newer Stopgap that wrote it/

test(
  'state.json of a newer version',
  refused,
  newer('state.json'),
  /STATE_NEWER: .*state\.json has version 9/,
  OLD,
)
test(
  'state.json that is garbage',
  refused,
  into('state.json', '{{'),
  /STATE_CORRUPT: .*no JSON object/,
  /Restore it/,
)
test('state.json that is empty', refused, into('state.json', ''), /STATE_CORRUPT: .*it is empty/, NOTHING)
test(
  'a file as state folder',
  refused,
  async (state) => {
    await rm(state, { recursive: true })
    await writeFile(state, 'x')
  },
  /STATE_DISK: .*state could not be read or written: a part of its path is a file/,
  /What was written before is still there/,
)
test(
  'source.json that is garbage',
  refused,
  into('source.json', '{'),
  /SOURCE_MEMORY: .*is not JSON/,
  /which revision is in force/,
)
test(
  'source.json of a newer version',
  refused,
  newer('source.json'),
  /SOURCE_MEMORY: .*has version 9/,
  /Use the version of Stopgap that wrote it/,
)
test(
  'source.json of other types',
  refused,
  into('source.json', '{"version":1,"lineage":3}'),
  /SOURCE_MEMORY: .*does not say what it should/,
  /move the file away/,
)
test(
  'memory.json of a newer version',
  refused,
  newer('servers/ex01/memory.json'),
  /STATE_NEWER: .*memory\.json has version 9/,
  OLD,
)
test(
  'a copy of the record of a newer version',
  refused,
  newer('servers/ex01/record.json'),
  /STATE_NEWER: .*record\.json has version 9/,
  OLD,
)

/** Borne: it is a loss of history at most, so apply takes everything back as if nothing were. */
const borne = test.macro(async (t, breaks: Breaks, words: RegExp) => {
  const estate = await converged(t)
  const server = estate.server('ex01')
  await breaks(estate.state, server)
  const plan = await stopgap(['plan', ...estate.flags])
  t.is(plan.code, 0, plan.out + plan.err)
  const said = await stopgap(['apply', ...backFlags(estate)])
  t.is(said.code, 0, said.out + said.err)
  t.regex(plan.out + said.out + said.err, words)
  t.deepEqual(await bytesOf(server, [RECORD]), estate.pristine)
  t.deepEqual(JSON.parse(await readFile(join(server, RECORD), 'utf8')).owned, {})
  const log = await stopgap(['log', '--json', ...backFlags(estate)])
  t.is(
    log.out.split('\n').filter((line) => line.includes('"verb":"undo"') && line.includes('"applied"')).length,
    4,
  )
})

const COPY = /warning the record on the server is damaged \(.+\); the copy in the state folder is used/

test('memory.json that is garbage', borne, into('servers/ex01/memory.json', 'xx'), /4 changes applied/)
test(
  'memory.json of wrong types',
  borne,
  into('servers/ex01/memory.json', '{"version":1,"server":[]}'),
  /4 changes applied/,
)
test(
  'a copy of the record that is garbage',
  borne,
  into('servers/ex01/record.json', 'xx'),
  /4 changes applied/,
)
test('a record that is garbage', borne, (_, server) => writeFile(join(server, RECORD), '\xff\0xx'), COPY)
test('a record that is cut off', borne, (_, server) => truncate(join(server, RECORD), 500), COPY)
test('a record of 0 bytes', borne, (_, server) => truncate(join(server, RECORD), 0), COPY)
test(
  'a record of wrong types',
  borne,
  (_, server) => writeFile(join(server, RECORD), '{"version":1,"owned":[]}'),
  COPY,
)
test('a record that is gone', borne, (_, server) => rm(join(server, RECORD)), /4 changes applied/)
test(
  'a journal with garbage at its end',
  borne,
  (state) => appendFile(join(state, 'journal.ndjson'), '{"is":"pl\0'),
  /4 changes applied/,
)
test(
  'kept snapshots that are garbage',
  borne,
  async (state) => {
    await rm(join(state, 'snapshots'), { recursive: true })
    await mkdir(join(state, 'snapshots'))
  },
  /4 changes applied/,
)
test(
  'approvals and plans that are garbage',
  borne,
  async (state) => {
    for (const folder of ['approvals', 'accepted', 'servers/ex01/plans', 'plans']) {
      await mkdir(join(state, folder), { recursive: true })
      await writeFile(join(state, folder, 'x.json'), '[garbage')
    }
  },
  /4 changes applied/,
)

/** Refused for the server, with everything else as it was. */
const recordRefused = test.macro(async (t, breaks: Breaks, code: number, words: RegExp, hint: RegExp) => {
  const estate = await converged(t)
  const server = estate.server('ex01')
  const record = await readFile(join(server, RECORD))
  await breaks(estate.state, server)
  const before = await bytesOf(server)
  const said = await stopgap(['apply', ...backFlags(estate)])
  t.is(said.code, code, said.out)
  t.regex(said.out, words)
  t.regex(said.out, hint)
  t.deepEqual(await bytesOf(server), before)
  await rm(join(server, RECORD), { recursive: true })
  await writeFile(join(server, RECORD), record)
  t.is((await stopgap(['apply', ...backFlags(estate)])).code, 0)
  t.deepEqual(await bytesOf(server, [RECORD]), estate.pristine)
})

const inRecord = (from: RegExp, to: string) => async (_: string, server: string) =>
  writeFile(join(server, RECORD), (await readFile(join(server, RECORD), 'utf8')).replace(from, to))

test(
  'a record of a newer version',
  recordRefused,
  inRecord(/"version": 1/, '"version": 9'),
  1,
  /RECORD_NEWER: the record on ex01 has version 9/,
  /Nothing is written on this server\. Use the newer Stopgap/,
)
test(
  'a record of another instance',
  recordRefused,
  inRecord(/"instance": "[^"]*"/, '"instance": "other"'),
  4,
  /held other-owner undo service:MSExchangeUM/,
  /take over: stopgap apply --take-over/,
)
test(
  'a folder in place of the record',
  recordRefused,
  async (_, server) => {
    await rm(join(server, RECORD))
    await mkdir(join(server, RECORD))
  },
  1,
  /RECORD_UNREADABLE: the record on ex01 cannot be read: .*is not a file/,
  /Nothing is written on this server without it/,
)

test('a journal that cannot be written stops everything before the first write', async (t) => {
  const estate = await converged(t)
  const server = estate.server('ex01')
  await rm(join(estate.state, 'journal.ndjson'))
  await mkdir(join(estate.state, 'journal.ndjson'))
  const before = await bytesOf(server)
  const said = await stopgap(['apply', ...backFlags(estate)])
  t.is(said.code, 1, said.out)
  t.regex(said.out + said.err, /STATE_DISK: .*journal\.ndjson could not be read or written: it is a folder/)
  t.deepEqual(await bytesOf(server), before)
})

test('beside a daemon apply says who has the folder and what to use; a lock file left by a dead process is nothing', async (t) => {
  const estate = await converged(t)
  const running = await daemon(
    t,
    ['--source', estate.source, '--server', estate.server('ex01')],
    estate.state,
  )
  const said = await stopgap(['apply', ...estate.flags])
  t.is(said.code, 1)
  t.regex(said.err, /STATE_LOCKED: .* in use by stopgap run \(process \d+, since 20/)
  t.regex(said.err, /Nothing was written; that process goes on\. Beside a daemon use plan, status/)
  for (const command of ['plan', 'status', 'log'])
    t.is((await stopgap([command, ...estate.flags])).code, 0, command)
  await running.end('SIGKILL')
  await writeFile(join(estate.state, 'lock.json'), '{"pid":1,"command":"run","since":"2026-01-01T00:00:00Z"}')
  await writeFile(join(estate.state, 'lock-journal'), 'garbage')
  t.is((await stopgap(['apply', ...estate.flags])).code, 0)
})

test('a lock file that is none is said, not overwritten', async (t) => {
  const estate = await converged(t)
  await writeFile(join(estate.state, 'lock'), 'this is somebody’s text and not the file that it should be')
  const said = await stopgap(['apply', ...estate.flags])
  t.is(said.code, 1)
  t.regex(said.err, /STATE_CORRUPT: .*lock cannot be used/)
  t.regex(said.err, /Nothing was changed\. Remove this file while no stopgap runs/)
})
