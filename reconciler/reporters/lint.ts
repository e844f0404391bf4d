import type { Finding, LintCode } from '../proof/lint/finding.ts'
import type { SarifResult, SarifRule } from './sarif.ts'

/** What each code means, in a line; docs/lint.md says more. */
export const LINT_TEXTS: { readonly [code in LintCode]: string } = {
  bypass: 'A request that means what a blocked one means is let through.',
  'bypass-not-searched': 'Ways around a blocked request were not searched, or not to the end.',
  'pattern-exponential': 'The time that a pattern takes doubles with each further character.',
  'pattern-polynomial': 'The time that a pattern takes grows with the cube of the length or faster.',
  'pattern-quadratic': 'The time that a pattern takes grows with the square of the length.',
  'pattern-unproven': 'How long a pattern takes could not be worked out.',
  'match-star': 'An asterisk alone is no regular expression; every request is answered with 500.',
  'pattern-invalid': 'The engine of URL Rewrite cannot read a pattern.',
  'reference-missing': 'A text refers to a capture that no pattern gives.',
  'template-invalid': 'URL Rewrite cannot read the braces of a text.',
  'variable-not-allowed': 'A rule sets a server variable that it is not allowed to set.',
  'rule-read-twice': 'Several applications of one line share a folder, so IIS reads the rule twice: 500.19.',
  'name-inherited': 'An inherited rule has the same name already: 500.19.',
  'health-check-blocked': 'A rule stops a health check.',
  'traffic-blocked': 'A rule stops too much of ordinary traffic.',
  'leading-slash': 'A pattern wants a leading slash, which is never there.',
  'query-not-seen': 'A rule looks in the path for what the attack has in the query.',
  'body-not-seen': 'A rule looks for the body of a request, which is never visible.',
  'variable-unknown': 'A server variable that IIS does not know is always empty.',
  'module-removed': 'A setting of a module that Exchange removes at that path.',
  'rule-unreachable': 'A rule stands behind another that ends the processing.',
  'service-restarted': 'A stopped service is started again by the health manager.',
  'pool-restarted': 'A stopped application pool is started again by the health manager.',
  'not-put': 'A resource cannot be put on an Exchange server.',
  'no-test': 'A rewrite rule without a test.',
  'no-reference': 'A mitigation without a reference.',
  'no-fix-explained': 'A mitigation that no build ends, and that does not say why.',
  'block-old': 'A block that never expires and is old.',
  'block-age-unknown': 'A block that never expires, of unknown age.',
}

/** Every code for a SARIF log, and the faults of a folder that cannot be judged at all. */
export const LINT_RULES: readonly SarifRule[] = [
  ...Object.entries(LINT_TEXTS).map(([id, text]) => ({ id, text })),
  { id: 'invalid', text: 'The folder does not validate, so nothing was judged.' },
]

/** Findings as results of a SARIF log. */
export function lintResults(findings: readonly Finding[]): readonly SarifResult[] {
  return findings.map(({ code, severity, message, why, remedy, origin }) => ({
    rule: code,
    level: severity,
    message: [message, why, ...(remedy === undefined ? [] : [remedy])].join('\n'),
    origin,
  }))
}
