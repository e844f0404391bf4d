import type { Kind } from '../../model/resource.ts'
import { ourRules } from '../rule-ours.ts'
import { ruleFaults, ruleResource, splitRule } from '../rule-resource.ts'
import { schema } from './schema.ts'

/** An inbound rule of URL Rewrite, or a global one with `at: server`. */
export const rewriteRule: Kind = {
  name: 'rewrite-rule',
  schema,
  faults: ruleFaults,
  split: splitRule,
  resource: ruleResource,
  ours: (see, known) => ourRules(see, 'rewrite-rule', known),
}
