import { appendFile, mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { lineTimes } from '../../reconciler/sources/line-times.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { git, repository, testSystem } from '../helpers/git.ts'

const DAY = 86_400_000
const FIRST = Date.UTC(2026, 0, 1)
const SECOND = FIRST + 100 * DAY

function times(folder: string, file: string, lines: readonly string[]): Promise<readonly (number | null)[]> {
  const asked = lines.map((text, index) => ({ number: index + 1, text }))
  return lineTimes({ folder, file }, asked, testSystem(), AbortSignal.timeout(30_000))
}

async function commitAt(folder: string, time: number): Promise<void> {
  await git(folder, 'add', '--all')
  await git(folder, 'commit', '--quiet', '--message=a change', `--date=${new Date(time).toISOString()}`)
}

test('a line has the time of the commit that brought it, wherever the policy folder lies in its repository', async (t) => {
  const root = await temporaryFolder(t)
  const folder = join(root, 'policy')
  await mkdir(folder)
  await repository(root)
  const file = 'blocks.yaml'
  await writeFile(join(folder, file), 'one\ntwo\n')
  await commitAt(root, FIRST)
  await appendFile(join(folder, file), 'three\n')
  await commitAt(root, SECOND)
  await appendFile(join(folder, file), 'four\n')
  t.deepEqual(await times(folder, file, ['one', 'two', 'three', 'four']), [FIRST, FIRST, SECOND, null])
  // A line that has moved on disk is still the same line.
  t.deepEqual(await times(folder, file, ['nothing', 'three', 'one']), [null, SECOND, FIRST])
  await rename(join(folder, file), join(folder, 'moved.yaml'))
  t.deepEqual(await times(folder, 'moved.yaml', ['one']), [null])
})

test('outside of a repository nobody knows', async (t) => {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'a.yaml'), 'one\n')
  t.deepEqual(await times(folder, 'a.yaml', ['one']), [null])
})
