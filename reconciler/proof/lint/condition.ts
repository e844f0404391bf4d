import type { WrittenRule } from './written.ts'

/** A further condition of a rule as YAML to paste; null where it would be one of several that are enough one by one. */
export function furtherCondition({ conditions, grouping }: WrittenRule, entry: string): string | null {
  if (conditions.length === 0) return `conditions: [${entry}]`
  return grouping === 'MatchAny' ? null : `# one more of its conditions\n- ${entry}`
}
