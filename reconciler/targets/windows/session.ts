import { StopgapError } from '../../errors/error.ts'
import { monotonic, sleep } from '../../util/clock.ts'
import { backOff } from '../../util/jitter.ts'
import { Limiter } from '../../util/limit.ts'
import { type Answers, answerOf, greetingOf } from './answers.ts'
import { type Ask, PROTOCOL, type RequestLine } from './protocol.ts'
import type { Channel, Transport } from './transport.ts'

/** How long things may take, in milliseconds. */
export interface Limits {
  /** From the start of the program to its first line: PowerShell on a busy server. */
  readonly opening: number
  /** One request, beyond the time that it gives its own steps. */
  readonly answer: number
  /** Each file that an act replaces: IIS is asked what it makes of it, by programs that have to start first. */
  readonly file: number
  /** An act that is told to stop: files are written in an instant, and nobody waits for a service. */
  readonly grace: number
  /** The first and the longest pause before a session that was lost is opened again. */
  readonly pauses: readonly [number, number]
}

export const LIMITS: Limits = {
  opening: 60_000,
  answer: 60_000,
  file: 30_000,
  grace: 5_000,
  pauses: [250, 30_000],
}

export interface SessionParts {
  /** The configured name of the server, for messages. */
  readonly server: string
  readonly transport: Transport
  /** The program for the server, as one line. */
  readonly program: () => Promise<string>
  readonly limits?: Limits
}

type Waited = { readonly is: 'line'; readonly line: string | null } | { readonly is: 'late' | 'aborted' }

/**
 * One program on one server, started at the first request and kept. Requests are answered one at a time. Whatever is wrong
 * ends it, and the next request starts another, after a pause; nothing is ever sent a second time.
 */
export class Session {
  readonly #parts: SessionParts
  readonly #limits: Limits
  readonly #turns = new Limiter(1)
  #channel: Channel | null = null
  #id = 0
  #failures = 0
  /** By the steady clock. */
  #notBefore = 0

  constructor(parts: SessionParts) {
    this.#parts = parts
    this.#limits = parts.limits ?? LIMITS
  }

