import type { Origin } from '../../model/catalogue.ts'

const LINT_SEVERITIES = ['error', 'warning', 'note'] as const
/** error: it breaks mail, or protects nothing; warning: a person has to look; note: good to know. */
export type LintSeverity = (typeof LINT_SEVERITIES)[number]

/** Every code that lint knows, with the severity it has unless a finding says otherwise. docs/lint.md explains each. */
export const LINT_CODES = {
  bypass: 'error',
  'bypass-not-searched': 'note',
  'pattern-exponential': 'error',
  'pattern-polynomial': 'warning',
  'pattern-quadratic': 'note',
  'pattern-unproven': 'warning',
  'match-star': 'error',
  'pattern-invalid': 'error',
  'reference-missing': 'error',
  'template-invalid': 'error',
  'variable-not-allowed': 'error',
  'rule-read-twice': 'error',
  'name-inherited': 'error',
  'health-check-blocked': 'error',
  'traffic-blocked': 'error',
  'leading-slash': 'error',
  'query-not-seen': 'warning',
  'body-not-seen': 'error',
  'variable-unknown': 'warning',
  'module-removed': 'error',
  'rule-unreachable': 'error',
  'service-restarted': 'warning',
  'pool-restarted': 'warning',
  'not-put': 'warning',
  'no-test': 'warning',
  'no-reference': 'warning',
  'no-fix-explained': 'warning',
  'block-old': 'warning',
  'block-age-unknown': 'note',
} as const satisfies { readonly [code: string]: LintSeverity }

export type LintCode = keyof typeof LINT_CODES

/** Something that a reviewer cannot see by reading. */
export interface Finding {
  readonly code: LintCode
  readonly severity: LintSeverity
  /** The very field that it is about. */
  readonly origin: Origin
  /** Name of the mitigation, or of the block. */
  readonly object: string
  /** What was found, in one line. */
  readonly message: string
  /** What comes of it. */
  readonly why: string
  /** The proposed change: words, or a fragment of YAML to paste (several lines); absent where there is none to propose. */
  readonly remedy?: string
}

/** A finding; its severity is that of its code unless another is named. */
export function finding(
  code: LintCode,
  rest: Omit<Finding, 'code' | 'severity'> & { readonly severity?: LintSeverity },
): Finding {
  return { code, severity: LINT_CODES[code], ...rest }
}

/** By file, line and column, then the graver first. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort(
    (a, b) =>
      compareText(a.origin.file, b.origin.file) ||
      a.origin.line - b.origin.line ||
      a.origin.column - b.origin.column ||
      LINT_SEVERITIES.indexOf(a.severity) - LINT_SEVERITIES.indexOf(b.severity) ||
      compareText(a.code, b.code),
  )
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}
