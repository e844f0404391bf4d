import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { readHolder, takeLock } from '../../reconciler/state/lock.ts'
import { temporaryFolder } from '../helpers/folder.ts'

const HOLDER = fileURLToPath(new URL('../helpers/lock-holder.ts', import.meta.url))
const US = { pid: process.pid, command: 'apply', since: '2026-09-01T12:00:00.000Z' }

async function start(t: ExecutionContext, folder: string): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, [HOLDER, folder, 'run'], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const [said] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string]
  return { child, said }
}

test('a second process is refused, and told who has it and what to use', async (t) => {
  const folder = await temporaryFolder(t)
  const { child, said } = await start(t, folder)
  t.is(said, 'taken')
  const error = await t.throwsAsync(takeLock({ path: folder }, US), { code: 'STATE_LOCKED' })
  t.regex(error.message, new RegExp(`stopgap run \\(process ${child.pid}, since 2026-09-01`))
  t.regex((error as unknown as { hint: string }).hint, /POST \/hook/)
  t.regex((await start(t, folder)).said, /^STATE_LOCKED /)
})

test('kill -9 frees it at once', async (t) => {
  const folder = await temporaryFolder(t)
  for (let round = 0; round < 3; round += 1) {
    const { child, said } = await start(t, folder)
    t.is(said, 'taken')
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  const lock = await takeLock({ path: folder }, US)
  t.deepEqual(await readHolder({ path: folder }), US)
  t.regex((await start(t, folder)).said, /^STATE_LOCKED .*stopgap apply/)
  lock.release()
  t.is((await start(t, folder)).said, 'taken')
})

test('of processes that race for it exactly one gets it', async (t) => {
  const folder = await temporaryFolder(t)
  const all = await Promise.all([1, 2, 3, 4].map(() => start(t, folder)))
  t.is(all.filter(({ said }) => said === 'taken').length, 1)
  t.is(all.filter(({ said }) => said.startsWith('STATE_LOCKED')).length, 3)
})

test('ending gracefully frees it, and so does a second release harm nothing', async (t) => {
  const folder = await temporaryFolder(t)
  const { child } = await start(t, folder)
  child.stdin!.end()
  t.deepEqual(await once(child, 'exit'), [0, null])
  const lock = await takeLock({ path: folder }, US)
  lock.release()
  lock.release()
  const again = await takeLock({ path: folder }, US)
  again.release()
})

test('one process cannot take it twice, and trying does not lose it', async (t) => {
  const folder = await temporaryFolder(t)
  const lock = await takeLock({ path: folder }, US)
  await t.throwsAsync(takeLock({ path: folder }, US), { code: 'STATE_LOCKED' })
  t.regex((await start(t, folder)).said, /^STATE_LOCKED /)
  lock.release()
})

test('a file that is no lock file, and a folder that is not there, are named', async (t) => {
  const folder = await temporaryFolder(t)
  await t.throwsAsync(takeLock({ path: join(folder, 'missing') }, US), { code: 'STATE_DISK' })
  await writeFile(
    join(folder, 'lock'),
    'not a lock file, but something else that somebody put here\n'.repeat(20),
  )
  await t.throwsAsync(takeLock({ path: folder }, US), {
    code: 'STATE_CORRUPT',
    message: /lock cannot be used/,
  })
})
