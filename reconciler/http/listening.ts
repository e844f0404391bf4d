import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Listens; gives the port that was chosen. Rejects with the error of `listen` (EADDRINUSE, EACCES) when it cannot. */
export async function listening(server: Server, host: string, port: number): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return server.address() as AddressInfo
}
