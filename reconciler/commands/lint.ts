import { resolve } from 'node:path'
import { cacheFolder, processSystem } from '../compose.ts'
import { kinds } from '../kinds/registry.ts'
import type { Block, Catalogue } from '../model/catalogue.ts'
import type { Snapshot } from '../model/source.ts'
import { Backtracker } from '../proof/lint/backtracking.ts'
import type { BlockTimes } from '../proof/lint/metadata.ts'
import { LINT_RULES, lintResults } from '../reporters/lint.ts'
import { lintText } from '../reporters/text/lint.ts'
import { diagnosticsText } from '../reporters/text/trouble.ts'
import { sarifDiagnostics } from '../reporters/tryout.ts'
import { lineTimes } from '../sources/line-times.ts'
import { readPolicyFolder } from '../sources/policy-folder.ts'
import { lint as judge } from '../stages/lint.ts'
import { type Checked, check } from '../stages/load.ts'
import { now } from '../util/clock.ts'
import { type CommonFlags, type Console, lineWidth, printJson } from './context.ts'
import { requireMitigations } from './estate.ts'
import { laboratory } from './laboratory.ts'
import { type ReportFlags, writeSarif } from './report-files.ts'
import { ordinaryTraffic } from './traffic.ts'

export type LintFlags = CommonFlags & Pick<ReportFlags, 'sarif'>

/** Says what a reviewer cannot see. 2: an error was found; 3: the folder does not validate. */
export async function lint(folder: string, flags: LintFlags, console: Console): Promise<number> {
  const snapshot = await readPolicyFolder(resolve(folder))
  const checked = check(snapshot, kinds, { now: now(), patterns: 'later' })
  if (checked.catalogue === null) return invalid(folder, checked, flags, console)
  const chosen = narrowed(checked.catalogue, flags)
  const context = {
    kinds,
    where: checked.where,
    now: now(),
    blockTimes: await timesOf(resolve(folder), snapshot, chosen.blocks, console.signal),
    traffic: await ordinaryTraffic(console.signal),
    backtracker: new Backtracker(cacheFolder('patterns')),
    laboratory: (mitigation: Catalogue['mitigations'][number]) => laboratory(mitigation).see,
  }
  const findings = await judge(chosen, context, console.signal)
  if (flags.sarif !== undefined) await writeSarif(flags.sarif, folder, LINT_RULES, lintResults(findings))
  if (flags.json) printJson(console, { diagnostics: checked.diagnostics, findings })
  else console.out(lintText(findings, console.paint, lineWidth(console)))
  return findings.some(({ severity }) => severity === 'error') ? 2 : 0
}

async function invalid(
  folder: string,
  { diagnostics }: Checked,
  flags: LintFlags,
  console: Console,
): Promise<number> {
  if (flags.sarif !== undefined)
    await writeSarif(flags.sarif, folder, LINT_RULES, sarifDiagnostics(diagnostics))
  if (flags.json) printJson(console, { diagnostics, findings: [] })
  else console.out(diagnosticsText(diagnostics, console.paint))
  return 3
}

/** Whoever names a mitigation wants to hear of that one alone. */
function narrowed(
  { mitigations, blocks }: Catalogue,
  flags: LintFlags,
): Pick<Catalogue, 'mitigations' | 'blocks'> {
  requireMitigations(flags, [], { mitigations })
  if (flags.mitigation === undefined) return { mitigations, blocks }
  const wanted = new Set(flags.mitigation.map((name) => name.toLowerCase()))
  return { mitigations: mitigations.filter(({ name }) => wanted.has(name.toLowerCase())), blocks: [] }
}

/** Since when each block that has no end has been there. */
async function timesOf(
  folder: string,
  snapshot: Snapshot,
  blocks: readonly Block[],
  signal: AbortSignal,
): Promise<BlockTimes> {
  const times = new Map<string, number | null>()
  const files = Map.groupBy(
    blocks.filter(({ expires }) => expires === undefined),
    ({ origin }) => origin.file,
  )
  for (const [file, inFile] of files) {
    const entry = snapshot.files.get(file)
    const rows = entry?.is === 'file' ? new TextDecoder().decode(entry.bytes).split(/\r?\n/) : []
    const lines = inFile.map(({ origin }) => ({ number: origin.line, text: rows[origin.line - 1] ?? '' }))
    const found = await lineTimes({ folder, file }, lines, processSystem(), signal)
    for (const [index, { name }] of inFile.entries()) times.set(name, found[index] ?? null)
  }
  return times
}
