import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { exists } from './location.ts'
import type { System } from './run.ts'

const PID_FILE = 'git.pid'

/** What a git that was killed leaves: locks, and packs that were never finished. Only names git itself makes. */
const LEFT = /(?:\.lock|^tmp_(?:pack|idx|rev|obj|mtimes)_\w+|\.keep)$/

/** Remembers the process group that works on the clone: it outlives us when we are killed. */
export async function rememberGroup(state: string, pid: number | null): Promise<void> {
  const file = join(state, PID_FILE)
  if (pid === null) await rm(file, { force: true })
  else await writeFile(file, String(pid), { mode: 0o600 })
}

/**
 * Puts right what a killed process of ours left behind. Only for the holder of the state lock: a git that still lives
 * is then an orphan of ours and is ended, and every lock is stale.
 */
export async function cleanUp(state: string, clone: string, kill: System['kill']): Promise<void> {
  await endOrphan(state, clone, kill)
  // Killed between the two renames of a clone that was made anew.
  if (!exists(clone) && exists(`${clone}.old`)) await rename(`${clone}.old`, clone)
  await rm(`${clone}.old`, { recursive: true, force: true })
  await rm(`${clone}.next`, { recursive: true, force: true })
  await removeLeftovers(clone)
}

/** Removes locks and unfinished packs below this folder. */
export async function removeLeftovers(folder: string): Promise<void> {
  if (!exists(folder)) return
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && LEFT.test(entry.name)) await rm(join(entry.parentPath, entry.name), { force: true })
  }
}

async function endOrphan(state: string, clone: string, kill: System['kill']): Promise<void> {
  const pid = Number(await readFile(join(state, PID_FILE), 'utf8').catch(() => ''))
  if (!Number.isSafeInteger(pid) || pid <= 1) return
  // The number may be another's by now: only a git that names our clone is ours. Without /proc nobody is ended.
  for (let waited = 0; waited < 2_000 && (await isOurs(pid, clone)); waited += 50) {
    try {
      kill(-pid, 'SIGKILL')
    } catch {
      break
    }
    await pause(50)
  }
  await rememberGroup(state, null)
}

async function isOurs(pid: number, clone: string): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return command
    .split('\0')
    .some((word) => word === `--git-dir=${clone}` || word === `--git-dir=${clone}.next`)
}
