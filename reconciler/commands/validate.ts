import { resolve } from 'node:path'
import { kinds } from '../kinds/registry.ts'
import { diagnosticsText } from '../reporters/text/trouble.ts'
import { readPolicyFolder } from '../sources/policy-folder.ts'
import { check } from '../stages/load.ts'
import { now } from '../util/clock.ts'
import { type CommonFlags, type Console, printJson } from './context.ts'

/** Checks a policy folder; lists every fault and warning. */
export async function validate(folder: string, flags: CommonFlags, console: Console): Promise<number> {
  const snapshot = await readPolicyFolder(resolve(folder))
  const { catalogue, diagnostics } = check(snapshot, kinds, { now: now() })
  if (flags.json) printJson(console, { valid: catalogue !== null, diagnostics })
  else console.out(diagnosticsText(diagnostics, console.paint))
  return catalogue === null ? 3 : 0
}
