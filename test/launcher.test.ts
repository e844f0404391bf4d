import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { createServer } from '../reconciler/targets/embedded/create/create.ts'
import { ROOT } from './helpers/code.ts'
import { temporaryFolder } from './helpers/folder.ts'

// Where processes can be looked at, and the launcher can start over in place.
const onLinux = process.platform === 'linux' ? test : test.skip
const why = process.platform === 'linux' ? '' : ' (skipped: this is not Linux)'

async function daemon(dir: string, options: string): Promise<ChildProcess> {
  await createServer({ dir: join(dir, 'ex01'), name: 'ex01', exchange: '15.2.1118.7' })
  for (const part of ['mitigations', 'policies'])
    cpSync(join(ROOT, part), join(dir, 'policy', part), { recursive: true })
  const args = [
    'run',
    '--source',
    'policy',
    '--server',
    'ex01',
    '--state',
    'state',
    '--listen',
    '127.0.0.1:0',
  ]
  const child = spawn(process.execPath, [join(ROOT, 'bin/stopgap.js'), ...args], {
    cwd: dir,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: options },
  })
  return child
}

/** Waits until it serves, and gives the arguments that the process has then. */
async function commandLine(dir: string, child: ChildProcess): Promise<readonly string[]> {
  for (let tries = 0; !existsSync(join(dir, 'state/http.json')); tries++) {
    if (tries > 300 || child.exitCode !== null) throw new Error(`it never served: ${child.stderr?.read()}`)
    await sleep(100)
  }
  return readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').split('\0')
}

async function ended(child: ChildProcess): Promise<number | null> {
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  const [code] = await exit
  return code as number | null
}

onLinux(`the daemon has a small young generation, in the process that was started${why}`, async (t) => {
  const dir = await temporaryFolder(t)
  const child = await daemon(dir, '')
  t.teardown(() => child.kill('SIGKILL'))
  t.true((await commandLine(dir, child)).includes('--max-semi-space-size=16'))
  t.is(await ended(child), 0)
  t.false(/ExperimentalWarning/.test(String(child.stderr?.read())))
})

onLinux(`whoever chose another size keeps it${why}`, async (t) => {
  const dir = await temporaryFolder(t)
  const child = await daemon(dir, '--max-semi-space-size=32')
  t.teardown(() => child.kill('SIGKILL'))
  t.false((await commandLine(dir, child)).includes('--max-semi-space-size=16'))
  t.is(await ended(child), 0)
})
