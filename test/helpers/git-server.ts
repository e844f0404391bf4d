import { execFileSync, spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { gitEnv } from './git.ts'

/** How the server misbehaves; `none` serves. */
export type Mischief = 'none' | 'error' | 'hang' | 'drop' | 'slow' | 'login' | 'garble'

export interface GitServer {
  readonly url: string
  mischief: Mischief
  /** Method and path of every request. */
  readonly requests: string[]
}

const backend = join(execFileSync('git', ['--exec-path']).toString().trim(), 'git-http-backend')

/** Real git over http on 127.0.0.1, for all repositories below this folder, until the test ends. */
export async function gitServer(t: ExecutionContext, root: string): Promise<GitServer> {
  const state: { mischief: Mischief } = { mischief: 'none' }
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    answer(root, state.mischief, request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.assign(state, { url, requests })
}

function answer(root: string, mischief: Mischief, request: IncomingMessage, response: ServerResponse): void {
  if (mischief === 'hang') return
  if (mischief === 'error') return void response.writeHead(500).end('out of order')
  if (mischief === 'login') {
    return void response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="ops"' }).end()
  }
  const url = new URL(request.url ?? '/', 'http://localhost')
  const child = spawn(backend, [], {
    env: {
      ...gitEnv,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: String(request.headers['content-encoding'] ?? ''),
      REMOTE_ADDR: '127.0.0.1',
    },
  })
  request.pipe(child.stdin.on('error', () => undefined))
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.on('close', () => send(Buffer.concat(chunks), mischief, response))
}

function send(output: Buffer, mischief: Mischief, response: ServerResponse): void {
  const split = output.indexOf('\r\n\r\n')
  const headers = output.toString('latin1', 0, split).split('\r\n')
  const status = headers.find((line) => line.startsWith('Status: '))?.slice(8, 11)
  for (const line of headers) {
    const [name, value] = line.split(': ')
    if (name !== undefined && value !== undefined && name !== 'Status') response.setHeader(name, value)
  }
  const body = output.subarray(split + 4)
  const isPack = body.includes('PACK')
  response.statusCode = Number(status ?? 200)
  if (mischief === 'slow') trickle(body, response)
  else if (!isPack || mischief === 'none') response.end(body)
  else if (mischief === 'garble') response.end(garbled(body))
  else dropInTheMiddle(body, response)
}

// Only within the packet that holds the pack: with the length of another one garbled it would look like a lost connection.
function garbled(body: Buffer): Buffer {
  const bad = Buffer.from(body)
  const pack = body.indexOf('PACK')
  const start = pack - 5
  const end = start + Number.parseInt(body.toString('latin1', start, start + 4), 16)
  for (let at = pack + 30; at < end; at += 7) bad[at] = (bad[at] as number) ^ 0x55
  return bad
}

function dropInTheMiddle(body: Buffer, response: ServerResponse): void {
  response.setHeader('Content-Length', body.length)
  response.write(body.subarray(0, Math.floor(body.length / 2)))
  setTimeout(() => response.destroy(), 50)
}

// A byte now and then keeps every "no data" timer of the other side happy, for ever.
function trickle(body: Buffer, response: ServerResponse): void {
  let at = 0
  const timer = setInterval(() => {
    response.write(body.subarray(at, at + 1))
    at += 1
  }, 200)
  response.on('close', () => clearInterval(timer))
}
