import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { Backtracker } from '../../../reconciler/proof/lint/backtracking.ts'
import { temporaryFolder } from '../../helpers/folder.ts'

const signal = AbortSignal.timeout(120_000)

test('what is linear, what doubles, and what grows', async (t) => {
  const judge = new Backtracker(null)
  t.deepEqual(await judge.judge('X-AnonResource-Backend', 'i', signal), { is: 'linear' })
  const doubles = await judge.judge('^(a|a)*$', '', signal)
  t.is(doubles.is, 'exponential')
  t.true('attack' in doubles && doubles.attack.includes("'a'.repeat("))
  const grows = await judge.judge('a.*b', '', signal)
  t.true(grows.is === 'polynomial' && grows.degree === 2)
})

test('what was found is kept in files, and believed only in the form in which it was written', async (t) => {
  const folder = join(await temporaryFolder(t), 'made', 'when needed')
  const found = await new Backtracker(folder).judge('^(a|a)*$', '', signal)
  const [name = '', ...others] = await readdir(folder)
  t.deepEqual(others, [])
  await writeFile(join(folder, name), JSON.stringify({ is: 'linear' }))
  t.deepEqual(await new Backtracker(folder).judge('^(a|a)*$', '', signal), { is: 'linear' })
  for (const nonsense of [
    '',
    '{}',
    '[]',
    'null',
    '{"is":"polynomial","attack":"a"}',
    '{"is":"exponential"}',
  ]) {
    await writeFile(join(folder, name), nonsense)
    t.deepEqual(await new Backtracker(folder).judge('^(a|a)*$', '', signal), found, nonsense)
  }
  // Another flag is another question.
  await new Backtracker(folder).judge('^(a|a)*$', 'i', signal)
  t.is((await readdir(folder)).length, 2)
})

test('no time is no answer, and is not kept', async (t) => {
  const folder = await temporaryFolder(t)
  const pattern = '(?:(?:[a-z]+\\.)*[a-z]+@){1,9}(?:[a-z]+\\.)*[a-z]+\\?.*=.*&.*=.*&.*=.*#'
  t.deepEqual(await new Backtracker(folder, 300).judge(pattern, 'i', signal), {
    is: 'unknown',
    why: 'not within 0.3 s',
  })
  t.deepEqual(await readdir(folder), [])
})

test('a pattern that is nested too deeply is no answer either', async (t) => {
  const pattern = `${'('.repeat(500)}a${')*'.repeat(500)}`
  t.like(await new Backtracker(null).judge(pattern, '', signal), { is: 'unknown' })
})

test('a folder that cannot be written to costs only time', async (t) => {
  const file = join(await temporaryFolder(t), 'a file')
  await writeFile(file, '')
  t.deepEqual(await new Backtracker(join(file, 'below')).judge('a', '', signal), { is: 'linear' })
})

test('it ends between two patterns when it is told to', async (t) => {
  const judge = new Backtracker(null)
  await t.throwsAsync(judge.judge('a', '', AbortSignal.abort(new Error('SIGINT'))), { message: 'SIGINT' })
})
