import { readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { StopgapError } from '../../errors/error.ts'
import { errno, makeFolder, removeFile, replaceFile } from '../../util/atomic.ts'
import { MARK } from './unit.ts'

/** Where units of an administrator lie. */
export const UNITS = '/etc/systemd/system'

const UNIT = 'stopgap.service'

/** Writes the unit into a folder of units, over an older one of ours. Throws SERVICE_FOREIGN, SERVICE_FAILED. */
export async function writeUnit(folder: string, text: string): Promise<void> {
  const path = join(folder, UNIT)
  await requireOurs(path)
  await done(path, async () => {
    await makeFolder(folder)
    await replaceFile(path, text)
  })
}

/** Removes the unit, and the link that enabled it; false when there is none. Throws SERVICE_FOREIGN, SERVICE_FAILED. */
export async function removeUnit(folder: string): Promise<boolean> {
  const path = join(folder, UNIT)
  if (!(await requireOurs(path))) return false
  await done(path, async () => {
    // The link first: one that leads nowhere would be complained of at every start of the machine.
    await rm(join(folder, 'multi-user.target.wants', UNIT), { force: true })
    await removeFile(path)
  })
  return true
}

/** Whether there is a unit of ours. Throws where there is one of somebody else. */
async function requireOurs(path: string): Promise<boolean> {
  const text = await done(path, () => readOrNull(path))
  if (text === null) return false
  if (text.startsWith(MARK)) return true
  throw new StopgapError('SERVICE_FOREIGN', { what: `${path} was not written by stopgap service install` })
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (errno(error) === 'ENOENT') return null
    throw error
  }
}

async function done<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof StopgapError) throw error
    const what = `${path}: ${errno(error) ?? String(error)}`
    const remedy = `Run it as root, who may write to ${dirname(path)}.`
    throw new StopgapError('SERVICE_FAILED', { what, remedy }, { cause: error })
  }
}
