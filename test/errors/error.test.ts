import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { asStopgapError, StopgapError } from '../../reconciler/errors/error.ts'
import { cli } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folder.ts'

function thrownBy(work: () => unknown): unknown {
  try {
    return work()
  } catch (thrown) {
    return thrown
  }
}

test('what the disk says is the environment, with its path and its words', async (t) => {
  const path = join(await temporaryFolder(t), 'gone')
  const error = asStopgapError(await readFile(path).catch((thrown: unknown) => thrown))
  t.like(error, {
    code: 'DISK_FAILED',
    exit: 1,
    message: `${path} could not be read or written: no such file or directory`,
  })
})

test('everything else that nobody foresaw is a bug, a program that cannot be started among it', (t) => {
  const known = new StopgapError('ID_UNKNOWN', { id: 'x' })
  t.is(asStopgapError(known), known)
  const bugs = [
    new TypeError('x is not a function'),
    thrownBy(() => execFileSync('no-such-program')),
    Object.assign(new Error('too large'), { code: 'ERR_OUT_OF_RANGE' }),
    'thrown text',
    null,
  ]
  for (const bug of bugs) t.is(asStopgapError(bug).code, 'BUG', String(bug))
})

test('a folder that cannot be made is no bug', async (t) => {
  const { code, stderr } = await cli(
    await temporaryFolder(t),
    ...['server', 'create', 'x'.repeat(300), '--name', 'ex01', '--exchange', '15.2.1118.7'],
  )
  t.is(code, 1)
  t.regex(stderr, /^error DISK_FAILED: x+ could not be read or written: name too long\n/)
})
