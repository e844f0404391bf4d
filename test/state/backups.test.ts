import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test from 'ava'
import { type Backup, backupsOf, type FileOf, KEPT, keepBackup } from '../../reconciler/state/backups.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { noSmallDisk, smallDisk } from '../helpers/full-disk.ts'

const OF = { server: 'ex01', file: 'C:\\inetpub\\wwwroot\\web.config' }
const TIME = Date.UTC(2026, 8, 1, 12, 30, 5)
const bytes = (text: string): Uint8Array => Buffer.from(text)

async function newestOf(state: { readonly path: string }, of: FileOf): Promise<Backup | undefined> {
  return (await backupsOf(state, of)).at(-1)
}

test('the newest is found, with its bytes and its time', async (t) => {
  const state = { path: await temporaryFolder(t) }
  t.is(await newestOf(state, OF), undefined)
  await keepBackup(state, OF, bytes('one'), TIME)
  await keepBackup(state, OF, new Uint8Array([0, 255, 254]), TIME + 1000)
  const newest = await newestOf(state, { server: 'EX01', file: OF.file.toUpperCase() })
  t.is(newest?.at, '2026-09-01T12:30:06Z')
  t.deepEqual([...(await readFile(newest!.path))], [0, 255, 254])
  t.is((await stat(newest!.path)).mode & 0o777, 0o600)
  t.is(await newestOf(state, { ...OF, server: 'ex02' }), undefined)
  t.is(await newestOf(state, { ...OF, file: 'C:\\other' }), undefined)
})

test('of one file the newest 20 stay, also when the clock went back', async (t) => {
  const state = { path: await temporaryFolder(t) }
  for (let round = 0; round < KEPT + 3; round += 1) {
    await keepBackup(state, OF, bytes(`${round}`), TIME - round * 86_400_000)
  }
  const all = await backupsOf(state, OF)
  t.is(all.length, KEPT)
  const texts = await Promise.all(all.map((one) => readFile(one.path, 'utf8')))
  t.deepEqual(
    texts,
    Array.from({ length: KEPT }, (_, index) => `${index + 3}`),
  )
})

test('the same bytes again are not kept twice, but are after others', async (t) => {
  const state = { path: await temporaryFolder(t) }
  for (const text of ['a', 'a', 'b', 'a']) await keepBackup(state, OF, bytes(text), TIME)
  t.is((await backupsOf(state, OF)).length, 3)
})

test('foreign files beside them are neither backups nor removed, what a killed process left is', async (t) => {
  const state = { path: await temporaryFolder(t) }
  await keepBackup(state, OF, bytes('a'), TIME)
  const folder = dirname((await newestOf(state, OF))!.path)
  await writeFile(join(folder, 'zzz.txt'), '')
  await writeFile(join(folder, '.stopgap-0123456789ab.tmp'), '')
  await keepBackup(state, OF, bytes('b'), TIME)
  t.is((await backupsOf(state, OF)).length, 2)
  t.is((await readdir(folder)).length, 3)
})

const onSmallDisk = noSmallDisk === null ? test : test.skip
onSmallDisk(`a full disk is named and costs no older backup (${noSmallDisk ?? 'on a tmpfs'})`, async (t) => {
  const state = { path: await smallDisk(t, 64) }
  await keepBackup(state, OF, bytes('one'), TIME)
  const error = await t.throwsAsync(keepBackup(state, OF, new Uint8Array(100_000), TIME), {
    code: 'STATE_DISK',
  })
  t.regex(error.message, /the disk is full/)
  t.is(await readFile((await newestOf(state, OF))!.path, 'utf8'), 'one')
})
