import { connect } from 'node:net'

/** Sends text over a socket of its own and gives all that comes back until the other side ends it; '' when it is cut. */
export function rawHttp(base: string, head: string): Promise<string> {
  const { hostname, port } = new URL(base)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    let seen = ''
    socket.setEncoding('utf8').on('data', (text: string) => {
      seen += text
    })
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' ? resolve(seen) : reject(error),
    )
    socket.on('close', () => resolve(seen))
    socket.write(`${head.replaceAll('\n', '\r\n')}\r\n\r\n`)
  })
}

/** A GET of exactly this path and query, whatever a client would make of it. */
export function rawGet(base: string, path: string, ...headers: readonly string[]): Promise<string> {
  return rawHttp(
    base,
    [`GET ${path} HTTP/1.1`, 'Host: mail.contoso.example', 'Connection: close', ...headers].join('\n'),
  )
}
