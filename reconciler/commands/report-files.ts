import { relative, resolve, sep } from 'node:path'
import { StopgapError, wordsOf } from '../errors/error.ts'
import { type JUnitSuite, junit } from '../reporters/junit.ts'
import { type SarifResult, type SarifRule, sarif } from '../reporters/sarif.ts'
import { replaceFile } from '../util/atomic.ts'
import { VERSION } from '../version.ts'

/** Where results are wanted beside standard output. */
export interface ReportFlags {
  readonly junit?: string | undefined
  readonly sarif?: string | undefined
}

/** Writes a SARIF log of results about files below `folder`. Throws REPORT_UNWRITABLE. */
export async function writeSarif(
  path: string,
  folder: string,
  rules: readonly SarifRule[],
  results: readonly SarifResult[],
): Promise<void> {
  const log = sarif({ version: VERSION, rules, results, folder: belowHere(folder) })
  await write(path, `${JSON.stringify(log, null, 2)}\n`)
}

/** Writes what JUnit would. Throws REPORT_UNWRITABLE. */
export async function writeJUnit(path: string, suites: readonly JUnitSuite[]): Promise<void> {
  await write(path, junit(suites))
}

// Code reviews count paths from the root of the repository, which is where their jobs run.
function belowHere(folder: string): string {
  const path = relative(resolve('.'), resolve(folder))
  return path.startsWith('..') || resolve(path) !== resolve(folder) ? '' : path.split(sep).join('/')
}

async function write(path: string, text: string): Promise<void> {
  try {
    await replaceFile(path, text)
  } catch (error) {
    throw new StopgapError('REPORT_UNWRITABLE', { path, detail: wordsOf(error) }, { cause: error })
  }
}
