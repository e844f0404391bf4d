import { configOf } from '../compose.ts'
import { StopgapError } from '../errors/error.ts'
import { parseDuration } from '../formats/duration.ts'
import type { JournalLine } from '../model/store.ts'
import { journalText } from '../reporters/text/journal.ts'
import { openState } from '../state/folder.ts'
import { readJournal } from '../state/history.ts'
import { now } from '../util/clock.ts'
import type { CommonFlags, Console } from './context.ts'

export interface LogFlags extends CommonFlags {
  readonly since?: string | undefined
}

/** The journal in words, oldest first; with `--json` its lines as they are. */
export async function log(flags: LogFlags, console: Console): Promise<number> {
  const config = await configOf(flags)
  const state = await openState(config.state)
  const since = flags.since === undefined ? undefined : now() - ago(flags.since)
  const damaged = (file: string) => console.tell(`warning a line of ${file} cannot be read; it is left out`)
  const lines: JournalLine[] = []
  for await (const line of readJournal(state, since === undefined ? { damaged } : { since, damaged })) {
    if (concerns(line, flags)) lines.push(line)
  }
  if (flags.json) for (const line of lines) console.out(JSON.stringify(line))
  else console.out(lines.length === 0 ? 'Nothing happened.' : journalText(lines, console.paint))
  return 0
}

function concerns(line: JournalLine, { only, mitigation }: LogFlags): boolean {
  const server = 'server' in line ? line.server : null
  const ofServer = only === undefined || (server !== null && includes(only, server))
  const ofMitigation =
    mitigation === undefined ||
    (line.is === 'change' && line.mitigations.some((name) => includes(mitigation, name)))
  return ofServer && ofMitigation
}

function includes(names: readonly string[], name: string): boolean {
  return names.some((one) => one.toLowerCase() === name.toLowerCase())
}

function ago(text: string): number {
  const milliseconds = parseDuration(text)
  if (milliseconds !== null) return milliseconds
  throw new StopgapError('ARGUMENT_INVALID', {
    what: `${text} is no length of time`,
    remedy: 'Write for example --since 12h, 30m or 2d.',
  })
}
