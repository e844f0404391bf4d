import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { asStopgapError } from '../../reconciler/errors/error.ts'
import {
  createFile,
  errno,
  isTemporary,
  makeFolder,
  removeFile,
  replaceFile,
} from '../../reconciler/util/atomic.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { noSmallDisk, smallDisk } from '../helpers/full-disk.ts'

test('a new file has the bytes and the asked mode, and nothing else is left', async (t) => {
  const folder = await temporaryFolder(t)
  await replaceFile(join(folder, 'a'), new Uint8Array([1, 2, 0, 255]), { mode: 0o600 })
  t.deepEqual([...(await readFile(join(folder, 'a')))], [1, 2, 0, 255])
  t.is((await stat(join(folder, 'a'))).mode & 0o777, 0o600)
  t.deepEqual(await readdir(folder), ['a'])
})

test('a replaced file keeps its permissions', async (t) => {
  const path = join(await temporaryFolder(t), 'web.config')
  await writeFile(path, 'old')
  await chmod(path, 0o664)
  await replaceFile(path, 'new', { mode: 0o600 })
  t.is(await readFile(path, 'utf8'), 'new')
  t.is((await stat(path)).mode & 0o777, 0o664)
})

test('a read-only file is neither replaced nor removed', async (t) => {
  const path = join(await temporaryFolder(t), 'web.config')
  await writeFile(path, 'old', { mode: 0o444 })
  const error = await t.throwsAsync(replaceFile(path, 'new'))
  t.is(errno(error), 'EACCES')
  t.like(asStopgapError(error), {
    code: 'DISK_FAILED',
    message: `${path} could not be read or written: the file is read-only`,
  })
  t.is(errno(await t.throwsAsync(removeFile(path))), 'EACCES')
  t.is(await readFile(path, 'utf8'), 'old')
})

test('a failure leaves no temporary file', async (t) => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'taken'))
  await writeFile(join(folder, 'taken', 'x'), '')
  await t.throwsAsync(replaceFile(join(folder, 'taken'), 'new'))
  t.deepEqual(await readdir(folder), ['taken'])
  const missing = join(folder, 'missing', 'a')
  t.like(await t.throwsAsync(replaceFile(missing, 'x')), { code: 'ENOENT', path: missing })
})

test('removing takes the file, and one that is not there is fine', async (t) => {
  const path = join(await temporaryFolder(t), 'a')
  await writeFile(path, '')
  await removeFile(path)
  t.is(errno(await t.throwsAsync(stat(path))), 'ENOENT')
  await t.notThrowsAsync(removeFile(path))
})

test('a reader beside many writers sees whole files only', async (t) => {
  const path = join(await temporaryFolder(t), 'a')
  await replaceFile(path, '0'.repeat(50_000))
  const writing = Promise.all(
    ['1', '2', '3', '4'].map(async (digit) => {
      for (let round = 0; round < 10; round += 1) await replaceFile(path, digit.repeat(50_000))
    }),
  ).then(() => 'written')
  for (let seen: string | null = null; seen === null; ) {
    const text = await readFile(path, 'utf8')
    t.true(text.length === 50_000 && new Set(text).size === 1)
    seen = await Promise.race([writing, new Promise<null>((resolve) => setImmediate(resolve, null))])
  }
})

test('folders are made as deep as needed, with their mode', async (t) => {
  const path = join(await temporaryFolder(t), 'a', 'b')
  await makeFolder(path, 0o700)
  await makeFolder(path, 0o700)
  t.is((await stat(path)).mode & 0o777, 0o700)
})

test('names of temporary files are told from others', (t) => {
  t.true(isTemporary('.stopgap-0123456789ab.tmp'))
  t.false(isTemporary('web.config'))
  t.false(isTemporary('.stopgap-0123456789ab.tmp.config'))
})

const onSmallDisk = noSmallDisk === null ? test : test.skip
onSmallDisk(`a full disk keeps the old file (${noSmallDisk ?? 'on a tmpfs'})`, async (t) => {
  const folder = await smallDisk(t, 64)
  await replaceFile(join(folder, 'a'), 'old')
  const error = await t.throwsAsync(replaceFile(join(folder, 'a'), new Uint8Array(200_000)))
  t.is(errno(error), 'ENOSPC')
  t.like(asStopgapError(error), {
    code: 'DISK_FAILED',
    message: `${join(folder, 'a')} could not be read or written: no space left on device`,
  })
  t.is(await readFile(join(folder, 'a'), 'utf8'), 'old')
  t.deepEqual(await readdir(folder), ['a'])
})

test('of many who create one file one wins, and its bytes stay', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'id')
  const won = await Promise.all(['a', 'b', 'c', 'd'].map((text) => createFile(path, text, { mode: 0o600 })))
  t.is(won.filter(Boolean).length, 1)
  t.is(await readFile(path, 'utf8'), 'abcd'[won.indexOf(true)]!)
  t.deepEqual(await readdir(folder), ['id'])
})

test('what need not last is still whole', async (t) => {
  const path = join(await temporaryFolder(t), 'a')
  await replaceFile(path, 'x', { lasting: false })
  await replaceFile(path, 'y', { lasting: false })
  t.is(await readFile(path, 'utf8'), 'y')
})
