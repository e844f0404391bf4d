import { readFileSync, writeFileSync } from 'node:fs'
import { readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import type { ServiceStep, Step, Target } from '../../../reconciler/model/target.ts'
import { type Digest, type Sightings, type Thing, thingKey } from '../../../reconciler/model/thing.ts'
import { embeddedTarget } from '../../../reconciler/targets/embedded/target.ts'
import { editServer, embeddedServer, HOST, onDisk, ROOT } from '../../helpers/embedded-server.ts'

const signal = () => new AbortController().signal

async function digestIn(target: Target, thing: Thing, name: string): Promise<Digest> {
  const seen = (await target.look([{ thing, name }], new Map(), signal())).sightings.get(
    thingKey(thing, name),
  )
  if (seen?.is !== 'here') throw new Error(`${name}: ${seen?.is}`)
  return seen.digest
}

async function service(target: Target, name: string, become: ServiceStep['become']): Promise<ServiceStep> {
  return {
    thing: 'service',
    name,
    expect: await digestIn(target, 'service', name),
    become,
    timeoutSeconds: 1,
  }
}

function statuses(sightings: Sightings): unknown[] {
  return [...sightings.values()].map((seen) =>
    seen.is === 'here' ? (seen.value as { status: string }).status : seen.is,
  )
}

async function withTarget(t: Parameters<typeof embeddedServer>[0]) {
  const dir = await embeddedServer(t)
  return { dir, target: embeddedTarget({ name: 'ex01', dir }) }
}

test('starting a service starts what it needs; a step on that one still fits', async (t) => {
  const { dir, target } = await withTarget(t)
  await editServer(dir, ({ services }) => {
    for (const name of ['W3SVC', 'WAS']) services[name].status = 'Stopped'
  })
  const steps = [
    await service(target, 'W3SVC', { status: 'Running' }),
    await service(target, 'WAS', { startType: 'Automatic', status: 'Running' }),
  ]
  const then = ['W3SVC', 'WAS'].map((name) => ({ thing: 'service' as const, name }))
  const acted = await target.act(steps, then, signal())
  t.deepEqual(acted.results, [{ is: 'done' }, { is: 'done' }])
  t.deepEqual(statuses(acted.sightings), ['Running', 'Running'])
})

test('a service whose need is disabled, missing or itself does not start', async (t) => {
  const { dir, target } = await withTarget(t)
  const detail = async () => {
    const { results } = await target.act(
      [await service(target, 'W3SVC', { status: 'Running' })],
      [],
      signal(),
    )
    return results[0]?.is === 'failed' ? results[0].detail : results[0]?.is
  }
  await editServer(dir, ({ services }) => {
    services.W3SVC.status = 'Stopped'
    services.WAS = { startType: 'Disabled', status: 'Stopped', dependsOn: [] }
  })
  t.is(await detail(), 'the service WAS is disabled')
  await editServer(
    dir,
    ({ services }) => (services.WAS = { startType: 'Manual', status: 'StopPending', dependsOn: [] }),
  )
  t.is(await detail(), 'the service WAS is StopPending')
  await editServer(
    dir,
    ({ services }) => (services.WAS = { startType: 'Manual', status: 'Stopped', dependsOn: ['w3svc'] }),
  )
  t.regex(String(await detail()), /depends on itself/)
  await editServer(dir, ({ services }) => delete services.WAS)
  t.regex(String(await detail()), /depends on WAS, which is not there/)
})

test('a service stops once those that need it have stopped', async (t) => {
  const { target } = await withTarget(t)
  const both = [
    await service(target, 'W3SVC', { status: 'Stopped' }),
    await service(target, 'WAS', { status: 'Stopped' }),
  ]
  t.deepEqual(
    (await target.act(both, [], signal())).results.map(({ is }) => is),
    ['done', 'done'],
  )
})

test('what others wrote into server.json stays', async (t) => {
  const { dir, target } = await withTarget(t)
  await editServer(dir, (root) => {
    root.note = 'by hand'
    root.services.MSExchangeUM.owner = 'Ann'
  })
  await target.act(
    [await service(target, 'MSExchangeUM', { startType: 'Disabled', status: 'Stopped' })],
    [],
    signal(),
  )
  const root = JSON.parse(await readFile(join(dir, 'server.json'), 'utf8'))
  t.is(root.note, 'by hand')
  t.deepEqual(root.services.MSExchangeUM, {
    startType: 'Disabled',
    status: 'Stopped',
    dependsOn: ['MSExchangeADTopology'],
    owner: 'Ann',
  })
})

test('no step leaves a temporary file, and one that a killed process left goes when it is old', async (t) => {
  const { dir, target } = await withTarget(t)
  const folder = dirname(onDisk(dir, ROOT))
  await writeFile(join(folder, '.stopgap-0123456789ab.tmp'), 'left')
  await writeFile(join(folder, '.stopgap-ba9876543210.tmp'), 'of a process at work')
  await utimes(join(folder, '.stopgap-0123456789ab.tmp'), 0, 0)
  const step: Step = {
    thing: 'file',
    name: ROOT,
    expect: await digestIn(target, 'file', ROOT),
    become: new Uint8Array(9),
  }
  t.deepEqual(
    (await target.act([step, step], [], signal())).results.map(({ is }) => is),
    ['done', 'conflict'],
  )
  t.deepEqual((await readdir(folder)).sort(), ['.stopgap-ba9876543210.tmp', 'web.config'])
})

test('a file that is a link inside the folder is written where it leads', async (t) => {
  const { dir, target } = await withTarget(t)
  await symlink('wwwroot/web.config', onDisk(dir, 'C:\\inetpub\\link.config'))
  const name = 'C:\\inetpub\\link.config'
  const step: Step = {
    thing: 'file',
    name,
    expect: await digestIn(target, 'file', name),
    become: new Uint8Array(3),
  }
  t.deepEqual((await target.act([step], [], signal())).results, [{ is: 'done' }])
  t.is((await readFile(onDisk(dir, ROOT))).length, 3)
  t.is(await digestIn(target, 'file', name), await digestIn(target, 'file', ROOT))
})

test('a signal that comes between two steps stops the second and still tells of the first', async (t) => {
  const { target } = await withTarget(t)
  const controller = new AbortController()
  const file = (name: string, expect: Digest): Step => ({
    thing: 'file',
    name,
    expect,
    become: new Uint8Array(5),
  })
  const steps = [
    file(ROOT, await digestIn(target, 'file', ROOT)),
    file(HOST, await digestIn(target, 'file', HOST)),
  ]
  const acting = target.act(steps, [{ thing: 'file', name: ROOT }], controller.signal)
  controller.abort()
  const acted = await acting
  t.deepEqual(
    acted.results.map(({ is }) => is),
    ['done', 'not-attempted'],
  )
  t.like(acted.sightings.get(thingKey('file', ROOT)), { is: 'here', value: { length: 5 } })
})

test('a server.json that breaks during the steps does not hide their results', async (t) => {
  const { dir, target } = await withTarget(t)
  const step: Step = {
    thing: 'file',
    name: ROOT,
    expect: await digestIn(target, 'file', ROOT),
    become: new Uint8Array(4_000_000),
  }
  const acting = target.act([step], [{ thing: 'facts', name: '' }], signal())
  await writeFile(join(dir, 'server.json'), '{')
  const acted = await acting
  t.is(acted.results[0]?.is, 'done')
  const facts = acted.sightings.get('facts:')
  t.regex(facts?.is === 'unknown' ? facts.why : '', /server\.json:1:2/)
})

test('a file that changes while the new one is being written is a conflict', async (t) => {
  const { dir, target } = await withTarget(t)
  const step: Step = {
    thing: 'file',
    name: ROOT,
    expect: await digestIn(target, 'file', ROOT),
    become: new Uint8Array(1_000_000),
  }
  const acting = target.act([step], [], signal())
  // The first comparison is over by now, the one before the rename is not.
  writeFileSync(onDisk(dir, ROOT), 'theirs')
  t.regex(JSON.stringify((await acting).results), /conflict.*while it was being written/)
  t.is(await readFile(onDisk(dir, ROOT), 'utf8'), 'theirs')
  t.deepEqual(await readdir(dirname(onDisk(dir, ROOT))), ['web.config'])
})

test('a server.json that changes elsewhere while a service is set keeps both changes', async (t) => {
  const { dir, target } = await withTarget(t)
  const acting = target.act([await service(target, 'MSExchangeUM', { status: 'Stopped' })], [], signal())
  const path = join(dir, 'server.json')
  const root = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(path, JSON.stringify({ ...root, note: 'theirs' }))
  t.deepEqual((await acting).results, [{ is: 'done' }])
  const after = JSON.parse(await readFile(path, 'utf8'))
  t.is(after.note, 'theirs')
  t.is(after.services.MSExchangeUM.status, 'Stopped')
})

test('a watch tells of changes by hand, and not of what is no configuration', async (t) => {
  const { dir, target } = await withTarget(t)
  let told = 0
  const watching = target.watch!(() => (told += 1))
  t.teardown(() => watching.close())
  const until = async (count: number) => {
    for (let round = 0; round < 100 && told < count; round += 1) await sleep(50)
    return told >= count
  }
  t.true(await until(1), 'once when it has begun')
  for (const change of [
    () => editServer(dir, (root) => (root.facts.maintenance = true)),
    () => writeFile(onDisk(dir, ROOT), '<configuration />'),
    () => writeFile(onDisk(dir, HOST), '<configuration />'),
  ]) {
    await sleep(300)
    const before = told
    await change()
    t.true(await until(before + 1), change.toString())
  }
  await sleep(300)
  const before = told
  await writeFile(onDisk(dir, 'C:\\inetpub\\wwwroot\\.stopgap-0123456789ab.tmp'), '')
  await writeFile(onDisk(dir, 'C:\\inetpub\\wwwroot\\app.log'), '')
  await sleep(500)
  t.is(told, before)
})
