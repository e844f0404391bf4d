import type { Diagnostic } from '../model/catalogue.ts'
import { TRIED, type Tried, type Tryout } from '../proof/tried.ts'
import type { JUnitCase, JUnitSuite } from './junit.ts'
import type { SarifResult, SarifRule } from './sarif.ts'

/** Every sort of thing that `test` may find fault with, and the faults of a folder that cannot be tried at all. */
export const TRIED_RULES: readonly SarifRule[] = [
  ...Object.entries(TRIED).map(([id, text]) => ({ id, text })),
  { id: 'invalid', text: 'The folder does not validate, so nothing was tried.' },
]

/** All that is to be looked at; what is as it should be is no result. */
export function sarifResults(tryouts: readonly Tryout[]): readonly SarifResult[] {
  return tryouts.flatMap(({ mitigation, tried }) =>
    tried.flatMap((one): readonly SarifResult[] =>
      one.level === 'ok'
        ? []
        : [
            {
              rule: one.code,
              level: one.level,
              message: `${mitigation}: ${one.name}\n${detailsText(one)}`,
              origin: one.origin,
            },
          ],
    ),
  )
}

/** Faults and warnings of a folder that does not validate. */
export function sarifDiagnostics(diagnostics: readonly Diagnostic[]): readonly SarifResult[] {
  return diagnostics.map(({ severity, message, ...origin }) => ({
    rule: 'invalid',
    level: severity,
    message,
    origin,
  }))
}

/** A suite per mitigation: its tests, one more for ordinary traffic, and one for each thing that failed beside. */
export function junitSuites(tryouts: readonly Tryout[]): readonly JUnitSuite[] {
  return tryouts.map(({ mitigation, origin, traffic, tried }) => {
    const isTest = ({ code }: Tried) => code === 'as-expected' || code === 'test-failed'
    const others = tried.filter((one) => !isTest(one) && one.level === 'error')
    const ordinary: JUnitCase = {
      name: `ordinary traffic, ${traffic.requests} requests`,
      file: origin.file,
      line: origin.line,
      failure: null,
    }
    const clean = !others.some(({ code }) => code === 'false-positive' || code === 'response-broken')
    return {
      name: mitigation,
      cases: [...tried.filter(isTest).map(caseOf), ...(clean ? [ordinary] : []), ...others.map(caseOf)],
    }
  })
}

/** One suite with a failure for every fault. */
export function junitDiagnostics(diagnostics: readonly Diagnostic[]): readonly JUnitSuite[] {
  const cases = diagnostics
    .filter(({ severity }) => severity === 'error')
    .map(({ file, line, column, message }) => ({
      name: `${file}:${line}:${column}`,
      file,
      line,
      failure: { message, text: message },
    }))
  return [{ name: 'validate', cases }]
}

/** How many results of each level there are. */
export interface TriedCounts {
  readonly passed: number
  readonly failed: number
  readonly warnings: number
}

/** What `test --json` prints: every result of every mitigation, those that are as they should be too. */
export function tryoutsJson(
  tryouts: readonly Tryout[],
  diagnostics: readonly Diagnostic[],
  valid: boolean,
): object {
  const counts = countsOf(tryouts)
  return {
    valid,
    passed: valid && counts.failed === 0,
    counts,
    diagnostics,
    mitigations: tryouts.map(({ mitigation, tried, ...rest }) => ({
      name: mitigation,
      ...rest,
      results: tried,
    })),
  }
}

/** How many tests passed, and how much else is not as it should be. */
export function countsOf(tryouts: readonly Tryout[]): TriedCounts {
  const all = tryouts.flatMap(({ tried }) => tried)
  const of = (level: Tried['level']) => all.filter((one) => one.level === level).length
  return { passed: of('ok'), failed: of('error'), warnings: of('warning') }
}

function caseOf(one: Tried): JUnitCase {
  const { file, line, column } = one.origin
  const failure =
    one.level === 'ok'
      ? null
      : { message: one.happened ?? one.code, text: `${file}:${line}:${column}\n${detailsText(one)}` }
  return { name: one.name, file, line, failure }
}

function detailsText({ request, expected, happened, because }: Tried): string {
  const rows = [
    ['request', request],
    ['expected', expected],
    ['happened', happened],
    ['because', because],
  ]
  return rows.flatMap(([label, text]) => (text === undefined ? [] : [`${label}: ${text}`])).join('\n')
}
