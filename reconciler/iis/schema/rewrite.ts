import {
  bool,
  type CollectionSchema,
  collects,
  type ElementSchema,
  element,
  flags,
  nonEmpty,
  oneOf,
  only,
  present,
  required,
  text,
  trimmed,
  uint,
} from './types.ts'

// URL Rewrite 2.1 (rewrite_schema.xml 2.0 and what Microsoft's own module UI adds for 2.1).

const SYNTAX = oneOf(['ECMAScript', 'Wildcard', 'ExactMatch'])
const GROUPING = oneOf(['MatchAll', 'MatchAny'])
const NAMED_REMOVE = { remove: 'remove', clear: 'clear' }

const condition = (matchTypes: readonly string[]): ElementSchema =>
  element({
    input: text(),
    matchType: oneOf(matchTypes),
    pattern: text(),
    ignoreCase: bool(true),
    negate: bool(false),
  })

// In rules two equal conditions are allowed; everywhere else all that they say is their key.
const conditions = (
  trackAll: boolean,
  matchTypes: readonly string[],
  key: readonly string[],
): ElementSchema =>
  element(
    { logicalGrouping: GROUPING, trackAllCaptures: bool(trackAll) },
    {},
    only(key, condition(matchTypes)),
  )

const ANY_TYPE = ['Pattern', 'IsFile', 'IsDirectory']
const CONDITION_KEY = ['input', 'matchType', 'pattern', 'ignoreCase', 'negate']

const setVariables = element(
  {},
  {},
  only(['name'], element({ name: trimmed(required()), value: text(), replace: bool(true) }), 'set'),
)

// 300 to 307 are what the type Redirect answers with; CustomResponse must not imitate it.
const action = (statusCode: number | null): ElementSchema =>
  element({
    type: oneOf(['None', 'Rewrite', 'Redirect', 'CustomResponse', 'AbortRequest']),
    url: trimmed(text()),
    appendQueryString: bool(true),
    redirectType: oneOf(['Permanent', 'Found', 'SeeOther', 'Temporary']),
    statusCode: uint(statusCode, { max: 999, except: [300, 307] }),
    subStatusCode: uint(0, { max: 999 }),
    statusReason: text(),
    statusDescription: text(),
  })

// Only a rule of a site can have its rewritten URL logged.
const logged = (schema: ElementSchema): ElementSchema =>
  element({ ...schema.attributes, logRewrittenUrl: bool(false) })

const inbound = (conditionsOf: ElementSchema, actionOf: ElementSchema): ElementSchema =>
  element(
    {
      name: required(),
      enabled: bool(true),
      patternSyntax: SYNTAX,
      stopProcessing: bool(false),
      responseCacheDirective: oneOf(['Auto', 'Always', 'Never', 'NotIfRuleMatched']),
    },
    {
      match: element({ url: nonEmpty(text()), ignoreCase: bool(true), negate: bool(false) }),
      conditions: conditionsOf,
      serverVariables: setVariables,
      action: actionOf,
    },
  )

const rules = (rule: ElementSchema): ElementSchema =>
  element({ useOriginalURLEncoding: bool(true) }, {}, collects(['name'], rule, 'rule'))

// In order of their numbers, as flags are written back.
const TAGS = 'A Area Base Form Frame Head IFrame Img Input Link Script CustomTags'.split(' ')

const outboundRule = element(
  {
    name: required(),
    preCondition: text(),
    enabled: bool(true),
    patternSyntax: SYNTAX,
    stopProcessing: bool(false),
  },
  {
    match: element({
      filterByTags: flags(['None', ...TAGS], ['None']),
      customTags: text(),
      serverVariable: text(),
      pattern: text(),
      occurrences: uint(0),
      ignoreCase: bool(true),
      negate: bool(false),
    }),
    conditions: conditions(true, ANY_TYPE, CONDITION_KEY),
    action: element({ type: oneOf(['None', 'Rewrite']), value: text(), replace: bool(true) }),
  },
)

// Not a collection that can be cleared: like conditions, it only has add.
const preCondition = element(
  { name: required(), logicalGrouping: GROUPING, patternSyntax: SYNTAX },
  {},
  only(CONDITION_KEY, condition(ANY_TYPE)),
)

const customTag = element(
  { name: required() },
  {},
  only(['name', 'attribute'], element({ name: required(), attribute: required() }), 'tag'),
)

// Keys of a rewrite map are told apart by case, whatever its ignoreCase says about looking them up.
const mapEntries: CollectionSchema = {
  add: ['add'],
  ...NAMED_REMOVE,
  key: ['key'],
  cased: true,
  entry: element({ key: present(), value: text() }),
}

const provider = element(
  { name: trimmed(required()), type: trimmed(required()) },
  {
    settings: element(
      {},
      {},
      collects(['key'], element({ key: required(), value: text(), encryptedValue: text() })),
    ),
  },
)

/** The sections of URL Rewrite, by their whole path. */
export const rewriteSections: { readonly [section: string]: ElementSchema } = {
  'system.webServer/rewrite/rules': rules(inbound(conditions(false, ANY_TYPE, []), logged(action(null)))),
  'system.webServer/rewrite/globalRules': rules(
    inbound(conditions(false, ['Pattern'], CONDITION_KEY), action(0)),
  ),
  'system.webServer/rewrite/outboundRules': element(
    { rewriteBeforeCache: bool(false) },
    {
      preConditions: element({}, {}, collects(['name'], preCondition, 'preCondition')),
      customTags: element({}, {}, collects(['name'], customTag, 'tags')),
    },
    collects(['name'], outboundRule, 'rule'),
  ),
  'system.webServer/rewrite/rewriteMaps': element(
    {},
    {},
    collects(
      ['name'],
      element({ name: trimmed(required()), defaultValue: text(), ignoreCase: bool(true) }, {}, mapEntries),
      'rewriteMap',
    ),
  ),
  'system.webServer/rewrite/allowedServerVariables': element(
    {},
    {},
    collects(['name'], element({ name: required() })),
  ),
  'system.webServer/rewrite/providers': element({}, {}, collects(['name'], provider, 'provider')),
}
