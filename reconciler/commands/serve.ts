import { asStopgapError, StopgapError } from '../errors/error.ts'
import { ACCESS_FIELDS, accessLine } from '../http/access-log.ts'
import { answerAs, unanswerable } from '../http/as-server.ts'
import { type Arrived, type Front, openFront, type Sent, type Visit } from '../http/front.ts'
import { liveServer } from '../targets/embedded/live.ts'
import { embeddedName } from '../targets/embedded/name.ts'
import { now } from '../util/clock.ts'
import type { Console } from './context.ts'

export interface ServeFlags {
  /** HOST:PORT on loopback; port 0 takes a free one. */
  readonly listen: string
  readonly json?: boolean | undefined
}

/** Answers HTTP as the configuration of an embedded server would, until the signal. */
export async function serve(dir: string, flags: ServeFlags, console: Console): Promise<number> {
  const name = embeddedName(dir)
  const address = addressOf(flags.listen)
  const logged = (visit: Visit) =>
    console.out(flags.json ? JSON.stringify({ at: now(), ...visit }) : accessLine(visit, now()))
  const front = await openServer({ name, dir }, address, logged)
  try {
    const says = `${name} answers on ${front.url} as its configuration would; Exchange itself is not there. Ctrl-C ends it.`
    if (flags.json) console.out(JSON.stringify({ server: name, url: front.url }))
    else console.tell(says)
    if (!flags.json) console.out(ACCESS_FIELDS)
    await aborted(console.signal)
    return 0
  } finally {
    await front.close()
  }
}

/** A server that answers; a change of its files acts at the next request. Throws what the first look throws, or LISTEN_FAILED. */
export async function openServer(
  server: { readonly name: string; readonly dir: string },
  { host, port }: Address,
  visited: (visit: Visit) => void,
): Promise<Front> {
  const live = liveServer(server)
  live.now()
  let own = port
  const answer = (arrived: Arrived): Sent => {
    try {
      return answerAs(live.now(), { name: server.name, port: own }, arrived)
    } catch (thrown) {
      // Its folder can be edited by hand at any time; the next request finds it mended.
      return unanswerable(asStopgapError(thrown).message)
    }
  }
  const front = await openFront({ host, port, answer, visited })
  own = Number(new URL(front.url).port)
  return front
}

interface Address {
  readonly host: string
  readonly port: number
}

/** Who asks gets to see a server without any password, so nobody beyond this machine may. */
function addressOf(text: string): Address {
  const found = /^(127\.\d+\.\d+\.\d+|localhost):(\d{1,5})$/i.exec(text)
  const port = Number(found?.[2])
  if (found !== null && port <= 65_535) return { host: found[1] ?? '', port }
  throw new StopgapError('ARGUMENT_INVALID', {
    what: `--listen ${text} is no address of this machine's own`,
    remedy: 'Name loopback and a port, such as 127.0.0.1:8080; port 0 takes a free one.',
  })
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
