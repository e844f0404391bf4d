import type { Outbound } from '../rewrite/exchange.ts'
import { type Answer, difference, isStopped } from './answer.ts'
import { type BatchAnswer, backPart, inboundPart } from './batch-answer.ts'
import { type Line, lineOf, type ReadConfig } from './batch-line.ts'
import { type Bare, type Given, withGiven } from './batch-server.ts'
import { type Begun, finish } from './begin.ts'
import { isPlain, type WebServer, webServer } from './web-server.ts'

/** Servers that are kept ready; a stream usually tries many requests on few configurations. */
const KEPT = 200
/** Characters of their configurations together: what is understood of one takes fifty times its room. */
const KEPT_TEXT = 4_000_000

/**
 * Answers lines of requests, each with its own configuration. The shape is that of `stopgap request --batch`; each line
 * has one answer, in order. Never throws for what stands in a line.
 */
export class Batch {
  readonly #bare: Bare
  readonly #read: ReadConfig
  readonly #servers = new Map<string, WebServer | string>()
  #keptText = 0
  /** Lines that could not be understood so far. */
  malformed = 0

  constructor(bare: Bare, read: ReadConfig) {
    this.#bare = bare
    this.#read = read
  }

  answer(texts: readonly string[]): readonly BatchAnswer[] {
    const tried = texts.map((text) => this.#begin(text))
    const raw = finish(tried.map(({ raw }) => raw))
    const decoded = finish(tried.map((each, index) => each.decoded ?? done(raw[index] as BatchStep)))
    const backs = tried.map((each, index) => backOf(each, raw[index] as BatchStep))
    const outbound = finish(backs)
    return tried.map((each, index) => {
      const first = raw[index] as BatchStep
      if (each.line.is === 'malformed') return { id: each.line.id ?? null, error: each.line.error }
      const { id, given } = each.line
      const whole = given.is === 'config'
      if (first.is === 'failed') return { id, ...first.answer }
      const second = decoded[index] as BatchStep
      return {
        id,
        ...inboundPart(first.answer, whole),
        ...backPart(outbound[index] ?? null, first.answer),
        ...(second.is === 'answered' ? differing(first.answer, second.answer, whole) : {}),
      }
    })
  }

  #begin(text: string): Tried {
    const line = lineOf(text, this.#read)
    if (line.is === 'malformed') {
      this.malformed += 1
      return { line, server: null, raw: done({ is: 'failed', answer: {} }), decoded: null }
    }
    const server = this.#server(line.given)
    if (typeof server === 'string') {
      const answer = { outcome: 'parse-error', status: 500, subStatus: 19, error: server } as const
      return { line, server: null, raw: done({ is: 'failed', answer }), decoded: null }
    }
    return {
      line,
      server,
      raw: step(server.begin(line.ask, 'raw')),
      decoded: isPlain(line.ask.request) ? null : step(server.begin(line.ask, 'decoded')),
    }
  }

  #server(given: Given): WebServer | string {
    const key = given.is === 'rewrite' ? `r${given.xml}` : `c${given.text}`
    const before = this.#servers.get(key)
    if (before !== undefined) return before
    const made = withGiven(this.#bare, given)
    const server = made.is === 'see' ? webServer(made.see) : made.why
    this.#makeRoom(key.length)
    this.#servers.set(key, server)
    return server
  }

  #makeRoom(length: number): void {
    this.#keptText += length
    for (const oldest of this.#servers.keys()) {
      if (this.#servers.size < KEPT && this.#keptText <= KEPT_TEXT) return
      this.#servers.delete(oldest)
      this.#keptText -= oldest.length
    }
  }
}

type BatchStep =
  | { readonly is: 'answered'; readonly answer: Answer }
  | { readonly is: 'failed'; readonly answer: Omit<BatchAnswer, 'id'> }

interface Tried {
  readonly line: Line
  readonly server: WebServer | null
  readonly raw: Begun<BatchStep>
  /** Null: nothing in the path can be read in two ways. */
  readonly decoded: Begun<BatchStep> | null
}

function done<T>(value: T): Begun<T> {
  return { run: null, otherwise: value }
}

function step({ run, otherwise }: Begun<Answer>): Begun<BatchStep> {
  return {
    run: run === null ? null : () => ({ is: 'answered', answer: run() }),
    otherwise: { is: 'answered', answer: otherwise },
  }
}

type Back = Outbound | { readonly is: 'timeout'; readonly milliseconds: number } | null

function backOf({ line, server }: Tried, first: BatchStep): Begun<Back> {
  if (line.is !== 'line' || line.response === null || first.is !== 'answered' || server === null)
    return done(null)
  return server.beginBack(line.ask, { answer: first.answer, response: line.response, reading: 'raw' })
}

/** Only what matters of the other reading: that it lets through what this one stops, or the other way round. */
function differing(raw: Answer, decoded: Answer, whole: boolean): Pick<BatchAnswer, 'differs'> {
  if (difference(raw, decoded) !== 'blocked') return {}
  return { differs: { reading: 'decoded', blocked: isStopped(decoded), ...inboundPart(decoded, whole) } }
}
