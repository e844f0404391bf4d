import type { Readable, Writable } from 'node:stream'
import { printable } from '../../util/words.ts'
import { Lines } from './lines.ts'
import type { Channel, Ending } from './transport.ts'

/** How long a program may take to end by itself once its input is closed. */
const POLITENESS = 2_000
/** How much of standard error is kept. */
const TAIL = 4_096
const SAID = 300

/** The three streams of a program that runs, wherever it does. */
export interface Streams {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  kill(): void
  /** How it ended, in words, once it did and its streams are read to their end; never rejects. */
  readonly ended: Promise<string>
}

/** A channel over the streams of a program. */
export function channelOver({ stdin, stdout, stderr, kill, ended }: Streams): Channel {
  const lines = new Lines()
  let tail = ''
  let overflow: string | null = null
  stdout.on('data', (bytes: Buffer) => {
    if (lines.push(bytes) || overflow !== null) return
    overflow = 'it wrote more than 64 MB or a hundred lines that nobody asked for, and was ended'
    kill()
  })
  stdout.on('end', () => lines.end())
  stderr.on('data', (bytes: Buffer) => {
    tail = (tail + bytes.toString('utf8')).slice(-TAIL)
  })
  // A program that is gone breaks its pipes; that it is gone is told by `ended`.
  for (const stream of [stdin, stdout, stderr]) stream.on('error', () => undefined)
  const over: Promise<Ending> = ended.then((why) => {
    lines.end()
    return { why: overflow ?? why, said: said(tail) }
  })
  return {
    send: (line) => {
      if (stdin.writable) stdin.write(`${line}\n`)
    },
    next: () => lines.next(),
    ended: over,
    kill,
    close: async () => {
      stdin.end()
      const timer = setTimeout(kill, POLITENESS)
      await over
      clearTimeout(timer)
    },
  }
}

/** The end of what was written to standard error. PowerShell writes its errors there as CLIXML, whatever it is told. */
function said(tail: string): string {
  const errors = [...tail.matchAll(/<S S="Error">([^<]*)<\/S>/g)].map(([, text = '']) =>
    text.replaceAll(/_x000[AD]_/g, ' '),
  )
  const text = errors.length > 0 ? errors.join('') : tail
  return printable(text.replaceAll(/\s+/g, ' ').trim().slice(-SAID))
}
