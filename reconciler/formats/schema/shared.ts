import type { JsonSchema } from '../../model/resource.ts'

export const API_VERSION = 'stopgap/v1'

// Texts end up on terminals and in XML comments: no control characters but line ends and tabs.
const CONTROL = '\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f'
const TEXT = `^[^${CONTROL}]*$`
const SOME_TEXT = `^[ \\t\\r\\n]*[^ \\t\\r\\n${CONTROL}][^${CONTROL}]*$`
const NAME = '^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$'

/** A text for people. */
export function text(description: string): JsonSchema {
  return { description, type: 'string', minLength: 1, maxLength: 4000, pattern: SOME_TEXT }
}

/** Name of an object: what `metadata.name` allows. */
export function name(description: string): JsonSchema {
  return {
    description: `${description} Letters, digits, dots and dashes, at most 63, beginning with a letter or digit.`,
    type: 'string',
    pattern: NAME,
  }
}

/** One of a few words. */
export function choice(description: string, choices: readonly string[], byDefault?: string): JsonSchema {
  return { description, type: 'string', enum: choices, ...withDefault(byDefault) }
}

/** Schema of a switch. */
export function flag(description: string, byDefault?: boolean): JsonSchema {
  return { description, type: 'boolean', ...withDefault(byDefault) }
}

function withDefault(value: string | boolean | undefined): JsonSchema {
  return value === undefined ? {} : { default: value }
}

/** A list of at least one item, unless `minItems: 0` is given; one of texts has no repetitions. */
export function list(description: string, items: JsonSchema, more: JsonSchema = {}): JsonSchema {
  // Comparing objects pairwise is quadratic: a hostile list could stall a check.
  const uniqueItems = items['type'] === 'string'
  return { description, type: 'array', items, minItems: 1, ...(uniqueItems ? { uniqueItems } : {}), ...more }
}

/** An object with exactly these keys. */
export function object(
  description: string,
  properties: { readonly [key: string]: JsonSchema },
  required: readonly string[] = [],
): JsonSchema {
  return { description, type: 'object', additionalProperties: false, required, properties }
}

export const labels: JsonSchema = {
  description: 'Labels: any words and values of yours, which selectors can ask for.',
  type: 'object',
  propertyNames: {
    description: 'letters, digits and . _ / - (at most 63), beginning with a letter or digit',
    pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$',
  },
  additionalProperties: {
    description: 'Value of a label; a number or a word such as true must be quoted.',
    type: 'string',
    maxLength: 253,
    pattern: TEXT,
  },
}

/** Labels of a selector: at least one. */
const someLabels: JsonSchema = {
  ...labels,
  description: 'All of these labels must be there with these values.',
  minProperties: 1,
}

export const build: JsonSchema = {
  description:
    'A build or version of up to four numbers, such as 15.1.2507.16; quoted where YAML would read a number.',
  type: 'string',
  pattern: '^[0-9]{1,9}([.][0-9]{1,9}){0,3}$',
}

/** Builds by lane. */
export function lanes(description: string): JsonSchema {
  return {
    description,
    type: 'object',
    propertyNames: {
      description: 'a lane is the first three parts of a build, such as "15.1.2507"',
      pattern: '^[0-9]{1,9}[.][0-9]{1,9}[.][0-9]{1,9}$',
    },
    additionalProperties: build,
  }
}

/** Schema of a range of builds. */
export function comparators(description: string): JsonSchema {
  return {
    description: `${description} Comparators such as ">=15.0.1497 <15.3": blank is and, || is or, missing parts are 0.`,
    type: 'string',
    minLength: 1,
    maxLength: 400,
  }
}

export const servers: JsonSchema = {
  ...object('Which servers: those named, and those that have all the labels. Absent: all servers.', {
    names: list('Servers by name; each must have a Server object.', name('Name of a server.')),
    labels: someLabels,
  }),
  minProperties: 1,
}

/** A selector of mitigations: a list of names, or an object. `if` instead of `oneOf` keeps faults to the point. */
export function mitigationSelector(description: string, severities: readonly string[]): JsonSchema {
  return {
    description,
    type: ['array', 'object'],
    if: { type: 'object' },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: {
      ...object('By what mitigations have in common: either severity or labels.', {
        severity: list('Mitigations of one of these severities.', choice('A severity.', severities)),
        labels: someLabels,
      }),
      minProperties: 1,
      maxProperties: 1,
    },
    else: {
      ...list("Mitigations by name, or ['*'] for all that are not optIn.", {
        description: "Name of a mitigation, or '*'.",
        type: 'string',
        pattern: `^[*]$|${NAME}`,
      }),
    },
  }
}

/** The envelope that every object has. */
export function envelope(kind: string, description: string, spec: JsonSchema, named = true): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: kind,
    ...object(
      description,
      {
        apiVersion: { description: `Version of this language: ${API_VERSION}.`, const: API_VERSION },
        kind: { description: 'What this object is.', const: kind },
        metadata: object(
          'What the object is called.',
          { name: name('Unique among the objects of its kind, compared without case.'), labels },
          named ? ['name'] : [],
        ),
        spec,
      },
      ['apiVersion', 'kind', ...(named ? ['metadata'] : []), 'spec'],
    ),
  }
}

/** The switch of the organization or a server; switched off it needs to say why and by whom. */
export function switchSpec(whose: string): JsonSchema {
  const why = {
    reason: text('Why it is switched off.'),
    owner: text('Who answers for that, and can be asked.'),
  }
  return {
    ...object(`The switch of ${whose}.`, {
      mitigationsEnabled: flag(
        `Whether mitigations are applied on ${whose}; false changes nothing there.`,
        true,
      ),
      mode: choice(
        `audit: nothing is written on ${whose}, whatever policies say.`,
        ['enforce', 'audit'],
        'enforce',
      ),
      ...why,
    }),
    if: { properties: { mitigationsEnabled: { const: false } }, required: ['mitigationsEnabled'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { required: ['reason', 'owner'], properties: why },
  }
}
