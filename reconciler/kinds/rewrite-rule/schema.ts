import {
  conditionsSchema,
  equivalentsSchema,
  fileChoice,
  ignoreCase,
  logicalGrouping,
  negate,
  patternSyntax,
  position,
  serverVariables,
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

/** `url` is what IIS calls it; query and host are not part of it. */
const match = objectSchema(
  'What the path of the request, without its leading slash, is compared with.',
  { url: textSchema('The pattern.', { minLength: 1 }), ignoreCase, negate },
  ['url'],
)

/** All attributes that IIS has; which of them go with which type is checked apart. */
const action = objectSchema(
  'What happens to a request that matches.',
  {
    type: choiceSchema(
      'The action.',
      ['None', 'Rewrite', 'Redirect', 'CustomResponse', 'AbortRequest'],
      'None',
    ),
    url: textSchema('Where to, for Rewrite and Redirect.', { minLength: 1, pattern: '^\\S(.*\\S)?$' }),
    appendQueryString: flagSchema('Whether the query of the request is kept.', true),
    logRewrittenUrl: flagSchema('Whether the log shows the rewritten URL.', false),
    redirectType: choiceSchema(
      'Status of a redirect.',
      ['Permanent', 'Found', 'SeeOther', 'Temporary'],
      'Permanent',
    ),
    statusCode: {
      description: 'Status of a CustomResponse; 300 to 307 are for redirects.',
      oneOf: [
        { description: 'Below the redirects.', type: 'integer', minimum: 1, maximum: 299 },
        { description: 'Above the redirects.', type: 'integer', minimum: 308, maximum: 999 },
      ],
    },
    subStatusCode: {
      description: 'Substatus in the log.',
      type: 'integer',
      minimum: 0,
      maximum: 999,
      default: 0,
    },
    statusReason: textSchema('Reason phrase of a CustomResponse.'),
    statusDescription: textSchema('Body of a CustomResponse.'),
  },
  ['type'],
)

/** What a rule is, apart from where it stands: also the form of an equivalent. */
const body = {
  patternSyntax,
  match,
  conditions: conditionsSchema(['Pattern', 'IsFile', 'IsDirectory']),
  logicalGrouping,
  trackAllCaptures,
  serverVariables,
  action,
  stopProcessing,
}

/** Schema of an entry of kind `rewrite-rule`. */
export const schema = entrySchema(
  'rewrite-rule',
  'An inbound rule of the URL Rewrite module.',
  {
    at: atSchema(
      'Where the rule acts: a site or site path, a list of them, or `server` for the global rules.',
    ),
    in: fileChoice,
    name: nameSchema('Name of the rule; on the server it gets a prefix that marks it as ours.'),
    position,
    ...body,
    ifMissing: ifMissingSchema('this site or path', 'fail'),
    equivalents: equivalentsSchema(body),
  },
  ['at', 'name', 'match', 'action'],
)
