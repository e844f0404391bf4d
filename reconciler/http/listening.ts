import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { StopgapError } from '../errors/error.ts'

/** Listens; gives the address with the port that was chosen. Throws LISTEN_FAILED. */
export async function listening(server: Server, host: string, port: number): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    const failed = (error: Error) => reject(listenFailed(`${host}:${port}`, error))
    server.once('error', failed)
    server.listen(port, host, () => {
      server.off('error', failed)
      resolve()
    })
  })
  return server.address() as AddressInfo
}

function listenFailed(address: string, cause: Error): StopgapError {
  // "listen EADDRINUSE: address already in use 127.0.0.1:9464"
  const [, why = cause.message] = /^listen E\w+: (.*?)(?: \S+)?$/.exec(cause.message) ?? []
  return new StopgapError('LISTEN_FAILED', { what: `cannot listen on ${address}: ${why}` }, { cause })
}
