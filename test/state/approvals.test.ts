import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { approvalsFolder, approvalsFor, approve, consumeApprovals } from '../../reconciler/state/approvals.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { noSmallDisk, smallDisk } from '../helpers/full-disk.ts'

const approval = { plan: 'sha256:p', server: 'ex01', changes: ['c1', 'c2'], at: 5, actor: 'anna' }

const NONE: ReadonlySet<string> = new Set()

test('approvals are seen for their server alone', async (t) => {
  const state = { path: await temporaryFolder(t) }
  t.deepEqual(await approvalsFor(state, 'ex01'), [])
  await approve(state, approval)
  t.deepEqual(await approvalsFor(state, 'EX01'), [approval])
  t.deepEqual(await approvalsFor(state, 'ex02'), [])
})

test('several at once, beside a reader, are all kept', async (t) => {
  const state = { path: await temporaryFolder(t) }
  const writing = Promise.all(Array.from({ length: 20 }, (_, at) => approve(state, { ...approval, at })))
  for (let round = 0; round < 5; round += 1) {
    for (const one of await approvalsFor(state, 'ex01')) t.is(one.actor, 'anna')
  }
  await writing
  t.deepEqual(
    (await approvalsFor(state, 'ex01')).map(({ at }) => at).toSorted((a, b) => a - b),
    [...Array(20).keys()],
  )
})

test('an approval is spent when nothing that it names waits any more', async (t) => {
  const state = { path: await temporaryFolder(t) }
  await approve(state, approval)
  await approve(state, { ...approval, server: 'ex02' })
  await consumeApprovals(state, 'ex01', { waiting: new Set(['c2', 'c9']), made: NONE })
  t.is((await approvalsFor(state, 'ex01')).length, 1)
  await consumeApprovals(state, 'EX01', { waiting: new Set(['c9']), made: NONE })
  t.deepEqual(await approvalsFor(state, 'ex01'), [])
  t.is((await approvalsFor(state, 'ex02')).length, 1)
})

test('of an approval that still waits for something, what was made is spent', async (t) => {
  const state = { path: await temporaryFolder(t) }
  await approve(state, approval)
  const [first = '', ...rest] = approval.changes
  await consumeApprovals(state, 'ex01', { waiting: new Set(rest), made: new Set([first]) })
  t.deepEqual(await approvalsFor(state, 'ex01'), [{ ...approval, changes: rest }])
})

for (const text of [
  '',
  '{',
  '[]',
  '{}',
  JSON.stringify({ ...approval, changes: 'c1' }),
  JSON.stringify({ ...approval, at: 'x' }),
]) {
  test(`a file that is no approval releases nothing and harms nothing: ${text}`, async (t) => {
    const state = { path: await temporaryFolder(t) }
    await approve(state, approval)
    await writeFile(join(approvalsFolder(state), 'x.json'), text)
    t.deepEqual(await approvalsFor(state, 'ex01'), [approval])
    await consumeApprovals(state, 'ex01', { waiting: new Set(), made: NONE })
    t.deepEqual(await readdir(approvalsFolder(state)), ['x.json'])
  })
}

const onSmallDisk = noSmallDisk === null ? test : test.skip
onSmallDisk(`a full disk is named and leaves nothing half (${noSmallDisk ?? 'on a tmpfs'})`, async (t) => {
  const state = { path: await smallDisk(t, 64) }
  const large = { ...approval, changes: ['x'.repeat(100_000)] }
  await t.throwsAsync(approve(state, large), { code: 'STATE_DISK', message: /the disk is full/ })
  t.deepEqual(await readdir(approvalsFolder(state)), [])
})
