import { configOf, serverNames, sourceStatus } from '../compose.ts'
import type { Status } from '../model/status.ts'
import { statusCsv } from '../reporters/csv.ts'
import { statusJson } from '../reporters/json.ts'
import { statusText } from '../reporters/text/status.ts'
import { openState } from '../state/folder.ts'
import { readMemory } from '../state/memory.ts'
import { now } from '../util/clock.ts'
import { type CommonFlags, type Console, printJson } from './context.ts'
import { narrowed, requireMitigations } from './estate.ts'
import { statusCode, worstOf } from './exit.ts'

export interface StatusFlags extends CommonFlags {
  readonly csv?: boolean | undefined
}

/** What the last passes said, without touching the source or a server. */
export async function status(flags: StatusFlags, console: Console): Promise<number> {
  const config = await configOf(flags)
  const state = await openState(config.state)
  const names = await serverNames(config, state, flags.only ?? null)
  const recalled = await Promise.all(names.map((name) => readMemory(state, name)))
  for (const { warning } of recalled) if (warning !== null) console.tell(`warning ${warning}`)
  const whole = recalled.flatMap(({ memory }) => (memory.report === null ? [] : [memory.report]))
  if (whole.length > 0) requireMitigations(flags, whole)
  const reports = whole.map((report) => narrowed(report, flags))
  const source = await sourceStatus(config, state)
  const known = new Set(reports.map(({ server }) => server.toLowerCase()))
  const status: Status = {
    at: now(),
    revision: source.inForce,
    source: source.status,
    waiting: names.filter((name) => !known.has(name.toLowerCase())),
    servers: reports,
  }
  if (flags.csv) console.out(statusCsv(status).replace(/\r?\n$/, ''))
  else if (flags.json) printJson(console, statusJson(status))
  else console.out(statusText(status, console.paint))
  return worstOf([
    statusCode(reports),
    source.status.rejected === null ? 0 : 3,
    source.status.failing === null ? 0 : 1,
  ])
}
