import { compose, configOf, type Parts } from '../compose.ts'
import { StopgapError } from '../errors/error.ts'
import { kinds } from '../kinds/registry.ts'
import type { Catalogue } from '../model/catalogue.ts'
import type { ServerReport } from '../model/report.ts'
import type { Renewed } from '../renew.ts'
import { diagnosticsText, troubleText } from '../reporters/text/trouble.ts'
import type { World } from '../stages/assess.ts'
import { now } from '../util/clock.ts'
import type { RetryOptions } from '../util/retry.ts'
import type { CommonFlags, Console } from './context.ts'
import { unheard } from './run-of.ts'

/** A person waits: three attempts within some seconds. */
const RETRY: RetryOptions = { retries: 2, shortest: 500, longest: 3_000 }

/** The parts with a revision in force: what every command that looks at servers begins with. */
export interface Estate {
  readonly parts: Parts
  readonly renewed: Renewed
  readonly catalogue: Catalogue
  readonly world: World
}

/**
 * Opens everything and looks at the source once. Tells on standard error when the source failed or a revision is
 * refused, with all of its faults, and the last good one is used. Throws that error when there is none.
 */
export async function openEstate(
  flags: CommonFlags,
  console: Console,
  lockFor: string | null,
): Promise<Estate> {
  const config = await configOf(flags)
  const parts = await compose(config, { emit: unheard, lockFor, only: flags.only ?? null, retry: RETRY })
  try {
    const renewed = await parts.renew({ time: now(), trusted: true }, console.signal)
    const { catalogue, error } = renewed
    const faults = error === null || error instanceof StopgapError ? [] : error.faults
    if (faults.length > 0) console.tell(diagnosticsText(faults, console.paintError))
    if (catalogue === null) throw error instanceof StopgapError ? error : refusedError(error)
    if (error !== null) console.tell(troubleText(error, console.paintError))
    return { parts, renewed, catalogue, world: worldOf(parts, catalogue, flags) }
  } catch (error) {
    await parts.close()
    throw error
  }
}

/** The warnings of the revision in force, for people. */
export function policyWarnings({ renewed }: Estate): readonly string[] {
  return (renewed.inForce?.warnings ?? []).map(
    ({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`,
  )
}

/** What a pass is judged by, at this moment. */
export function worldOf({ config, stores }: Parts, catalogue: Catalogue, { mitigation }: CommonFlags): World {
  return {
    catalogue,
    kinds,
    limits: config.limits,
    retireAfter: config.retireAfter,
    now: { time: now(), trusted: true },
    instance: stores.instance,
    unprotected: 0,
    only: mitigation === undefined ? null : new Set(mitigation.map((name) => name.toLowerCase())),
  }
}

/** Leaves only the mitigations that were asked for. */
export function narrowed(report: ServerReport, { mitigation }: CommonFlags): ServerReport {
  if (mitigation === undefined) return report
  const wanted = new Set(mitigation.map((name) => name.toLowerCase()))
  return { ...report, mitigations: report.mitigations.filter(({ name }) => wanted.has(name.toLowerCase())) }
}

/** A name that nobody knows is a slip of the hand: it would look as if nothing were to be done. Throws ARGUMENT_INVALID. */
export function requireMitigations(
  { mitigation }: CommonFlags,
  reports: readonly ServerReport[],
  catalogue: Pick<Catalogue, 'mitigations'> = { mitigations: [] },
): void {
  const names = [...catalogue.mitigations, ...reports.flatMap((report) => report.mitigations)].map(
    ({ name }) => name,
  )
  const known = new Set(names.map((name) => name.toLowerCase()))
  const missing = mitigation?.find((name) => !known.has(name.toLowerCase()))
  if (missing === undefined) return
  const remedy = `There are: ${[...new Set(names)].join(', ')}.`
  throw new StopgapError('ARGUMENT_INVALID', { what: `no mitigation is called ${missing}`, remedy })
}

/** Servers from which these plans take a protection because the repository no longer selects it. */
export function unprotectedBy(reports: readonly ServerReport[]): number {
  return reports.filter(({ plan, mitigations }) => {
    const forsaken = new Set(
      mitigations.filter(({ verdict }) => verdict === 'not-selected').map(({ name }) => name),
    )
    const undone = [...(plan?.changes ?? []), ...(plan?.held ?? [])].filter(({ verb }) => verb === 'undo')
    return undone.some((change) => change.mitigations.some((name) => forsaken.has(name)))
  }).length
}

function refusedError(refusal: Renewed['error']): StopgapError {
  if (refusal === null || refusal instanceof StopgapError) {
    return new StopgapError('BUG', { detail: 'nothing is in force and nothing is wrong' })
  }
  return new StopgapError('REVISION_REFUSED', refusal)
}
