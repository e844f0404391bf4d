import { chmod, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { ROOT, type Workplace, workplace } from '../helpers/workplace.ts'

interface Told {
  readonly servers: readonly {
    readonly server: string
    readonly result: string
    readonly plan: { readonly held: readonly { readonly reason: string; readonly detail: string }[] }
  }[]
}

const SERVERS = ['ex01', 'ex02', 'ex03'] as const
const pathOf = (place: Workplace, server: string) => join(place.folder, 'servers', server, ROOT)

/** Three servers that are written one after another, the first of which cannot be written. */
async function stuck(t: ExecutionContext): Promise<Workplace> {
  const place = await workplace(t, SERVERS)
  const configuration = await readFile(join(place.folder, 'stopgap.yaml'), 'utf8')
  await place.write('stopgap.yaml', `${configuration}limits: { writesAtOnce: 1, stopAfterFailures: 1 }\n`)
  for (const server of SERVERS) await chmod(pathOf(place, server), 0o444)
  return place
}

/** Each server with how its pass ended and why what is held is held. */
function summary(stdout: string): { readonly [server: string]: string } {
  const { servers } = JSON.parse(stdout) as Told
  return Object.fromEntries(
    servers.map(({ server, result, plan }) => [
      server,
      [result, ...plan.held.map(({ reason }) => reason)].join(' '),
    ]),
  )
}

test('apply stops after the first failure, and goes on once that is made good', async (t) => {
  const place = await stuck(t)
  const first = await place.run('apply', '--json')
  t.is(first.code, 4, first.stderr)
  const told = summary(first.stdout)
  const [failed, ...more] = SERVERS.filter((server) => told[server] === 'failed')
  t.deepEqual(more, [], 'whichever was first, it was the only one')
  const others = SERVERS.filter((server) => server !== failed)
  t.deepEqual(
    others.map((server) => told[server]),
    ['held rollout', 'held rollout'],
  )
  for (const server of SERVERS) await chmod(pathOf(place, server), 0o644)
  const plan = await place.run('plan')
  t.is(plan.code, 2)
  t.regex(plan.stdout, /held rollout .*/)
  t.regex(plan.stdout, new RegExp(`failed on ${failed}`))
  const second = await place.run('apply', '--json')
  t.is(second.code, 0, second.stdout)
  t.deepEqual(summary(second.stdout), { ex01: 'changed', ex02: 'changed', ex03: 'changed' })
})

test('a server that is named is written, whatever became of others, and so is what is allowed', async (t) => {
  const place = await stuck(t)
  const told = summary((await place.run('apply', '--json')).stdout)
  const held = SERVERS.filter((server) => told[server] === 'held rollout')
  for (const server of held) await chmod(pathOf(place, server), 0o644)
  const [named = '', allowed = ''] = held
  const only = await place.run('apply', '--only', named)
  t.is(only.code, 0, only.stdout)
  const plan = JSON.parse((await place.run('plan', '--json', '--only', allowed)).stdout)
  t.is(plan.servers[0].plan.held.length, 0, 'alone it waits for nobody')
  const all = JSON.parse((await place.run('plan', '--json')).stdout)
  const id = all.servers.find((one: { server: string }) => one.server === allowed).plan.id
  t.is((await place.run('allow', id)).code, 0)
  await place.run('apply')
  t.true((await readFile(pathOf(place, allowed), 'utf8')).includes('Stopgap M1'))
})
