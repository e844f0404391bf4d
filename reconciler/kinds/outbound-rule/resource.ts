import type { Kind } from '../../model/resource.ts'
import { ourRules } from '../rule-ours.ts'
import { ruleFaults, ruleResource, splitRule } from '../rule-resource.ts'
import { schema } from './schema.ts'

/** An outbound rule of URL Rewrite, with its preCondition. */
export const outboundRule: Kind = {
  name: 'outbound-rule',
  schema,
  faults: ruleFaults,
  split: splitRule,
  resource: ruleResource,
  ours: (see, known) => ourRules(see, 'outbound-rule', known),
}
