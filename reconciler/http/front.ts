import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { monotonic } from '../util/clock.ts'
import { listening } from './listening.ts'

/** A request as it came in, before anybody has read anything into it. */
export interface Arrived {
  readonly method: string
  /** As it was sent: path and query, percent-encoding and all. */
  readonly url: string
  /** Values of one name in the order in which they came, names as they were written. */
  readonly headers: { readonly [name: string]: readonly string[] }
  readonly remoteAddress: string
}

/** What goes back; `cut`: the connection is closed without a word, as AbortRequest does. */
export type Sent =
  | { readonly is: 'cut' }
  | {
      readonly is: 'answer'
      readonly status: number
      readonly reason: string
      readonly headers: { readonly [name: string]: string | readonly string[] }
      readonly body: string
    }

/** What was asked and what went back, for an access log. */
export interface Visit {
  readonly request: Arrived
  /** 0: the connection was cut. */
  readonly status: number
  readonly milliseconds: number
}

export interface Front {
  /** With the port that was chosen, such as `http://127.0.0.1:8080`. */
  readonly url: string
  /** Cuts what is still open. */
  close(): Promise<void>
}

export interface FrontOptions {
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  readonly answer: (request: Arrived) => Sent
  readonly visited: (visit: Visit) => void
}

/** Answers HTTP by a function. Throws LISTEN_FAILED. */
export async function openFront(options: FrontOptions): Promise<Front> {
  const handler = (request: IncomingMessage, response: ServerResponse): void =>
    handle(request, response, options)
  const server = createServer({ maxHeaderSize: 65_536, keepAliveTimeout: 5_000 }, handler)
  // Whoever asks whether to send a body gets the answer itself: a rule that aborts says nothing before.
  server.on('checkContinue', handler)
  server.on('clientError', refuse)
  // Nobody asks a web server for a tunnel in earnest; without an answer it would look like a rule that aborts.
  server.on('connect', (_request, socket) => socket.end(bare('400 Bad Request')))
  const { port } = await listening(server, options.host, options.port)
  return { url: `http://${options.host}:${port}`, close: () => closed(server) }
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

function handle(request: IncomingMessage, response: ServerResponse, { answer, visited }: FrontOptions): void {
  const started = monotonic()
  // Rules never see a body, so nobody waits for it.
  request.resume()
  response.on('error', () => response.destroy())
  const arrived = arrivedOf(request)
  const sent = answer(arrived)
  send(request, response, sent)
  const status = sent.is === 'cut' ? 0 : sendable(sent.status)
  visited({ request: arrived, status, milliseconds: Math.round(monotonic() - started) })
}

/** What cannot be read is answered as HTTP.sys does; only a rule cuts the connection without a word. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  // The parser of Node has a list of methods, on which those of RPC over HTTP are not.
  socket.end(bare(error.code === 'HPE_INVALID_METHOD' ? '501 Not Implemented' : '400 Bad Request'))
}

function bare(status: string): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`
}

// A client chooses the names, so they are no keys of an object before all are there: it has some of its own.
function arrivedOf({ method = 'GET', url = '/', rawHeaders, socket }: IncomingMessage): Arrived {
  const headers = new Map<string, { readonly spelled: string; readonly values: string[] }>()
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2)
    const key = name.toLowerCase()
    const known = headers.get(key)
    if (known === undefined) headers.set(key, { spelled: name, values: [value] })
    else known.values.push(value)
  }
  const pairs = [...headers.values()].map(({ spelled, values }) => [spelled, values] as const)
  return { method, url, headers: Object.fromEntries(pairs), remoteAddress: socket.remoteAddress ?? '' }
}

function send(request: IncomingMessage, response: ServerResponse, sent: Sent): void {
  if (sent.is === 'cut') {
    request.socket.destroy()
    return
  }
  const { reason, headers, body } = sent
  for (const [name, value] of Object.entries(headers)) setHeader(response, name, value)
  response.setHeader('Content-Length', Buffer.byteLength(body))
  response.writeHead(sendable(sent.status), printable(reason))
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** A rule can name a status that HTTP has no digits for, or one after which a client waits for another. */
function sendable(status: number): number {
  return status >= 200 && status <= 999 ? status : 500
}

/** Headers of the connection and not of the answer: whoever sends it sets them. */
const OWN = /^(?:connection|content-length|keep-alive|trailer|transfer-encoding|upgrade)$/i

/** A rule can make a header that HTTP cannot carry; IIS would not send it either. */
function setHeader(response: ServerResponse, name: string, value: string | readonly string[]): void {
  if (OWN.test(name)) return
  try {
    response.setHeader(name, value)
  } catch {
    response.setHeader('X-Stopgap-Unsendable', encodeURIComponent(name))
  }
}

/** A reason phrase is one line of plain characters. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, ' ')
}
