import { accessSync, constants } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import type { Examined } from '../../model/examined.ts'
import { RECORD_PATH } from '../../model/record.ts'
import { errno } from '../../util/atomic.ts'
import { now } from '../../util/clock.ts'
import type { Machine } from './look.ts'

/** What there is to know of a server that is a folder: no session, no PowerShell, our own clock. */
export function examine({ disk }: Machine): Examined {
  return {
    user: userName(),
    elevated: null,
    computer: hostname(),
    powershell: null,
    languageMode: null,
    is64Bit: true,
    clock: now(),
    universalCrt: null,
    configurationRedirected: null,
    recordFolder: writable(disk),
  }
}

/** The record is written under a temporary name and renamed, so it is its folder that counts. */
function writable(disk: Machine['disk']): true | string {
  const found = disk.find(RECORD_PATH.slice(0, RECORD_PATH.lastIndexOf('\\')))
  if (found.is === 'refused') return found.why
  const folder = found.is === 'there' ? found.path : found.folder
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    return true
  } catch (error) {
    return `${folder} cannot be written to: ${errno(error)}`
  }
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    // A container may run under a user id without a name.
    return 'a user without a name'
  }
}
