import { list, object, text } from '../formats/schema/shared.ts'
import type { JsonSchema } from '../model/resource.ts'

// A header that holds a line end would be two headers; a name is a token of RFC 9110.
const headers: JsonSchema = {
  description: 'Headers by name.',
  type: 'object',
  propertyNames: { description: 'name of an HTTP header', pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" },
  additionalProperties: {
    description: 'Value of a header.',
    type: 'string',
    maxLength: 16384,
    pattern: '^[ -~]*$',
  },
}

/** Methods such as RPC_IN_DATA have an underscore. */
const METHOD = '[A-Z][A-Z_]*'
/** As a client sends it: what is not printable ASCII is percent-encoded. */
const URL = '(https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?)?/[!-~]*'

const request: JsonSchema = {
  description: 'Method and URL, such as `GET /owa/`, or a request in parts.',
  type: ['string', 'object'],
  if: { type: 'string' },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: {
    description: 'Method and URL, such as `GET /owa/`.',
    type: 'string',
    pattern: `^${METHOD} ${URL}$`,
  },
  else: object(
    'A request in parts.',
    {
      method: { description: 'Method, in capitals.', type: 'string', pattern: `^${METHOD}$`, default: 'GET' },
      url: {
        description: 'Path and query as sent, with or without scheme and host before them.',
        type: 'string',
        pattern: `^${URL}$`,
      },
      headers,
    },
    ['url'],
  ),
}

const group = object(
  'Requests of one client or one part of the protocol.',
  {
    name: text('What they have in common.'),
    headers: {
      ...headers,
      description: 'Headers that each request of the group has too, unless it has its own.',
    },
    requests: list(
      'The requests.',
      object('One request.', { name: text('What it is for; unique in the whole corpus.'), request }, [
        'name',
        'request',
      ]),
    ),
  },
  ['name', 'requests'],
)

/** One file of ordinary traffic. */
export const trafficSchema: JsonSchema = object(
  'Requests that clients of one protocol send to an Exchange server.',
  {
    protocol: {
      description: 'Name of the protocol, as the file.',
      type: 'string',
      pattern: '^[a-z][a-z0-9-]*$',
    },
    title: text('The protocol, in words.'),
    sources: list('Where the protocol is documented.', {
      description: 'A URL.',
      type: 'string',
      pattern: '^https://\\S+$',
    }),
    groups: list('The requests, group by group.', group),
  },
  ['protocol', 'title', 'sources', 'groups'],
)
