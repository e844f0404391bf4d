import { appendFile, link, open, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import type { JournalLine } from '../../reconciler/model/store.ts'
import { type HistoryOptions, readJournal } from '../../reconciler/state/history.ts'
import { Journal, journalFile, rotatedFiles } from '../../reconciler/state/journal.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { noSmallDisk, smallDisk } from '../helpers/full-disk.ts'

function line(second: number, text = 'a reason'): JournalLine {
  const at = new Date(Date.UTC(2026, 8, 1, 0, 0, second)).toISOString()
  return { is: 'refused', reason: text, at, revision: 'main@sha1:1', actor: 'daemon' }
}

async function read(path: string, options: HistoryOptions = {}): Promise<JournalLine[]> {
  const lines: JournalLine[] = []
  for await (const one of readJournal({ path }, options)) lines.push(one)
  return lines
}

test('lines come back in order, and only since when asked', async (t) => {
  const path = await temporaryFolder(t)
  t.deepEqual(await read(path), [])
  const journal = new Journal({ path }, { rotates: true })
  await journal.append([line(1), line(2, 'two\nlines, "quoted"')])
  await journal.append([])
  await journal.append([line(3)])
  await journal.close()
  t.deepEqual(await read(path), [line(1), line(2, 'two\nlines, "quoted"'), line(3)])
  t.deepEqual(await read(path, { since: Date.parse(line(2).at) + 1 }), [line(3)])
  t.is((await stat(journalFile(path))).mode & 0o777, 0o600)
})

test('many at once are all on the disk when they resolve, each on its line', async (t) => {
  const path = await temporaryFolder(t)
  const journal = new Journal({ path }, { rotates: true })
  await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      await journal.append([line(index)])
      if (index % 40 === 0) t.true((await readFile(journalFile(path), 'utf8')).includes(line(index).at))
    }),
  )
  await journal.close()
  t.deepEqual(
    (await read(path)).map(({ at }) => at).toSorted(),
    Array.from({ length: 200 }, (_, i) => line(i).at),
  )
})

test('beside another process that appends, no line is mixed up', async (t) => {
  const path = await temporaryFolder(t)
  const [daemon, command] = [
    new Journal({ path }, { rotates: true }),
    new Journal({ path }, { rotates: false }),
  ]
  const seconds = Array.from({ length: 60 }, (_, index) => index)
  await Promise.all(
    seconds.flatMap((second) => [daemon.append([line(second)]), command.append([line(second)])]),
  )
  await Promise.all([daemon.close(), command.close()])
  const damaged: string[] = []
  t.is((await read(path, { damaged: (_, text) => damaged.push(text) })).length, 120)
  t.deepEqual(damaged, [])
})

test('a last line that a crash cut off is passed over, and what follows is whole', async (t) => {
  const path = await temporaryFolder(t)
  await writeFile(journalFile(path), `${JSON.stringify(line(1))}\n{"is":"refused","rea`)
  t.deepEqual(await read(path), [line(1)])
  const journal = new Journal({ path }, { rotates: true })
  await journal.append([line(2)])
  await journal.close()
  const damaged: string[] = []
  t.deepEqual(await read(path, { damaged: (_, text) => damaged.push(text) }), [line(1), line(2)])
  t.deepEqual(damaged, ['{"is":"refused","rea'])
})

test('lines that are none are passed over and told', async (t) => {
  const path = await temporaryFolder(t)
  await writeFile(
    journalFile(path),
    `[]\n\n{"is":"x"}\n{"is":"x","at":"never"}\n${JSON.stringify(line(1))}\n\0\0\n`,
  )
  const damaged: string[] = []
  t.deepEqual(await read(path, { damaged: (_, text) => damaged.push(text) }), [line(1)])
  t.is(damaged.length, 4)
})

test('a full file is moved away, and history goes on over all of them', async (t) => {
  const path = await temporaryFolder(t)
  const journal = new Journal({ path }, { rotates: true, limit: 1000 })
  const seconds = Array.from({ length: 40 }, (_, index) => index)
  for (const second of seconds) await journal.append([line(second)])
  await journal.close()
  const rotated = await rotatedFiles(path)
  t.true(rotated.length >= 4)
  for (const { path: file } of rotated) t.true((await stat(file)).size < 1300)
  const again = new Journal({ path }, { rotates: true, limit: 1000 })
  await again.append([line(40)])
  await again.close()
  t.deepEqual(
    (await read(path)).map(({ at }) => at),
    [...seconds, 40].map((second) => line(second).at),
  )
  t.deepEqual((await read(path, { since: Date.parse(line(39).at) })).length, 2)
})

test('a rotation while somebody reads neither hides nor doubles lines', async (t) => {
  const path = await temporaryFolder(t)
  const journal = new Journal({ path }, { rotates: true, limit: 2000 })
  for (let second = 0; second < 30; second += 1) await journal.append([line(second)])
  const seen: string[] = []
  for await (const { at } of readJournal({ path })) {
    seen.push(at)
    if (seen.length === 5)
      for (let second = 30; second < 60; second += 1) await journal.append([line(second)])
  }
  await journal.close()
  t.is(new Set(seen).size, seen.length)
  t.deepEqual(
    seen.slice(0, 30),
    Array.from({ length: 30 }, (_, second) => line(second).at),
  )
})

test('a file that is moved away between opening it and listing the others is read once', async (t) => {
  const path = await temporaryFolder(t)
  const journal = new Journal({ path }, { rotates: true })
  await journal.append([line(1), line(2)])
  await journal.close()
  // Both names of one file at once is what a reader meets then.
  await link(journalFile(path), join(path, 'journal-000001.ndjson'))
  t.deepEqual(await read(path), [line(1), line(2)])
})

test('who has no lock does not rotate', async (t) => {
  const path = await temporaryFolder(t)
  const journal = new Journal({ path }, { rotates: false, limit: 10 })
  await journal.append([line(1), line(2)])
  await journal.close()
  t.deepEqual(await readdir(path), ['journal.ndjson'])
})

test('a folder that is not there is named', async (t) => {
  const journal = new Journal({ path: join(await temporaryFolder(t), 'missing') }, { rotates: true })
  await t.throwsAsync(journal.append([line(1)]), { code: 'STATE_DISK' })
  await journal.close()
})

const onSmallDisk = noSmallDisk === null ? test : test.skip
onSmallDisk(
  `a full disk is named, and with room again it goes on (${noSmallDisk ?? 'on a tmpfs'})`,
  async (t) => {
    const path = await smallDisk(t, 64)
    const journal = new Journal({ path }, { rotates: true })
    await journal.append([line(1)])
    const filler = await open(join(path, 'filler'), 'w')
    await t.throwsAsync(appendFile(filler, new Uint8Array(70_000)), { code: 'ENOSPC' })
    await t.throwsAsync(journal.append([line(2, 'x'.repeat(9000))]), {
      code: 'STATE_DISK',
      message: /the disk is full/,
    })
    await filler.truncate(0)
    await filler.close()
    await journal.append([line(3)])
    await journal.close()
    t.deepEqual(
      (await read(path)).map(({ at }) => at),
      [line(1).at, line(3).at],
    )
  },
)
