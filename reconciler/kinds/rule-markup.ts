import type { Markup } from '../iis/markup.ts'
import { attributeText } from '../iis/schema/normalise.ts'
import type { Json } from '../model/resource.ts'

/** A part of a rule as a specification gives it: attributes by the names that IIS has for them. */
type Attributes = { readonly [name: string]: Json | undefined }

/** IIS keeps the two settings on the element `conditions`; in a specification they stand beside the list. */
interface Conditions {
  readonly conditions?: readonly Attributes[]
  readonly logicalGrouping?: string
  readonly trackAllCaptures?: boolean
}

/** What inbound and outbound rules have in common, as specified. */
export interface RuleBody extends Conditions {
  readonly patternSyntax?: string
  readonly match?: Attributes
  readonly serverVariables?: readonly Attributes[]
  readonly action?: Attributes
  readonly stopProcessing?: boolean
}

/** A preCondition as specified; its name is without our mark. */
export interface PreConditionSpec extends Conditions {
  readonly name: string
  readonly patternSyntax?: string
}

/** An element with what is given of the attributes; a list is a flags value. */
function element(name: string, attributes: Attributes, children: readonly Markup[] = []): Markup {
  const given = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, attributeText(value)] as const],
  )
  return { name, attributes: given, children }
}

/** A rule as markup. Only what the specification names is written: defaults stay away, as in files of real servers. */
export function ruleMarkup(fullName: string, body: RuleBody, preCondition?: string): Markup {
  const { patternSyntax, stopProcessing } = body
  const children = [element('match', body.match ?? {})]
  const conditions = conditionsMarkup(body)
  if (conditions !== null) children.push(conditions)
  if ((body.serverVariables ?? []).length > 0) {
    const variables = (body.serverVariables ?? []).map((variable) => element('set', variable))
    children.push(element('serverVariables', {}, variables))
  }
  children.push(element('action', body.action ?? {}))
  return element('rule', { name: fullName, preCondition, patternSyntax, stopProcessing }, children)
}

function conditionsMarkup({ conditions = [], logicalGrouping, trackAllCaptures }: Conditions): Markup | null {
  if (conditions.length === 0 && logicalGrouping === undefined && trackAllCaptures === undefined) return null
  const items = conditions.map((condition) => element('add', condition))
  return element('conditions', { logicalGrouping, trackAllCaptures }, items)
}

/** A preCondition as markup. */
export function preConditionMarkup(fullName: string, spec: PreConditionSpec): Markup {
  const { logicalGrouping, patternSyntax } = spec
  const items = (spec.conditions ?? []).map((condition) => element('add', condition))
  return element('preCondition', { name: fullName, logicalGrouping, patternSyntax }, items)
}
