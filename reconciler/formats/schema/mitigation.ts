import { SEVERITIES } from '../../model/catalogue.ts'
import type { JsonSchema } from '../../model/resource.ts'
import { choice, comparators, envelope, flag, lanes, list, object, text } from './shared.ts'

const HEADER: JsonSchema = { description: 'Value of a header.', type: 'string', maxLength: 8192 }

/** A header that may come several times: cookies do, in an attack and in an answer. */
const HEADERS: JsonSchema = {
  description: 'Value of a header, or a list of them where it comes several times.',
  type: ['string', 'array'],
  if: { type: 'array' },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: list('Values of a header, in their order.', HEADER),
  else: HEADER,
}

/** Methods have case: as RFC 9110 and those of RPC over HTTP (`RPC_IN_DATA`) write them. */
const METHOD = '[A-Z]+(?:[-_][A-Z]+)*'

/** Headers by name. Names are those of RFC 9110 (token), so that a test cannot smuggle in a line of its own. */
function headers(description: string, value = HEADERS): JsonSchema {
  return {
    description,
    type: 'object',
    propertyNames: { description: 'name of an HTTP header', pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" },
    additionalProperties: value,
  }
}

const status: JsonSchema = { description: 'HTTP status.', type: 'integer', minimum: 100, maximum: 599 }

/** Either form of `fixedIn` and `keepUntil`; `if` instead of `oneOf` keeps faults to the point. */
function fix(description: string, more: JsonSchema): JsonSchema {
  return {
    description,
    type: 'object',
    if: { anyOf: [{ required: ['file'] }, { required: ['versions'] }] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: object(
      'The fix is in a file of the server, whatever its Exchange build.',
      {
        file: text('Full path of the file on the server; %windir% and the like are filled in.'),
        versions: { ...lanes('First version of the file with the fix, by lane.'), minProperties: 1 },
      },
      ['file', 'versions'],
    ),
    else: { ...lanes('First Exchange build with the fix, by lane.'), ...more },
  }
}

const request: JsonSchema = {
  description: 'The request: `GET /path`, or its parts.',
  type: ['string', 'object'],
  if: { type: 'string' },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: {
    description: 'Method and URL, such as `GET /owa/`.',
    type: 'string',
    pattern: `^${METHOD} (https?://[^/\\s]+)?/\\S*$`,
  },
  else: object(
    'A request in parts.',
    {
      method: { description: 'Method, in capitals.', type: 'string', pattern: `^${METHOD}$`, default: 'GET' },
      url: {
        description: 'Path and query as sent, beginning with a slash; scheme and host may stand before them.',
        type: 'string',
        pattern: '^(https?://[^/\\s]+)?/\\S*$',
      },
      headers: headers('Headers of the request.'),
    },
    ['url'],
  ),
}

const expect: JsonSchema = {
  description: 'What must come of it: blocked, passed, or what the answer must look like.',
  type: ['string', 'object'],
  if: { type: 'string' },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: choice('Whether the request gets through.', ['blocked', 'passed']),
  else: {
    ...object('What the answer must look like.', {
      status,
      location: { description: 'Where a redirect leads.', type: 'string', minLength: 1 },
      headers: headers(
        'Headers of the answer; the value absent means that there is none of that name.',
        HEADER,
      ),
    }),
    minProperties: 1,
  },
}

// Evaluated by what knows rewrite rules; here only the form is checked.
const requestTest = object(
  'One request and what must become of it.',
  {
    name: text('What the request stands for.'),
    request,
    response: object('The answer of the application, which outbound rules work on.', {
      status,
      headers: headers('Headers of the answer before outbound rules.'),
    }),
    expect,
  },
  ['name', 'request', 'expect'],
)

const sideEffect = object(
  'Something that no longer works, or works differently.',
  {
    text: text('What people notice, in a sentence.'),
    requests: list('Requests that show it, such as `GET /owa/?layout=light`.', text('A request.'), {
      minItems: 0,
    }),
    healthSets: list('Health sets that become unhealthy.', text('Name of a health set.'), { minItems: 0 }),
  },
  ['text'],
)

const appliesTo = object('Where the mitigation makes sense at all.', {
  roles: {
    ...list(
      'Roles of which a server must have one.',
      choice('A role.', ['Mailbox', 'ClientAccess', 'EdgeTransport']),
    ),
    default: ['Mailbox'],
  },
  builds: comparators('Exchange builds that it is for.'),
  from: lanes(
    'Lowest Exchange build by lane, where the mitigation needs a feature that came with an update.',
  ),
})

const requires = object('What must be installed for it to work.', {
  urlRewrite: comparators('Version of the URL Rewrite module.'),
  iis: comparators('Version of IIS.'),
  os: comparators('Version of Windows.'),
  exchange: comparators('Exchange build.'),
})

// What an entry looks like depends on its kind; entries are checked one by one against the schema of theirs.
const resource: JsonSchema = {
  description: 'One resource.',
  type: 'object',
  required: ['kind'],
  properties: { kind: { description: 'Which kind of resource this is.', type: 'string' } },
}

/** Schema of a Mitigation; `resources` is what one entry of `spec.resources` may be. */
export function mitigationSchema(resources: JsonSchema = resource): JsonSchema {
  const spec = object(
    'What the mitigation guards against, where it applies and what it needs.',
    {
      title: text('What it does, in a line.'),
      severity: choice('How bad it is to be without it.', SEVERITIES),
      cves: list(
        'Identifiers of what it guards against.',
        { description: 'A CVE identifier.', type: 'string', pattern: '^CVE-[0-9]{4}-[0-9]{4,}$' },
        { minItems: 0 },
      ),
      references: list(
        'Where to read more.',
        { description: 'A URL.', type: 'string', pattern: '^https?://\\S+$' },
        { minItems: 0 },
      ),
      optIn: flag("true: selected only by its name, never by '*', severity or label.", false),
      appliesTo,
      fixedIn: fix('What has the code fix.', { minProperties: 1 }),
      permanent: text('Instead of fixedIn: why no update makes this needless.'),
      keepUntil: fix(
        'With the fix installed, the mitigation stays below this; the same form as fixedIn.',
        {},
      ),
      onFixed: choice('What happens to it once the fix is installed.', ['remove', 'keep'], 'remove'),
      requires,
      resources: list('What is made on the server, in this order; taken back in reverse.', resources),
      sideEffects: list('What no longer works while it is applied.', sideEffect, { minItems: 0 }),
      checklist: list('What a person must have checked before it is applied.', text('One item.'), {
        minItems: 0,
      }),
      tests: list('Requests that show that it works and does no harm.', requestTest, { minItems: 0 }),
    },
    ['title', 'severity', 'resources'],
  )
  return envelope('Mitigation', 'What to do on a server against one threat until its fix is installed.', spec)
}
