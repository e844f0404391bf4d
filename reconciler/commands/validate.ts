import { resolve } from 'node:path'
import { StopgapError } from '../errors/error.ts'
import { kinds } from '../kinds/registry.ts'
import type { Diagnostic } from '../model/catalogue.ts'
import { diagnosticsText } from '../reporters/text/trouble.ts'
import { readPolicyFolder } from '../sources/policy-folder.ts'
import { check } from '../stages/load.ts'
import { now } from '../util/clock.ts'
import { type CommonFlags, type Console, printJson } from './context.ts'

/** Checks a policy folder; lists every fault and warning. */
export async function validate(folder: string, flags: CommonFlags, console: Console): Promise<number> {
  const { valid, diagnostics } = await judged(resolve(folder))
  if (flags.json) printJson(console, { valid, diagnostics })
  else console.out(diagnosticsText(diagnostics, console.paint))
  return valid ? 0 : 3
}

/** What is too large to be read is a fault like any other to somebody who only asks. */
async function judged(folder: string): Promise<{ valid: boolean; diagnostics: readonly Diagnostic[] }> {
  try {
    const { catalogue, diagnostics } = check(await readPolicyFolder(folder), kinds, { now: now() })
    return { valid: catalogue !== null, diagnostics }
  } catch (error) {
    if (!(error instanceof StopgapError) || error.code !== 'POLICY_OVERSIZED') throw error
    return { valid: false, diagnostics: (error as StopgapError<'POLICY_OVERSIZED'>).facts.faults }
  }
}
