import type { JsonSchema } from '../model/resource.ts'
import { choiceSchema, flagSchema, nameSchema, objectSchema, textSchema } from './schema.ts'

// The words are those of IIS (rewrite_schema.xml of URL Rewrite 2.x), so that a rule can be copied over as it is.

/** Names of the pattern syntaxes; all three hold for conditions too. */
const SYNTAXES = ['ECMAScript', 'Wildcard', 'ExactMatch'] as const

/** `patternSyntax` of a rule or preCondition. */
export const patternSyntax = choiceSchema(
  'How patterns of this rule and its conditions are read.',
  SYNTAXES,
  'ECMAScript',
)
/** `logicalGrouping` of conditions. */
export const logicalGrouping = choiceSchema(
  'Whether all conditions must match or any one of them.',
  ['MatchAll', 'MatchAny'],
  'MatchAll',
)
/** `stopProcessing`: Redirect, CustomResponse and AbortRequest end processing whatever it says. */
export const stopProcessing = flagSchema(
  'Whether rules behind this one are skipped once its action was performed.',
  false,
)
/** `ignoreCase` of a match or condition. */
export const ignoreCase = flagSchema('Whether the pattern is compared without case.', true)
/** `negate` of a match or condition; a negated one captures nothing. */
export const negate = flagSchema('Whether the rule goes on when the pattern does not match.', false)

/** Conditions of a rule or preCondition. */
export function conditionsSchema(matchTypes: readonly string[]): JsonSchema {
  const condition = objectSchema(
    'One condition.',
    {
      input: textSchema('What is looked at, such as `{UrlDecode:{REQUEST_URI}}`.', { minLength: 1 }),
      matchType: choiceSchema('What the input is compared with.', matchTypes, 'Pattern'),
      pattern: textSchema('The pattern, in the syntax of the rule.'),
      ignoreCase,
      negate,
    },
    ['input'],
  )
  return { description: 'Further conditions, in order.', type: 'array', items: condition }
}

/** `serverVariables`; below the server, IIS wants each name in allowedServerVariables. */
export const serverVariables: JsonSchema = {
  description: 'Server variables that the rule sets before its action.',
  type: 'array',
  items: objectSchema(
    'One server variable.',
    {
      name: nameSchema('Name of the variable, such as HTTP_X_FORWARDED_PROTO.'),
      value: textSchema('Its value; may refer back to captures.'),
      replace: flagSchema('Whether a value that is already there is replaced.', true),
    },
    ['name', 'value'],
  ),
}

// No default here: IIS has false for inbound and true for outbound rules.
/** `trackAllCaptures` of conditions. */
export const trackAllCaptures = flagSchema('Whether captures of all conditions can be referred to.')

/** Other forms of a rule that count as it, or that are named beside it. */
export function equivalentsSchema(body: { readonly [name: string]: JsonSchema }): JsonSchema {
  return {
    description:
      'Rules by others that do the same. A name alone never counts: the rule must also have the form given here.',
    type: 'array',
    items: objectSchema(
      'One equivalent.',
      {
        names: {
          description: 'Names under which such a rule is found, compared without case.',
          type: 'array',
          minItems: 1,
          items: nameSchema('Name of a rule.'),
        },
        form: objectSchema('In what its form differs from the form of this rule; absent: in nothing.', body),
        enough: flagSchema('Whether it does the job, so that ours is not added; if not, it is only named.'),
      },
      ['names', 'enough'],
    ),
  }
}

/** `in`: survives an Exchange update or not, restarts applications or not. */
export const fileChoice = choiceSchema(
  'Which file holds the rule: the web.config of the path itself, or a `<location>` in applicationHost.config.',
  ['web.config', 'applicationHost.config'],
  'web.config',
)

/** `position`; in both cases behind leading `clear` and `remove` elements. */
export const position = choiceSchema(
  'Where in the collection the rule is put: before all other rules, or behind them.',
  ['first', 'last'],
  'first',
)
