import { type RuleFault, reporter } from './fault.ts'
import { indexMaps, type Maps } from './maps.ts'
import { compileOutboundRule, type OutboundRule } from './outbound-rule.ts'
import { compileRule, type Rule } from './rule.ts'
import type { RuleSetSource, RuleSource } from './rule-set.ts'

/** A set of rules that is ready to be met. */
export interface RuleSet {
  readonly source: RuleSetSource
  readonly maps: Maps
  readonly globalRules: readonly Rule[]
  readonly rules: readonly Rule[]
  readonly outboundRules: readonly OutboundRule[]
  /** All of them, in the order of the rules. */
  readonly faults: readonly RuleFault[]
}

/** Reads all patterns and templates of a set once. Never throws: what IIS could not read is among the faults. */
export function compile(source: RuleSetSource): RuleSet {
  const faults: RuleFault[] = []
  const maps = indexMaps(source.rewriteMaps)
  const allowed = new Set(source.allowedServerVariables.map((name) => name.toUpperCase()))
  const ready = (rules: readonly RuleSource[], scope: Rule['scope']): readonly Rule[] =>
    rules.map((rule) =>
      compileRule(rule, {
        scope,
        maps,
        allowed: scope === 'global' ? null : allowed,
        report: reporter(scope, rule.name, faults),
      }),
    )
  const globalRules = ready(source.globalRules, 'global')
  const rules = ready(source.rules, 'distributed')
  const { customTags } = source
  const outboundRules = source.outboundRules.map((rule) =>
    compileOutboundRule(rule, { maps, customTags, report: reporter('outbound', rule.name, faults) }),
  )
  return { source, maps, globalRules, rules, outboundRules, faults }
}
