import type { RuleTrace } from './exchange.ts'
import type { Scope } from './expand.ts'

/**
 * What a rule did, for people; `captured`: what there was to refer to when it acted, null where it did not match; `missed`
 * as in `RuleTrace`.
 */
export function traceOf(
  { name, scope }: Pick<RuleTrace, 'name' | 'scope'>,
  captured: Pick<Scope, 'R' | 'C'> | null,
  missed?: string,
): RuleTrace {
  const captures: { [reference: string]: string } = {}
  for (const [i, text] of captured?.R.entries() ?? []) captures[`R:${i}`] = text
  for (const [i, text] of captured?.C.entries() ?? []) captures[`C:${i}`] = text
  return { name, scope, matched: captured !== null, captures, ...(missed === undefined ? {} : { missed }) }
}
