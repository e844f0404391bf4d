import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { openState } from '../../reconciler/state/folder.ts'
import { readJournal } from '../../reconciler/state/history.ts'
import { type Daemon, daemon, stopgap, until, valueIn } from '../helpers/command-line.ts'
import { bytesOf, faultEstate, HOST_FILE, RECORD, SITE_FILE } from '../helpers/fault-estate.ts'

const up = (name: string) => `stopgap_server_up{server="${name}"}`
const current = (name: string) => `stopgap_server_current{server="${name}"}`

/** What `/metrics` and `/status` say of the two servers. */
async function seen(running: Daemon) {
  const metrics = await running.metrics()
  const status = await running.status()
  const of = (name: string) => status.servers.find((one: { server: string }) => one.server === name)
  return {
    up: [valueIn(metrics, up('ex01')), valueIn(metrics, up('ex02'))],
    current: [valueIn(metrics, current('ex01')), valueIn(metrics, current('ex02'))],
    exposed: valueIn(metrics, 'stopgap_exposed{server="ex01",mitigation="Rules"}'),
    error: of('ex01')?.error?.code as string | undefined,
    hint: of('ex01')?.error?.hint as string | undefined,
    result: of('ex01')?.result as string | undefined,
  }
}

test('a daemon reports each fault of a server, goes on with the others, and goes on by itself when it is mended', async (t) => {
  t.timeout(180_000)
  const estate = await faultEstate(t, ['ex01', 'ex02'])
  const server = estate.server('ex01')
  const away = join(estate.root, 'away')
  await rename(server, away)
  const running = await daemon(t, estate.flags.slice(0, 2).concat(estate.flags.slice(4)), estate.state)
  const look = () => seen(running)
  const gone = await until(t, look, (now) => now.error !== undefined && now.current[1] === 1)
  t.like(gone, { up: [0, 1], error: 'SERVER_MISSING' })
  t.regex(gone.hint ?? '', /Nothing was written on this server; other servers go on/)
  t.is((await fetch(`${running.url}/readyz`)).status, 200)

  await rename(away, server)
  const whole = await until(t, look, (now) => now.current[0] === 1)
  t.like(whole, { up: [1, 1], exposed: 0, error: undefined })

  const config = await readFile(join(server, 'server.json'))
  await writeFile(join(server, 'server.json'), '{ "schema": 1,')
  t.like(await until(t, look, (now) => now.up[0] === 0), { error: 'SERVER_MALFORMED', up: [0, 1] })
  await writeFile(join(server, 'server.json'), config)
  await until(t, look, (now) => now.up[0] === 1 && now.error === undefined)

  const host = await readFile(join(server, HOST_FILE))
  await writeFile(join(server, HOST_FILE), '')
  const blind = await until(t, look, (now) => now.result === 'failed')
  t.like(blind, { exposed: 1, current: [0, 1] }, 'what cannot be read does not count as protected')
  t.is((await readFile(join(server, HOST_FILE))).length, 0, 'and is not written')
  await writeFile(join(server, HOST_FILE), host)
  await until(t, look, (now) => now.current[0] === 1 && now.exposed === 0)
  t.is((await running.end()).code, 0)
})

test('SIGTERM in the middle of a pass ends the daemon within two seconds; what it wrote is settled or found again', async (t) => {
  t.timeout(180_000)
  const estate = await faultEstate(t)
  const server = estate.server('ex01')
  const before = await bytesOf(server, [RECORD])
  const times: number[] = []
  for (let round = 0; round < 6; round++) {
    const source = round % 2 === 0 ? estate.source : estate.back
    const running = await daemon(t, ['--source', source, '--server', server], estate.state)
    await sleep(round * 40)
    const started = performance.now()
    const ended = await running.end()
    times.push(performance.now() - started)
    t.is(ended.code, 0, ended.err)
    t.notRegex(ended.err, /BUG|ERR_/)
  }
  // In one of them the machine may stand still for a while.
  const slow = times.filter((took) => took >= 2_000)
  t.true(slow.length <= 1, `${times.join(', ')} ms`)
  let damaged = 0
  for await (const line of readJournal(await openState(estate.state), { damaged: () => damaged++ }))
    t.truthy(line.at)
  t.is(damaged, 0)
  const args = ['--state', estate.state, '--server', server]
  t.is((await stopgap(['apply', '--source', estate.source, ...args])).code, 0)
  t.is((await stopgap(['apply', '--source', estate.back, ...args])).code, 0)
  t.deepEqual(await bytesOf(server, [RECORD]), before)
})

test('a daemon whose memory of the source breaks says so and keeps the servers as they are', async (t) => {
  t.timeout(180_000)
  const estate = await faultEstate(t)
  const server = estate.server('ex01')
  const running = await daemon(t, ['--source', estate.source, '--server', server], estate.state)
  await until(
    t,
    () => running.metric(current('ex01')),
    (value) => value === 1,
  )
  const protectedSite = await readFile(join(server, SITE_FILE), 'utf8')
  await writeFile(join(estate.state, 'source.json'), '{')
  await fetch(`${running.url}/hook`, { method: 'POST' })
  await until(
    t,
    async () => running.log(),
    (log) => log.includes('SOURCE_MEMORY'),
  )
  // Drift is corrected by the revision that is in force.
  await writeFile(
    join(server, SITE_FILE),
    protectedSite.replace(/[ \t]*<rule name="Stopgap [\s\S]*?<\/rule>\r?\n/, ''),
  )
  await until(
    t,
    () => readFile(join(server, SITE_FILE), 'utf8'),
    (text) => text === protectedSite,
  )
  t.is((await fetch(`${running.url}/readyz`)).status, 200)
  t.is((await running.end()).code, 0)
})

test('a daemon that cannot know what is in force changes nothing and says why', async (t) => {
  t.timeout(180_000)
  const estate = await faultEstate(t)
  const server = estate.server('ex01')
  const before = await bytesOf(server)
  await mkdir(estate.state)
  await writeFile(join(estate.state, 'source.json'), '{')
  const running = await daemon(t, ['--source', estate.source, '--server', server], estate.state)
  await until(
    t,
    async () => running.log(),
    (log) => log.includes('SOURCE_MEMORY'),
  )
  t.deepEqual(await bytesOf(server), before)
  t.is((await fetch(`${running.url}/readyz`)).status, 503)
  await rm(join(estate.state, 'source.json'))
  await fetch(`${running.url}/hook`, { method: 'POST' })
  await until(
    t,
    () => running.metric(current('ex01')),
    (value) => value === 1,
  )
  t.is((await running.end()).code, 0)
})
