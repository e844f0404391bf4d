import {
  conditionsSchema,
  equivalentsSchema,
  fileChoice,
  ignoreCase,
  logicalGrouping,
  negate,
  patternSyntax,
  position,
  stopProcessing,
  trackAllCaptures,
} from '../rule-schema.ts'
import {
  atSchema,
  choiceSchema,
  entrySchema,
  flagSchema,
  ifMissingSchema,
  nameSchema,
  objectSchema,
  textSchema,
} from '../schema.ts'

// The enumeration of IIS, in its order; CustomTags goes with `customTags`.
const TAGS = [
  'None',
  'A',
  'Area',
  'Base',
  'Form',
  'Frame',
  'Head',
  'IFrame',
  'Img',
  'Input',
  'Link',
  'Script',
  'CustomTags',
]

/** Inside the rule here, a list of its own in IIS: rules share preConditions by name there. */
const preCondition = objectSchema(
  'When the rule is looked at at all; made, marked and removed together with the rule.',
  {
    name: nameSchema('Its name; on the server it gets the same prefix as the rule.'),
    logicalGrouping,
    patternSyntax,
    conditions: conditionsSchema(['Pattern']),
  },
  ['name', 'conditions'],
)

const match = objectSchema(
  'What of the response is compared: a server variable (a header) or the content of tags.',
  {
    serverVariable: textSchema('Such as RESPONSE_Location.', { minLength: 1 }),
    filterByTags: {
      description: 'Tags whose content is looked at when no server variable is named.',
      type: 'array',
      uniqueItems: true,
      items: choiceSchema('Name of a tag.', TAGS),
    },
    customTags: textSchema('Name of the group of custom tags to look at.'),
    pattern: textSchema('The pattern.'),
    occurrences: {
      description: 'How many matches are handled; 0 is all.',
      type: 'integer',
      minimum: 0,
      default: 0,
    },
    ignoreCase,
    negate,
  },
  ['pattern'],
)

const action = objectSchema(
  'What happens to what matched.',
  {
    type: choiceSchema('The action.', ['None', 'Rewrite'], 'None'),
    value: textSchema('What it becomes; may refer back to captures.'),
    replace: flagSchema('Whether the present value is replaced.', true),
  },
  ['type'],
)

/** What a rule is, apart from where it stands: also the form of an equivalent. */
const body = {
  preCondition,
  patternSyntax,
  match,
  conditions: conditionsSchema(['Pattern']),
  logicalGrouping,
  trackAllCaptures,
  action,
  stopProcessing,
}

/** Schema of an entry of kind `outbound-rule`. */
export const schema = entrySchema(
  'outbound-rule',
  'An outbound rule of the URL Rewrite module, with its preCondition.',
  {
    at: atSchema('Where the rule acts: a site or site path, or a list of them.'),
    in: fileChoice,
    name: nameSchema('Name of the rule; on the server it gets a prefix that marks it as ours.'),
    position,
    ...body,
    ifMissing: ifMissingSchema('this site or path', 'fail'),
    equivalents: equivalentsSchema(body),
  },
  ['at', 'name', 'match', 'action'],
)
