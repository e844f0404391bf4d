import type { JsonSchema } from '../../model/resource.ts'
import { atSchema, entrySchema, flagSchema, ifMissingSchema, objectSchema, textSchema } from '../schema.ts'

const SCALARS: readonly JsonSchema[] = [
  { description: 'Text, or the name of an enumeration.', type: 'string' },
  { description: 'A number.', type: 'integer' },
  { description: 'Yes or no.', type: 'boolean' },
]

/** What an attribute can hold, before the schema of IIS is asked. */
const value: JsonSchema = {
  description: 'The value: text, a whole number, true or false; a list is a flags value.',
  oneOf: [
    ...SCALARS,
    {
      description: 'Flags, in any order.',
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      items: { description: 'A flag.', type: 'string', pattern: '^[A-Za-z0-9]+$' },
    },
  ],
}

// Names become markup, so only what can be a name.
const NAME = '^[A-Za-z][A-Za-z0-9_.-]*$'

/** For collections: an item is identified by its key, not by its place. */
const item = objectSchema(
  'One item of the section’s collection, instead of an attribute.',
  {
    key: {
      description: 'The attributes that identify the item, such as `{ name: X-Frame-Options }`.',
      type: 'object',
      minProperties: 1,
      propertyNames: { description: 'Name of an attribute.', pattern: NAME },
      additionalProperties: { description: 'Its value.', type: 'string' },
    },
    attributes: {
      description: 'Its other attributes.',
      type: 'object',
      propertyNames: { description: 'Name of an attribute.', pattern: NAME },
      additionalProperties: { description: 'Its value.', type: 'string' },
    },
    present: flagSchema('Whether the item is in the collection.', true),
  },
  ['key'],
)

/** Schema of an entry of kind `iis-setting`. */
export const schema = entrySchema(
  'iis-setting',
  'One attribute, or one collection item, of any section of the IIS configuration.',
  {
    at: atSchema('A site or site path, or a list of them.'),
    section: textSchema('Path of the section, such as system.webServer/security/access.', {
      pattern: '^system\\.[A-Za-z]+(/[A-Za-z][A-Za-z0-9.]*)+$',
    }),
    attribute: textSchema(
      'The attribute; one of an element inside the section is written element.attribute, such as requestLimits.maxUrl.',
      { pattern: '^[A-Za-z][A-Za-z0-9]*(\\.[A-Za-z][A-Za-z0-9]*)*$' },
    ),
    value,
    item,
    ifMissing: ifMissingSchema('this site or path', 'fail'),
    otherwise: {
      ...value,
      description: 'The value to go back to if nobody remembers what was there before.',
    },
  },
  ['at', 'section'],
)
