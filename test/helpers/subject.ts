import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { Target } from '../../reconciler/model/target.ts'
import type { Subject } from '../targets/conformance.ts'
import { onDisk, ROOT } from './embedded-server.ts'

/** How one folder of an embedded server is reached. */
export interface Way {
  readonly target: (dir: string) => Target
  /** The program of `Subject.flip`, which gets the folder and the file as its arguments. */
  readonly flip: string
}

/** What the conformance suite works with: an embedded server in a folder, reached this way. */
export async function subjectIn(t: ExecutionContext, dir: string, way: Way): Promise<Subject> {
  const disk = (name: string) => onDisk(dir, name)
  // Not the mode that a new file gets anyway.
  await chmod(disk(ROOT), 0o640)
  const target = way.target(dir)
  t.teardown(() => target.close())
  return {
    target,
    file: ROOT,
    missing: 'C:\\ProgramData\\Stopgap\\record.json',
    service: 'MSExchangeUMCR',
    needed: 'MSExchangeADTopology',
    pool: 'MSExchangeECPAppPool',
    read: (name) => readFile(disk(name)).catch(() => null),
    async write(name, bytes) {
      if (bytes === 'absent') return rm(disk(name))
      await mkdir(dirname(disk(name)), { recursive: true })
      await writeFile(disk(name), bytes)
    },
    setReadOnly: (name) => chmod(disk(name), 0o444),
    permissions: async (name) => String((await stat(disk(name))).mode & 0o7777),
    async makeUnreadable(name) {
      await rm(disk(name))
      await mkdir(disk(name))
    },
    flip: (file) => flipper(t, [way.flip, dir, file]),
  }
}

/** In a group of its own, so that what it starts is killed in the same moment. */
function flipper(t: ExecutionContext, args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  const kill = child.kill.bind(child)
  child.kill = (signal) => {
    if (process.platform === 'win32' || child.pid === undefined) return kill(signal)
    try {
      return process.kill(-child.pid, signal)
    } catch {
      return false
    }
  }
  t.teardown(() => child.kill('SIGKILL'))
  return child
}
