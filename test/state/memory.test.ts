import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { type Memory, noMemory } from '../../reconciler/model/store.ts'
import { serverFolder } from '../../reconciler/state/folder.ts'
import { readMemory, recallMemory, writeMemory } from '../../reconciler/state/memory.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { noSmallDisk, smallDisk } from '../helpers/full-disk.ts'

const memory: Memory = {
  version: 1,
  server: 'ex01',
  report: null,
  lastGood: { at: 5, revision: 'main@sha1:1', build: '15.1.2507.6' },
  fixedSince: { M1: { build: '15.1.2507.16', at: 7 } },
  corrections: { 'ping:server:x': { times: [1, 2], rounds: 1, until: 9 } },
  queries: [{ thing: 'file', name: 'C:\\x' }],
}

test('what is remembered comes back, whatever the case of the name', async (t) => {
  const state = { path: await temporaryFolder(t) }
  t.deepEqual(await readMemory(state, 'ex01'), { memory: noMemory('ex01'), warning: null })
  await writeMemory(state, memory)
  t.deepEqual(await readMemory(state, 'ex01'), { memory, warning: null })
  t.deepEqual((await readMemory(state, 'EX01')).memory.fixedSince, memory.fixedSince)
  t.deepEqual((await readMemory(state, 'ex02')).memory, noMemory('ex02'))
})

test('a hostile name stays inside', async (t) => {
  const state = { path: join(await temporaryFolder(t), 'state') }
  const server = '../../../etc'
  await writeMemory(state, { ...memory, server })
  t.is((await readMemory(state, server)).memory.server, server)
  t.deepEqual(await readdir(join(state.path, '..')), ['state'])
})

const broken = {
  'half of it': JSON.stringify(memory).slice(0, 80),
  nothing: '',
  'a list': '[]',
  'no version': '{"server":"ex01"}',
  'fixes that are none': JSON.stringify({ ...memory, fixedSince: { M1: 5 } }),
  'stops that are none': JSON.stringify({ ...memory, stops: { a: { at: 'noon' } } }),
  'a failed revision that is none': JSON.stringify({ ...memory, failedUnder: 3 }),
  'corrections that are none': JSON.stringify({ ...memory, corrections: { a: { times: 3 } } }),
  'queries that are no list': JSON.stringify({ ...memory, queries: 'all' }),
  'a query of a thing that there is not': JSON.stringify({
    ...memory,
    queries: [{ thing: '__proto__', name: 'x' }],
  }),
  'a query without a name': JSON.stringify({ ...memory, queries: [{ thing: 'file' }] }),
  'a report that is none': JSON.stringify({ ...memory, report: 'x' }),
}
for (const [what, text] of Object.entries(broken)) {
  test(`${what} is a warning; only who has the lock moves it aside`, async (t) => {
    const state = { path: await temporaryFolder(t) }
    await writeMemory(state, memory)
    const folder = serverFolder(state, 'ex01')
    await writeFile(join(folder, 'memory.json'), text)
    const read = await readMemory(state, 'ex01')
    t.deepEqual(read.memory, noMemory('ex01'))
    t.regex(read.warning ?? '', /memory\.json is left aside: it/)
    t.deepEqual(await readdir(folder), ['memory.json'])
    t.deepEqual(await recallMemory(state, 'ex01'), read)
    const [aside, ...rest] = await readdir(folder)
    t.deepEqual(rest, [])
    t.regex(aside!, /^memory\.corrupt-[0-9a-f]{12}\.json$/)
    t.is(await readFile(join(folder, aside!), 'utf8'), text)
    t.is((await recallMemory(state, 'ex01')).warning, null)
  })
}

test('that of a newer version is refused and stays', async (t) => {
  const state = { path: await temporaryFolder(t) }
  await writeMemory(state, memory)
  const file = join(serverFolder(state, 'ex01'), 'memory.json')
  await writeFile(file, JSON.stringify({ ...memory, version: 2 }))
  await t.throwsAsync(recallMemory(state, 'ex01'), { code: 'STATE_NEWER' })
  t.is(JSON.parse(await readFile(file, 'utf8')).version, 2)
})

const onSmallDisk = noSmallDisk === null ? test : test.skip
onSmallDisk(`a full disk keeps the old memory (${noSmallDisk ?? 'on a tmpfs'})`, async (t) => {
  const state = { path: await smallDisk(t, 64) }
  await writeMemory(state, memory)
  const large = { ...memory, fixedSince: { [`M${'1'.repeat(100_000)}`]: { build: '1', at: 1 } } }
  await t.throwsAsync(writeMemory(state, large), { code: 'STATE_DISK', message: /the disk is full/ })
  t.deepEqual((await readMemory(state, 'ex01')).memory, memory)
})
