import { stat, utimes, writeFile } from 'node:fs/promises'
import test from 'ava'
import { type FileStep, FRESH } from '../../../reconciler/model/target.ts'
import { embeddedTarget } from '../../../reconciler/targets/embedded/target.ts'
import { digestOf } from '../../../reconciler/util/digest.ts'
import { embeddedServer, onDisk, ROOT } from '../../helpers/embedded-server.ts'

const never = () => new AbortController().signal
const bytes = (text: string) => new TextEncoder().encode(text)

function step(before: string, after: string | 'absent'): FileStep {
  const become = after === 'absent' ? after : bytes(after)
  return { thing: 'file', name: ROOT, expect: digestOf(before), become }
}

async function withFile(t: Parameters<typeof embeddedServer>[0], text: string) {
  const dir = await embeddedServer(t)
  const path = onDisk(dir, ROOT)
  await writeFile(path, text)
  return { path, dir, target: embeddedTarget({ name: 'ex01', dir }) }
}

for (const become of ['ours', 'absent']) {
  test(`a file that somebody wrote just now is left alone, until it has rested: ${become}`, async (t) => {
    const { path, target } = await withFile(t, 'theirs')
    const { results } = await target.act([step('theirs', become)], [], never())
    t.deepEqual(results, [{ is: 'conflict', detail: `${ROOT}: ${FRESH}` }])
    const rested = new Date(Date.now() - 2_000)
    await utimes(path, rested, rested)
    t.deepEqual((await target.act([step('theirs', become)], [], never())).results, [{ is: 'done' }])
  })
}

test('what we put into place ourselves needs no rest, whichever process asks', async (t) => {
  const { path, dir, target } = await withFile(t, 'theirs')
  await utimes(path, 1, 1)
  t.is((await target.act([step('theirs', 'one')], [], never())).results[0]?.is, 'done')
  t.is((await target.act([step('one', 'two')], [], never())).results[0]?.is, 'done')
  const other = embeddedTarget({ name: 'ex01', dir })
  t.is((await other.act([step('two', 'three')], [], never())).results[0]?.is, 'done')
})

test('a fresh server can be written at once', async (t) => {
  const target = embeddedTarget({ name: 'ex01', dir: await embeddedServer(t) })
  const { sightings } = await target.look([{ thing: 'file', name: ROOT }], new Map(), never())
  const seen = [...sightings.values()][0]
  if (seen?.is !== 'here') throw new Error('no file')
  const one: FileStep = { thing: 'file', name: ROOT, expect: seen.digest, become: bytes('x') }
  t.deepEqual((await target.act([one], [], never())).results, [{ is: 'done' }])
})

test('a time in the future is the work of another clock', async (t) => {
  const { path, target } = await withFile(t, 'theirs')
  const later = new Date(Date.now() + 3_600_000)
  await utimes(path, later, later)
  t.is((await target.act([step('theirs', 'ours')], [], never())).results[0]?.is, 'done')
  t.true((await stat(path)).mtimeMs < Date.now())
})

test('a file that is not as it was is a conflict first, however new it is', async (t) => {
  const { target } = await withFile(t, 'theirs')
  const { results } = await target.act([step('another', 'ours')], [], never())
  t.false(results[0]?.is === 'conflict' && results[0].detail.endsWith(FRESH))
})
