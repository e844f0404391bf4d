import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { openState, serverFolder, sweepState } from '../../reconciler/state/folder.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { noSmallDisk, smallDisk } from '../helpers/full-disk.ts'

test('it is made for its user alone and keeps its instance', async (t) => {
  const path = join(await temporaryFolder(t), 'deep', 'state')
  const first = await openState(path)
  t.is((await stat(path)).mode & 0o777, 0o700)
  t.regex(first.instance, /^[0-9a-f-]{36}$/)
  t.deepEqual(await openState(path), first)
  t.not((await openState(`${path}2`)).instance, first.instance)
})

test('of many that make it at once all have the same instance', async (t) => {
  const path = join(await temporaryFolder(t), 'state')
  const all = await Promise.all([1, 2, 3, 4, 5, 6].map(() => openState(path)))
  t.is(new Set(all.map(({ instance }) => instance)).size, 1)
  t.deepEqual(await readdir(path), ['state.json'])
})

test('an empty folder is made private, one with files in it keeps its permissions', async (t) => {
  const folder = await temporaryFolder(t)
  const [empty, used] = [join(folder, 'empty'), join(folder, 'used')]
  for (const path of [empty, used]) {
    await mkdir(path)
    await chmod(path, 0o755)
  }
  await writeFile(join(used, 'thesis.txt'), '')
  for (const path of [empty, used, used]) await openState(path)
  t.is((await stat(empty)).mode & 0o777, 0o700)
  t.is((await stat(used)).mode & 0o777, 0o755)
})

test('a folder from a newer version is refused and stays as it is', async (t) => {
  const path = await temporaryFolder(t)
  const text = '{"version":2,"instance":"x","more":[1]}'
  await writeFile(join(path, 'state.json'), text)
  await t.throwsAsync(openState(path), {
    code: 'STATE_NEWER',
    message: /version 2, this Stopgap knows versions up to 1/,
  })
  t.is(await readFile(join(path, 'state.json'), 'utf8'), text)
})

for (const text of [
  '',
  '{',
  '[]',
  '{"version":"1"}',
  '{"version":1}',
  '{"version":0,"instance":"x"}',
  '\0\0\0',
]) {
  test(`a corrupt state.json is refused and not overwritten: ${JSON.stringify(text)}`, async (t) => {
    const path = await temporaryFolder(t)
    await writeFile(join(path, 'state.json'), text)
    await t.throwsAsync(openState(path), { code: 'STATE_CORRUPT', message: /state\.json cannot be used/ })
    t.is(await readFile(join(path, 'state.json'), 'utf8'), text)
  })
}

test('a file in its place is named', async (t) => {
  const path = join(await temporaryFolder(t), 'state')
  await writeFile(path, '')
  await t.throwsAsync(openState(path), { code: 'STATE_DISK', message: /a part of its path is a file/ })
})

test('what a killed process left is swept, all else stays', async (t) => {
  const state = await openState(await temporaryFolder(t))
  const folder = serverFolder(state, 'ex01')
  await mkdir(folder, { recursive: true })
  for (const name of ['.stopgap-0123456789ab.tmp', 'memory.json']) {
    await writeFile(join(folder, name), '')
    await writeFile(join(state.path, name), '')
  }
  await sweepState(state)
  t.deepEqual(await readdir(folder), ['memory.json'])
  t.deepEqual((await readdir(state.path)).toSorted(), ['memory.json', 'servers', 'state.json'])
})

const onSmallDisk = noSmallDisk === null ? test : test.skip
onSmallDisk(`a full disk is named (${noSmallDisk ?? 'on a tmpfs'})`, async (t) => {
  const disk = await smallDisk(t, 64)
  await writeFile(join(disk, 'full'), new Uint8Array(64 * 1024))
  await t.throwsAsync(openState(join(disk, 'state')), { code: 'STATE_DISK', message: /the disk is full/ })
})
