import { parseText } from '../iis/document.ts'
import { type Known, unknown } from '../iis/known.ts'
import { type Markup, render } from '../iis/markup.ts'
import { sitePathOf } from '../iis/paths.ts'
import { outboundRuleFields, ruleFields } from '../iis/rule.ts'
import type { Fields } from '../model/resource.ts'
import { markedName } from './mark.ts'
import { type PreConditionSpec, preConditionMarkup, type RuleBody, ruleMarkup } from './rule-markup.ts'

/** The two kinds that rules are asked for by. */
export type RuleKindName = 'rewrite-rule' | 'outbound-rule'
/** Which collection a rule stands in. */
export type RuleSection = 'rules' | 'globalRules' | 'outboundRules'
/** Which file holds a rule. */
export type RuleFile = 'web.config' | 'applicationHost.config'

/** A rule by somebody else that does the same, or nearly so. */
export interface Equivalent {
  readonly names: readonly string[]
  readonly form?: RuleBody & { readonly preCondition?: PreConditionSpec }
  readonly enough: boolean
}

/** An atomic specification of an inbound or outbound rule. */
export interface RuleSpec extends RuleBody {
  readonly kind: RuleKindName
  readonly at: string
  readonly in?: RuleFile
  readonly name: string
  readonly position?: 'first' | 'last'
  readonly preCondition?: PreConditionSpec
  readonly ifMissing?: 'skip' | 'fail'
  readonly equivalents?: readonly Equivalent[]
}

/** A rule of ours: what is wanted, under which names, as markup and as canonical fields. */
export interface Rule {
  readonly spec: RuleSpec
  /** Site path; the empty text is the server. */
  readonly at: string
  readonly section: RuleSection
  /** Names from the root of a file's scope: `system.webServer/rewrite/rules`. */
  readonly path: string
  readonly name: string
  readonly in: RuleFile
  readonly markup: Markup
  readonly preCondition: { readonly name: string; readonly markup: Markup } | null
  /** What IIS reads out of the markup; unknown when it would refuse it. */
  readonly fields: Known<Fields>
}

/** Works out a rule from its specification. */
export function ruleOf(spec: RuleSpec, mitigation: string): Rule {
  const at = sitePathOf(spec.at)
  const section = sectionFor(spec.kind, at)
  const name = markedName(mitigation, spec.name)
  const preCondition =
    spec.preCondition === undefined ? null : namedPreCondition(spec.preCondition, mitigation)
  const markup = ruleMarkup(name, spec, preCondition?.name)
  return {
    spec,
    at,
    section,
    path: `system.webServer/rewrite/${section}`,
    name,
    // Global rules exist in applicationHost.config only.
    in: at === '' ? 'applicationHost.config' : (spec.in ?? 'web.config'),
    markup,
    preCondition,
    fields: fieldsOfMarkup(section, markup, preCondition?.markup ?? null),
  }
}

function sectionFor(kind: RuleKindName, at: string): RuleSection {
  if (kind === 'outbound-rule') return 'outboundRules'
  return at === '' ? 'globalRules' : 'rules'
}

function namedPreCondition(spec: PreConditionSpec, mitigation: string) {
  const name = markedName(mitigation, spec.name)
  return { name, markup: preConditionMarkup(name, spec) }
}

/** Canonical fields of another form of a rule: what the form does not say is as in the rule itself. */
export function formFields({ spec, section }: Rule, form: Equivalent['form']): Known<Fields> {
  // Part by part: a form that gives conditions gives all of them.
  const whole = { ...spec, ...form }
  const preCondition = whole.preCondition === undefined ? null : preConditionMarkup('x', whole.preCondition)
  return fieldsOfMarkup(
    section,
    ruleMarkup('x', whole, preCondition === null ? undefined : 'x'),
    preCondition,
  )
}

// Going through text makes sure that what is wanted is what IIS will read, defaults and all.
function fieldsOfMarkup(section: RuleSection, rule: Markup, preCondition: Markup | null): Known<Fields> {
  const around: Markup = {
    name: section,
    attributes: [],
    children: preCondition === null ? [rule] : [rule, preCondition],
  }
  const document = parseText(render(around, '', { lineEnd: '\n', unit: '' }))
  if (document.is === 'refused') return unknown(document.why)
  const [first, second] = document.root.children
  if (first === undefined) return unknown('there is no rule')
  return section === 'outboundRules'
    ? outboundRuleFields(first, second === undefined ? [] : [second])
    : ruleFields(first, section)
}
