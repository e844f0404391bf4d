import { readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { type CreateOptions, createServer } from '../../reconciler/targets/embedded/create/create.ts'
import { temporaryFolder } from './folder.ts'

export const HOST = 'C:\\Windows\\System32\\inetsrv\\config\\applicationHost.config'
export const ROOT = 'C:\\inetpub\\wwwroot\\web.config'
export const OWA = 'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\FrontEnd\\HttpProxy\\owa\\web.config'

/** A fresh embedded server of Exchange 2016 CU23 (or as asked), in a folder that goes when the test ends. */
export async function embeddedServer(
  t: ExecutionContext,
  options: Partial<CreateOptions> = {},
): Promise<string> {
  const dir = options.dir ?? join(await temporaryFolder(t), 'ex01')
  await createServer({ name: 'ex01', exchange: '15.1.2507.6', ...options, dir })
  return dir
}

/** As if it had been written a while ago: what is written just now is waited for. */
export async function rested(path: string): Promise<void> {
  const time = new Date(Date.now() - 60_000)
  await utimes(path, time, time)
}

/** Where a path of the server is on this machine, as `server create` spells it. */
export function onDisk(dir: string, name: string): string {
  return join(dir, ...name.replace(':', '').split('\\'))
}

// biome-ignore lint/suspicious/noExplicitAny: a test changes server.json as a hand would
export async function editServer(dir: string, edit: (root: any) => void): Promise<void> {
  const path = join(dir, 'server.json')
  const root = JSON.parse(await readFile(path, 'utf8'))
  edit(root)
  await writeFile(path, JSON.stringify(root))
}
