import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ExecutionContext } from 'ava'

const run = promisify(execFile)

/** Why no small disk can be made here; null when it can. */
export const noSmallDisk: string | null =
  process.platform !== 'linux'
    ? 'needs Linux to mount a tmpfs'
    : process.getuid?.() !== 0
      ? 'needs root to mount a tmpfs'
      : null

/** A disk of this many kilobytes, in a folder that goes when the test ends. */
export async function smallDisk(t: ExecutionContext, kilobytes: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stopgap-disk-'))
  t.teardown(async () => {
    await run('umount', ['-l', folder]).catch(() => undefined)
    await rm(folder, { recursive: true, force: true })
  })
  await run('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'stopgap-test', folder])
  return folder
}
