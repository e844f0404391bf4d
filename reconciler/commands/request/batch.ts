import { readFileSync, statSync } from 'node:fs'
import { addAbortSignal, type Readable } from 'node:stream'
import { Batch } from '../../proof/batch.ts'
import type { BatchAnswer } from '../../proof/batch-answer.ts'
import { bareOf } from '../../proof/batch-server.ts'
import { serverInMemory } from '../../targets/embedded/create/memory.ts'
import { profileOf } from '../../targets/embedded/create/profile.ts'
import { errno } from '../../util/atomic.ts'
import type { Console } from '../context.ts'
import { type Cut, LONGEST, linesOf } from './lines.ts'

/** A Windows server with IIS and URL Rewrite, and no web application of Exchange on it. */
const BARE = { name: 'bare', exchange: '15.2.2562.17', roles: ['EdgeTransport'] } as const

/** The evaluator behind `--batch`; also for whoever has lines already. */
export function batch(): Batch {
  return new Batch(bareOf(serverInMemory(profileOf(BARE))), readConfig)
}

/** Answers every line of the input as it comes. 3: some line could not be understood. */
export async function answerLines(input: Readable, console: Console): Promise<number> {
  addAbortSignal(console.signal, input)
  const lines = batch()
  let refused = 0
  for await (const cuts of linesOf(input)) {
    refused += cuts.filter(({ is }) => is === 'too-long').length
    for (const answer of answered(lines, cuts)) {
      const text = textOf(answer)
      if (text === null) refused += 1
      console.out(text ?? UNWRITABLE)
    }
  }
  return lines.malformed + refused > 0 ? 3 : 0
}

function answered(lines: Batch, cuts: readonly Cut[]): readonly BatchAnswer[] {
  const answers = lines.answer(cuts.flatMap((cut) => (cut.is === 'line' ? [cut.text] : [])))
  let next = 0
  return cuts.map((cut) =>
    cut.is === 'line'
      ? (answers[next++] as BatchAnswer)
      : { id: null, error: `the line is longer than ${LONGEST} characters` },
  )
}

const UNWRITABLE = JSON.stringify({
  id: null,
  error: 'the answer cannot be written: it is too large or its id too deep',
})

/** Null where there is none: the id has thousands of brackets, or rules blew up a body. */
function textOf(answer: BatchAnswer): string | null {
  try {
    return JSON.stringify(answer)
  } catch (thrown) {
    if (thrown instanceof RangeError) return null
    throw thrown
  }
}

function readConfig(path: string): string {
  try {
    const about = statSync(path)
    // A device or a pipe may have no end.
    if (!about.isFile()) throw new Error('it is not a file')
    if (about.size > LONGEST) throw new Error(`it is longer than ${LONGEST} characters`)
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error(`${path} cannot be read: ${errno(error) ?? (error as Error).message}`)
  }
}