  /**
   * One round trip. Throws SERVER_UNREACHABLE and whatever else the transport throws, AGENT_REFUSED, AGENT_VERSION,
   * AGENT_FAILED, SESSION_LOST, ANSWER_INVALID. After the last two nobody knows what became of the request.
   */
  async ask<D extends Ask['do']>(ask: Extract<Ask, { do: D }>, signal: AbortSignal): Promise<Answers[D]> {
    return this.#turns.run(async () => {
      signal.throwIfAborted()
      const channel = this.#channel ?? (await this.#open(signal))
      this.#id += 1
      const request: RequestLine = { ...ask, id: this.#id }
      channel.send(asciiJson(request))
      const line = await this.#line(channel, { asked: ask.do, within: this.#limitOf(ask) }, signal)
      const answer = answerOf(line, request)
      if (answer.is === 'invalid') throw await this.#lose(channel, this.#invalid(ask.do, answer.why))
      this.#failures = 0
      if (answer.is !== 'done') throw this.#refusal(ask.do, answer)
      // What was understood was checked against this very request.
      return answer.value as Answers[D]
    })
  }

  /** Ends the program; a later request would start another. */
  async close(): Promise<void> {
    const channel = this.#channel
    this.#channel = null
    await channel?.close()
  }

  async #open(signal: AbortSignal): Promise<Channel> {
    const { server, transport, program } = this.#parts
    await sleep(Math.max(0, this.#notBefore - monotonic()), signal)
    signal.throwIfAborted()
    const line = await program()
    const channel = await transport.open(signal).catch((error: unknown) => {
      if (!signal.aborted) this.#failed()
      throw error
    })
    // One that goes while nobody asks is not missed until somebody does.
    void channel.ended.then(() => {
      if (this.#channel === channel) this.#channel = null
    })
    channel.send(line)
    const first = await this.#line(channel, { asked: 'open', within: this.#limits.opening }, signal)
    const greeting = greetingOf(first)
    if (greeting.is === 'invalid') throw await this.#lose(channel, this.#invalid('open', greeting.why))
    if (greeting.is === 'refused') {
      throw await this.#lose(channel, new StopgapError('AGENT_REFUSED', { server, what: greeting.why }))
    }
    const { protocol } = greeting.value
    if (protocol !== PROTOCOL) {
      throw await this.#lose(
        channel,
        new StopgapError('AGENT_VERSION', { server, protocol, known: PROTOCOL }),
      )
    }
    this.#channel = channel
    return channel
  }

  /** The next line. Whatever comes instead of it ends the session and is thrown. */
  async #line(
    channel: Channel,
    { asked, within }: { readonly asked: Ask['do'] | 'open'; readonly within: number },
    signal: AbortSignal,
  ): Promise<string> {
    const grace = asked === 'act' ? this.#limits.grace : 0
    const waited = await waitFor(channel, { within, grace }, signal)
    if (waited.is === 'line' && waited.line !== null) return waited.line
    const { server } = this.#parts
    if (waited.is === 'aborted' && asked !== 'act') throw await this.#lose(channel, signal.reason)
    const { why, said } =
      waited.is === 'line'
        ? await goneBy(channel)
        : {
            why: waited.is === 'late' ? `no answer within ${within / 1000} s` : 'it was told to stop',
            said: '',
          }
    const what = said === '' ? why : `${why}: ${said}`
    const remedy =
      'See that powershell.exe can be run there by this user, and what the event log of the server says.'
    throw await this.#lose(
      channel,
      asked === 'open'
        ? new StopgapError('SERVER_UNREACHABLE', {
            server,
            what: `the session did not begin: ${what}`,
            remedy,
          })
        : new StopgapError('SESSION_LOST', { server, asked, what }),
    )
  }

  /** Ends the session for this reason, and hands the reason back. */
  async #lose(channel: Channel, reason: unknown): Promise<unknown> {
    this.#channel = null
    this.#failed()
    channel.kill()
    return reason
  }

  #failed(): void {
    this.#failures += 1
    this.#notBefore = monotonic() + backOff(this.#failures, ...this.#limits.pauses)
  }

  #limitOf(ask: Ask): number {
    const { answer, file } = this.#limits
    if (ask.do === 'fetch') return answer + ask.timeoutSeconds * 1000
    if (ask.do !== 'act') return answer
    const times = ask.steps.map((step) => (step.thing === 'file' ? file : step.timeoutSeconds * 1000))
    return times.reduce((sum, time) => sum + time, answer)
  }

  #refusal(
    asked: Ask['do'],
    { is, why }: { readonly is: 'failed' | 'refused'; readonly why: string },
  ): StopgapError {
    const { server } = this.#parts
    return is === 'refused'
      ? new StopgapError('AGENT_REFUSED', { server, what: why })
      : new StopgapError('AGENT_FAILED', { server, asked, what: why })
  }

  #invalid(asked: Ask['do'] | 'open', what: string): StopgapError {
    return new StopgapError('ANSWER_INVALID', { server: this.#parts.server, asked, what })
  }
}

/** Whatever code page a console reads with, this arrives. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

async function goneBy(channel: Channel): Promise<{ readonly why: string; readonly said: string }> {
  const timer = setTimeout(() => channel.kill(), 1_000)
  const ending = await channel.ended
  clearTimeout(timer)
  return ending
}

/** The next line, unless time is up first; `grace`: how long it is still waited for once the signal came. */
async function waitFor(
  channel: Channel,
  { within, grace }: { readonly within: number; readonly grace: number },
  signal: AbortSignal,
): Promise<Waited> {
  const { promise, resolve } = Promise.withResolvers<Waited>()
  const timers = [setTimeout(() => resolve({ is: 'late' }), within)]
  const stop = () => timers.push(setTimeout(() => resolve({ is: 'aborted' }), grace))
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  void channel.next().then((line) => resolve({ is: 'line', line }))
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', stop)
    for (const timer of timers) clearTimeout(timer)
  }
}
