import { readdir } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { errno, makeFolder, replaceFile } from '../../../util/atomic.ts'
import { markRested } from '../rested.ts'
import { serverText } from '../serverfile.ts'
import { type Profile, type ProfileOptions, profileOf, refuse } from './profile.ts'
import { serverFiles, serverState } from './server.ts'

export interface CreateOptions extends Omit<ProfileOptions, 'name'> {
  /** The folder that becomes the server; it must not exist or be empty. */
  readonly dir: string
  /** Default: the name of the folder. */
  readonly name?: string | undefined
}

/**
 * Makes an embedded server and says what was made. Equal options make equal bytes.
 * Throws `ARGUMENT_INVALID`, or the error of the file system.
 */
export async function createServer(options: CreateOptions): Promise<Profile> {
  const profile = profileOf({ ...options, name: options.name ?? basename(resolve(options.dir)) })
  if (!(await isEmpty(options.dir))) {
    refuse(
      `${options.dir} exists and is not empty`,
      'Name a folder that does not exist yet; an existing server is never overwritten.',
    )
  }
  await writeFiles(options.dir, serverFiles(profile))
  // Last, because a folder is a server from this file on.
  await replaceFile(join(options.dir, 'server.json'), serverText(serverState(profile)))
  return profile
}

/** Writes files that are named by trusted Windows paths of our own making. */
export async function writeFiles(dir: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [name, text] of files) {
    const path = ownPath(dir, name)
    await makeFolder(dirname(path))
    await replaceFile(path, text)
    await markRested(path)
  }
}

/** `C:\inetpub` is the folder `C/inetpub` of the server. */
export function ownPath(dir: string, name: string): string {
  return join(dir, ...name.replace(':', '').split('\\'))
}

async function isEmpty(dir: string): Promise<boolean> {
  try {
    return (await readdir(dir)).length === 0
  } catch (error) {
    if (errno(error) === 'ENOENT') return true
    if (errno(error) === 'ENOTDIR') return false
    throw error
  }
}
