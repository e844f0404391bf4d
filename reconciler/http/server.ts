import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { monotonic } from '../util/clock.ts'
import { type Answer, type Insight, textAnswer } from './endpoints.ts'
import { isExpectedHost } from './hosts.ts'
import { RateLimit } from './limit.ts'
import { listening } from './listening.ts'
import { answerTo } from './routes.ts'

/** A server that listens. */
export interface HttpServer {
  /** With the port that was chosen, such as `http://127.0.0.1:9464`. */
  readonly url: string
  /** Ends idle connections at once and what is being answered within half a second. */
  close(): Promise<void>
}

const GRACE_MS = 500

const COMMON_HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
} as const

/**
 * Listens on host and port (0: a free one). Throws LISTEN_FAILED.
 * Ends by itself when the signal is aborted.
 */
export async function listen(
  host: string,
  port: number,
  insight: Insight,
  signal: AbortSignal,
): Promise<HttpServer> {
  signal.throwIfAborted()
  const limit = new RateLimit(5, 2_000, monotonic)
  const server = createServer(
    {
      maxHeaderSize: 8_192,
      headersTimeout: 10_000,
      requestTimeout: 15_000,
      keepAliveTimeout: 5_000,
      connectionsCheckingInterval: 2_000,
    },
    (request, response) => void handle(request, response, { host, insight, limit }),
  )
  server.maxConnections = 256
  // A broken request is the other side's matter; without a listener Node answers it alike, with an empty body.
  server.on('clientError', (_error, socket) => socket.destroy())
  const address = await listening(server, host, port)
  const close = closing(server)
  signal.addEventListener('abort', () => void close(), { once: true })
  return { url: urlOf(address), close }
}

function urlOf(address: AddressInfo): string {
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`
}

function closing(server: Server): () => Promise<void> {
  let closed: Promise<void> | undefined
  return () => {
    closed ??= new Promise((resolve) => {
      // Somebody who reads slowly must not keep the process from ending.
      const timer = setTimeout(() => server.closeAllConnections(), GRACE_MS)
      server.close(() => {
        clearTimeout(timer)
        resolve()
      })
      server.closeIdleConnections()
    })
    return closed
  }
}

interface Context {
  readonly host: string
  readonly insight: Insight
  readonly limit: RateLimit
}

async function handle(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  // No request carries data that matters: bodies are thrown away as they come, whatever their size.
  request.resume()
  response.on('error', () => response.destroy())
  await send(request, response, await answered(request, context))
}

async function answered(request: IncomingMessage, context: Context): Promise<Answer> {
  if (!isExpectedHost(request.headers.host, context.host)) {
    return textAnswer(421, 'This address answers to its own name only; ask for localhost or 127.0.0.1.')
  }
  try {
    return await answerTo(request, context.insight, context.limit)
  } catch {
    // What went wrong can hold paths and names; whoever asks over the network is told nothing of it.
    return textAnswer(500, 'internal error; the log of stopgap says more')
  }
}

async function send(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
  const { body } = answer
  const length = typeof body === 'string' ? { 'Content-Length': Buffer.byteLength(body) } : {}
  response.writeHead(answer.status, {
    ...COMMON_HEADERS,
    'Content-Type': answer.type,
    ...length,
    ...answer.headers,
    // The rest of an unread body would be taken for the next request.
    ...(request.complete ? {} : { Connection: 'close' }),
  })
  if (request.method === 'HEAD') response.end()
  else if (typeof body === 'string') response.end(body)
  // Whoever goes away in the middle, or asks too slowly, ends only this answer.
  else await pipeline(Readable.from(body), response).catch(() => response.destroy())
}
