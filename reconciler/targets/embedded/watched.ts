import { basename, join } from 'node:path'
import { isTemporary } from '../../util/atomic.ts'
import type { Disk } from './disk.ts'

/** Where configuration lies; everything else on a drive would only be noise. */
const FOLDERS = [
  'C:\\Windows\\System32\\inetsrv\\config',
  'C:\\inetpub',
  'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\FrontEnd\\HttpProxy',
  'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\ClientAccess',
]

// Logs, caches and copies that IIS itself makes all day, beside configuration that it reads.
const NOISY_FOLDER = /[\\/](?:inetpub[\\/](?:logs|temp|history|custerr)|inetsrv[\\/]config[\\/]schema)$/i
const NOISY_FILE = /\.(?:log|blg|etl|bak|dll|pdb|js|css|html?|gif|png|jpg|ico|svg|woff2?)$/i

/** Paths on this machine to watch; those that do not exist yet are where they would be made. */
export function watchedPaths(dir: string, disk: Disk): readonly string[] {
  return [join(dir, 'server.json'), ...FOLDERS.map((name) => pathOf(dir, disk, name))]
}

function pathOf(dir: string, disk: Disk, name: string): string {
  try {
    const found = disk.find(name)
    if (found.is === 'there') return found.path
    if (found.is === 'absent') return join(found.folder, ...found.rest)
  } catch {
    // The server's folder is not there yet.
  }
  return join(dir, ...name.replace(':', '').split('\\'))
}

/** Whether a path (of this machine) below a watched one tells nothing about configuration. */
export function isNoise(path: string): boolean {
  return isTemporary(basename(path)) || NOISY_FOLDER.test(path) || NOISY_FILE.test(path)
}
