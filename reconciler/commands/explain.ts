import { StopgapError } from '../errors/error.ts'
import type { MitigationReport } from '../model/report.ts'
import { prepare } from '../pipeline.ts'
import { type Explanation, explainText } from '../reporters/text/explain.ts'
import { newestOfServer } from '../state/backups.ts'
import { now } from '../util/clock.ts'
import { type CommonFlags, type Console, printJson } from './context.ts'
import { type Estate, openEstate } from './estate.ts'

/** The whole decision about one mitigation on one server, as it would be made now. */
export async function explain(
  server: string,
  mitigation: string,
  flags: CommonFlags,
  console: Console,
): Promise<number> {
  const estate = await openEstate({ ...flags, only: [server] }, console, null)
  try {
    const explanation = await explanationOf(estate, mitigation, console.signal)
    if (flags.json) printJson(console, explanation)
    else console.out(explainText(explanation, console.paint))
    return 0
  } finally {
    await estate.parts.close()
  }
}

async function explanationOf(
  { parts, world }: Estate,
  name: string,
  signal: AbortSignal,
): Promise<Explanation> {
  const target = parts.targets[0]
  if (target === undefined) throw new StopgapError('BUG', { detail: 'no target for a known server' })
  const { report, plan, record } = await prepare(target, { world, stores: parts.stores }, signal)
  const mitigation = found(report.mitigations, name, target.name)
  // What is ours the report says. The plan's record has what ours would be, also of what nobody remembers yet.
  const ours = new Set(mitigation.resources.filter(({ owned }) => owned).map(({ key }) => key))
  const entries = Object.entries({ ...plan.record.owned, ...record?.owned }).filter(([key]) => ours.has(key))
  const backup = await newestOfServer(parts.state, target.name)
  return {
    server: target.name,
    mitigation,
    revision: report.revision,
    at: report.at,
    now: now(),
    owned: Object.fromEntries(entries),
    backup,
  }
}

function found(mitigations: readonly MitigationReport[], name: string, server: string): MitigationReport {
  const mitigation = mitigations.find((one) => one.name.toLowerCase() === name.toLowerCase())
  if (mitigation !== undefined) return mitigation
  const what = `nothing is known of a mitigation ${name} on ${server}`
  throw new StopgapError('ARGUMENT_INVALID', {
    what,
    remedy: `There are: ${mitigations.map((one) => one.name).join(', ')}.`,
  })
}
