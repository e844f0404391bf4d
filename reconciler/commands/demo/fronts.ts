import { join } from 'node:path'
import type { Front } from '../../http/front.ts'
import { openServer } from '../serve.ts'
import { type Place, SERVERS, type ServerName } from './place.ts'

/** Where each server of the demo answers HTTP, such as `http://127.0.0.1:40123`. */
export type Addresses = { readonly [name in ServerName]: string }

/** The servers of the demo, answering as their configuration would. */
export interface Fronts {
  readonly addresses: Addresses
  close(): Promise<void>
}

/** Each on a free port of this machine. */
export async function openFronts({ servers }: Place): Promise<Fronts> {
  const opened: (readonly [ServerName, Front])[] = []
  const close = async () => {
    await Promise.all(opened.map(([, front]) => front.close()))
  }
  try {
    for (const { name } of SERVERS) {
      const server = { name, dir: join(servers, name) }
      opened.push([name, await openServer(server, { host: '127.0.0.1', port: 0 }, () => undefined)])
    }
  } catch (error) {
    await close()
    throw error
  }
  // One for each name of SERVERS.
  return { addresses: Object.fromEntries(opened.map(([name, { url }]) => [name, url])) as Addresses, close }
}
