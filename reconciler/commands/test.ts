import { resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { kinds } from '../kinds/registry.ts'
import type { Mitigation } from '../model/catalogue.ts'
import type { TrafficRequest } from '../proof/traffic.ts'
import type { Tryout } from '../proof/tried.ts'
import { tryOut } from '../proof/tryout.ts'
import { diagnosticsText } from '../reporters/text/trouble.ts'
import { tryoutsText } from '../reporters/text/tryout.ts'
import {
  countsOf,
  junitDiagnostics,
  junitSuites,
  sarifDiagnostics,
  sarifResults,
  TRIED_RULES,
  tryoutsJson,
} from '../reporters/tryout.ts'
import { readPolicyFolder } from '../sources/policy-folder.ts'
import { type Checked, check } from '../stages/load.ts'
import { proven } from '../stages/prove.ts'
import { now } from '../util/clock.ts'
import { type CommonFlags, type Console, lineWidth, printJson } from './context.ts'
import { requireMitigations } from './estate.ts'
import { laboratory } from './laboratory.ts'
import { type ReportFlags, writeJUnit, writeSarif } from './report-files.ts'
import { ordinaryTraffic } from './traffic.ts'

export type TestFlags = CommonFlags & ReportFlags

/** Runs the request tests that mitigations carry, and every rule against ordinary traffic. 2: something failed. */
export async function test(folder: string, flags: TestFlags, console: Console): Promise<number> {
  const checked = check(await readPolicyFolder(resolve(folder)), kinds, { now: now() })
  if (checked.catalogue === null) return invalid(folder, checked, flags, console)
  const { mitigations } = checked.catalogue
  requireMitigations(flags, [], { mitigations })
  const corpus = await ordinaryTraffic(console.signal)
  const tryouts: Tryout[] = []
  for (const one of chosen(mitigations, flags)) {
    // Trying never waits for anything, so nothing else would be heard meanwhile, Ctrl-C for one.
    await setImmediate()
    console.signal.throwIfAborted()
    tryouts.push(tried(one, checked, corpus))
  }
  if (flags.sarif !== undefined) await writeSarif(flags.sarif, folder, TRIED_RULES, sarifResults(tryouts))
  if (flags.junit !== undefined) await writeJUnit(flags.junit, junitSuites(tryouts))
  if (flags.json) printJson(console, tryoutsJson(tryouts, checked.diagnostics, true))
  else console.out(tryoutsText(tryouts, console.paint, lineWidth(console)))
  return countsOf(tryouts).failed > 0 ? 2 : 0
}

/** What does not validate cannot be tried; its faults are the result everywhere. */
async function invalid(
  folder: string,
  { diagnostics }: Checked,
  flags: TestFlags,
  console: Console,
): Promise<number> {
  if (flags.sarif !== undefined)
    await writeSarif(flags.sarif, folder, TRIED_RULES, sarifDiagnostics(diagnostics))
  if (flags.junit !== undefined) await writeJUnit(flags.junit, junitDiagnostics(diagnostics))
  if (flags.json) printJson(console, tryoutsJson([], diagnostics, false))
  else console.out(diagnosticsText(diagnostics, console.paint))
  return 3
}

function chosen(all: readonly Mitigation[], { mitigation: names }: TestFlags): readonly Mitigation[] {
  if (names === undefined) return all
  const wanted = new Set(names.map((name) => name.toLowerCase()))
  return all.filter(({ name }) => wanted.has(name.toLowerCase()))
}

function tried(mitigation: Mitigation, { where }: Checked, corpus: readonly TrafficRequest[]): Tryout {
  const { see: before, build, applies } = laboratory(mitigation)
  const { see: after, held, missing } = proven(before, mitigation, kinds)
  const at = (pointer: string) => where(mitigation.name, pointer) ?? mitigation.origin
  return tryOut({ mitigation, build, applies, before, after, held, missing, at }, corpus)
}
