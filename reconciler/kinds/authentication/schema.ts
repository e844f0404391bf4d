import { atSchema, choiceSchema, entrySchema, flagSchema, ifMissingSchema, objectSchema } from '../schema.ts'

/** Schemes by the names of their sections, without `Authentication`. */
const SCHEMES = [
  'anonymous',
  'basic',
  'digest',
  'windows',
  'clientCertificateMapping',
  'iisClientCertificateMapping',
] as const

const extendedProtection = objectSchema(
  'Extended Protection: whether Windows authentication is bound to the TLS channel. Only for scheme windows.',
  {
    tokenChecking: choiceSchema('Whether channel binding tokens are checked.', ['None', 'Allow', 'Require']),
    flags: {
      description: 'Special cases, such as a proxy in front.',
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      items: choiceSchema('A special case.', [
        'None',
        'Proxy',
        'NoServiceNameCheck',
        'AllowDotlessSpn',
        'ProxyCohosting',
      ]),
    },
  },
)

const fields = { enabled: flagSchema('Whether the scheme is offered.'), extendedProtection }

/** Schema of an entry of kind `authentication`. */
export const schema = entrySchema(
  'authentication',
  'One authentication scheme of a site path: whether it is offered, and Extended Protection.',
  {
    at: atSchema('A site or site path, or a list of them.'),
    scheme: choiceSchema('The scheme.', SCHEMES),
    ...fields,
    ifMissing: ifMissingSchema('this site or path', 'fail'),
    otherwise: objectSchema('What to go back to if nobody remembers what was there before.', fields),
  },
  ['at', 'scheme'],
)
