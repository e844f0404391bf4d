import { spawn } from 'node:child_process'
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { embeddedTarget } from '../../../reconciler/targets/embedded/target.ts'
import { embeddedServer, onDisk, ROOT } from '../../helpers/embedded-server.ts'
import { noSmallDisk, smallDisk } from '../../helpers/full-disk.ts'
import { conformance, type Subject } from '../conformance.ts'

const FLIP = join(import.meta.dirname, 'flip.ts')

conformance({
  name: 'embedded',
  make: async (t) => subject(t, await embeddedServer(t)),
  makeOnFullDisk:
    noSmallDisk ??
    (async (t) => subject(t, await embeddedServer(t, { dir: join(await smallDisk(t, 600), 'ex01') }))),
})

async function subject(t: ExecutionContext, dir: string): Promise<Subject> {
  const disk = (name: string) => onDisk(dir, name)
  // Not the mode that a new file gets anyway.
  await chmod(disk(ROOT), 0o640)
  return {
    target: embeddedTarget({ name: 'ex01', dir }),
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
    flip(file) {
      const child = spawn(process.execPath, [FLIP, dir, file], { stdio: ['ignore', 'pipe', 'inherit'] })
      t.teardown(() => child.kill('SIGKILL'))
      return child
    },
  }
}
