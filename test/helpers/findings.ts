import type { Finding } from '../../reconciler/model/finding.ts'

/** Findings as `is check: what`, which is what people see of them. */
export function linesOf(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ is, check, what }) => `${is} ${check}: ${what}`)
}

/** What is not well, as `is check`, and the exit code of a failure. */
export function flaws(findings: readonly Finding[]): readonly string[] {
  return findings.flatMap((one) =>
    one.is === 'ok'
      ? []
      : [one.is === 'failure' ? `failure ${one.check} ${one.exit}` : `warning ${one.check}`],
  )
}
