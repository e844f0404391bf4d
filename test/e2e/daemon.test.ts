import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { addressIn, type Running, startCli, until } from '../helpers/cli.ts'
import { ROOT, type Workplace, workplace } from '../helpers/workplace.ts'

interface Daemon {
  readonly running: Running
  readonly address: string
  readonly seen: () => string
}

/** Starts the daemon, and waits until a pass was tried on each server. */
async function daemon(t: ExecutionContext, place: Workplace): Promise<Daemon> {
  const running = startCli(t, place.folder, 'run', '--listen', '127.0.0.1:0')
  const seen = () => running.stderr
  const address = await addressIn(place.state, seen)
  await until('it is ready', async () => (await fetch(`${address}/readyz`)).ok, { seen })
  return { running, address, seen }
}

async function page(address: string, path: string): Promise<string> {
  return (await fetch(`${address}${path}`)).text()
}

const has = async (place: Workplace, server: string) => (await place.read(server)).includes('Stopgap M1')

/** The same by a URL, as one that lies on another machine is named. */
function remote(place: Workplace): string {
  return `source: { remotes: ["${pathToFileURL(place.repository)}"], interval: 1s, timeout: 10s }
servers: [{ name: ex01, embedded: ./servers/ex01 }]
drift: { interval: 5s }
`
}

const BLOCK = `apiVersion: stopgap/v1
kind: Block
metadata: { name: monitoring }
spec:
  mitigations: [M1]
  remove: true
  reason: The monitoring cannot live with it yet.
  owner: messaging-team@contoso.example
`

test('apply beside a running daemon writes nothing and says what to use instead', async (t) => {
  const place = await workplace(t, ['ex01'])
  const { running } = await daemon(t, place)
  const { code, stderr, stdout } = await place.run('apply', '--yes')
  t.is(code, 1)
  t.is(stdout, '')
  t.regex(stderr, /STATE_LOCKED.*stopgap run \(process \d+/)
  t.regex(stderr, /plan, status, explain, log, allow and accept, or POST \/hook/)
  for (const command of ['plan', 'status', 'log']) t.is((await place.run(command)).code, 0, command)
  t.is((await running.interrupt()).code, 0)
  t.is((await place.run('apply', '--yes')).code, 0, 'the lock goes with its process')
})

test('a commit is converged, and so is a hand in the file, at once', async (t) => {
  const place = await workplace(t, ['ex01'])
  const original = await place.read('ex01')
  const { running, seen } = await daemon(t, place)
  await until('the rule is there', () => has(place, 'ex01'), { seen })
  const converged = await place.read('ex01')
  await place.write(`servers/ex01/${ROOT}`, original.toString())
  await until('it is back', async () => converged.equals(await place.read('ex01')), { seen })
  await place.commit({ 'policies/block.yaml': BLOCK })
  await until('it is gone', async () => original.equals(await place.read('ex01')), { seen })
  const { code, stdout } = await running.interrupt()
  t.is(code, 0)
  t.is(stdout, '', 'the log is no result')
})

test('a failed fetch keeps the last good revision, over a restart too, and shows everywhere', async (t) => {
  const place = await workplace(t, ['ex01'])
  await place.write('stopgap.yaml', remote(place))
  const original = await place.read('ex01')
  await place.run('apply', '--yes')
  await rename(place.repository, `${place.repository}.away`)
  const { running, address, seen } = await daemon(t, place)
  t.is(await page(address, '/readyz'), 'ok\n')
  const status = JSON.parse(await page(address, '/status'))
  const told = JSON.parse((await place.run('status', '--json')).stdout)
  t.deepEqual({ ...told, at: '', source: {} }, { ...status, at: '', source: {} }, 'status says the same')
  t.regex(status.revision, /^main@sha1:/)
  await until('it is told', () => /fetch failed \(not-found\)/.test(running.stderr), { seen })
  const metrics = await until('metrics have it', async () => {
    const text = await page(address, '/metrics')
    return /stopgap_source_fetch_failures_total\{reason="not-found"\} [1-9]/.test(text) ? text : null
  })
  t.regex(metrics, /stopgap_server_current\{server="ex01"\} 1/)
  t.is(JSON.parse(await page(address, '/status')).source.lastFailure.reason, 'not-found')
  t.regex(await page(address, '/'), /Fetch fails/)
  await place.write(`servers/ex01/${ROOT}`, original.toString())
  await until('the last good revision still holds', () => has(place, 'ex01'), { seen })
  await running.interrupt()
  const applied = await place.run('apply', '--yes')
  t.is(applied.code, 1, 'converged, and the source failed')
  t.regex(applied.stderr, /FETCH_NOT_FOUND.*\n +Revision main@sha1:\w+ stays in force/)
  t.is((await place.run('plan')).code, 1)
  await rename(`${place.repository}.away`, place.repository)
  t.is((await place.run('apply', '--yes')).code, 0)
})

test('rewritten history is refused until somebody accepts it by name', async (t) => {
  const place = await workplace(t, ['ex01'])
  const first = await place.git('rev-parse', 'HEAD')
  await place.commit({ 'policies/block.yaml': BLOCK.replace('remove: true', 'remove: false') })
  const { running, address, seen } = await daemon(t, place)
  await place.git('reset', '-q', '--hard', first)
  const rejected = await until(
    'it is refused',
    async () => JSON.parse(await page(address, '/status')).source.rejected,
    { seen },
  )
  t.is(rejected.reason, 'rewound')
  t.false(await has(place, 'ex01'), 'the block of the revision in force holds')
  const planned = await place.run('plan')
  t.is(planned.code, 3)
  const command = planned.stderr.match(/stopgap accept (\S+)/)?.at(1) ?? ''
  t.is(command, `main@sha1:${first}`)
  const accepted = await place.run('accept', command)
  t.is(accepted.code, 0)
  await until('it is converged', () => has(place, 'ex01'), { seen })
  t.is(JSON.parse(await page(address, '/status')).source.rejected, null)
  t.is((await running.interrupt()).code, 0)
  t.regex((await place.run('log')).stdout, /accept/)
})

test('with one server gone and one broken the daemon takes care of the others, and of those when they return', async (t) => {
  const place = await workplace(t, ['ex01', 'ex02', 'ex03'])
  const servers = join(place.folder, 'servers')
  await rename(join(servers, 'ex01'), join(servers, 'elsewhere'))
  const whole = (await place.read('ex02', 'server.json')).toString()
  await place.write('servers/ex02/server.json', whole.slice(0, 40))
  const { running, address, seen } = await daemon(t, place)
  await until('ex03 is converged', () => has(place, 'ex03'), { seen })
  const metrics = await page(address, '/metrics')
  t.regex(metrics, /stopgap_server_up\{server="ex01"\} 0/)
  t.regex(metrics, /stopgap_server_up\{server="ex02"\} 0/)
  t.regex(metrics, /stopgap_server_up\{server="ex03"\} 1/)
  t.regex(running.stderr, /SERVER_MALFORMED/)
  await place.write('servers/ex02/server.json', whole)
  await rename(join(servers, 'elsewhere'), join(servers, 'ex01'))
  for (const server of ['ex01', 'ex02'])
    await until(`${server} is converged`, () => has(place, server), { seen })
  t.is((await running.interrupt()).code, 0)
})
