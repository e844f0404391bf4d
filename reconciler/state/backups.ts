import { join } from 'node:path'
import { isTemporary, makeFolder, removeFile, replaceFile } from '../util/atomic.ts'
import { digestOf } from '../util/digest.ts'
import { namesIn, onDisk } from './disk.ts'
import { type StateFolder, serverFolder } from './folder.ts'
import { safeName } from './names.ts'

/** How many backups of one file are kept. */
export const KEPT = 20
const NAME = /^(\d{8,})-(\d{8}T\d{6}Z)-([0-9a-f]{16})\.bak$/

/** The bytes of one file before we replaced it once. */
export interface Backup {
  readonly path: string
  /** RFC 3339, to the second. */
  readonly at: string
}

/** A file of a server, by its full Windows path. */
export interface FileOf {
  readonly server: string
  readonly file: string
}

/**
 * Keeps the bytes of a file that is about to be replaced. Written through to the disk, since the replacing comes
 * next; the same bytes as in the newest backup are not kept twice. Of one file the newest 20 stay. Only with the lock.
 */
export async function keepBackup(
  state: Pick<StateFolder, 'path'>,
  of: FileOf,
  bytes: Uint8Array,
  time: number,
): Promise<void> {
  const folder = folderOf(state, of)
  const all = await namesIn(folder)
  const names = all.filter((name) => NAME.test(name))
  const digest = digestOf(bytes).slice(7, 23)
  const last = NAME.exec(names.at(-1) ?? '')
  if (last?.[3] === digest) return
  // Numbered, not ordered by time: a clock that went back would make the newest the first to go.
  const number = String(Number(last?.[1] ?? 0) + 1).padStart(8, '0')
  const path = join(folder, `${number}-${stamp(time)}-${digest}.bak`)
  await onDisk(path, async () => {
    await makeFolder(folder, 0o700)
    await replaceFile(path, bytes, { mode: 0o600 })
    // Under the lock nobody else writes here, so a temporary file is what a killed process left.
    const surplus = [...names.slice(0, Math.max(0, names.length + 1 - KEPT)), ...all.filter(isTemporary)]
    await Promise.all(surplus.map((name) => removeFile(join(folder, name))))
  })
}

/** All backups of a file, oldest first. */
export async function backupsOf(state: Pick<StateFolder, 'path'>, of: FileOf): Promise<readonly Backup[]> {
  const folder = folderOf(state, of)
  return (await backupsIn(folder)).map((name) => ({ path: join(folder, name), at: momentOf(name) }))
}

/** The newest backup of any configuration file of a server, with its file's full Windows path in lower case. */
export async function newestOfServer(
  state: Pick<StateFolder, 'path'>,
  server: string,
): Promise<{ readonly file: string; readonly path: string; readonly at: number } | null> {
  const root = join(serverFolder(state, server), 'backups')
  const configuration = (await namesIn(root)).filter((name) => name.endsWith('.config'))
  const newest = await Promise.all(
    configuration.map(async (name) => {
      const backup = (await backupsIn(join(root, name))).at(-1)
      if (backup === undefined) return []
      return [
        { file: decodeURIComponent(name), path: join(root, name, backup), at: Date.parse(momentOf(backup)) },
      ]
    }),
  )
  return newest.flat().toSorted((a, b) => b.at - a.at)[0] ?? null
}

function folderOf(state: Pick<StateFolder, 'path'>, { server, file }: FileOf): string {
  return join(serverFolder(state, server), 'backups', safeName(file))
}

async function backupsIn(folder: string): Promise<readonly string[]> {
  return (await namesIn(folder)).filter((name) => NAME.test(name))
}

function stamp(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d+/g, '')
}

function momentOf(name: string): string {
  const at = NAME.exec(name)?.[2] ?? ''
  return at.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')
}
