import type { JsonSchema } from '../model/resource.ts'

/** JSON Schema of one kind's entry: closed, and with the discriminating `kind`. */
export function entrySchema(
  kind: string,
  description: string,
  properties: { readonly [name: string]: JsonSchema },
  required: readonly string[],
): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: kind,
    description,
    type: 'object',
    additionalProperties: false,
    required: ['kind', ...required],
    properties: { kind: { const: kind, description: 'Which kind of resource this is.' }, ...properties },
  }
}

/** A closed object inside an entry. */
export function objectSchema(
  description: string,
  properties: { readonly [name: string]: JsonSchema },
  required: readonly string[] = [],
): JsonSchema {
  return { description, type: 'object', additionalProperties: false, required, properties }
}

/** A text; `more` narrows it. */
export function textSchema(description: string, more: JsonSchema = {}): JsonSchema {
  return { description, type: 'string', ...more }
}

/** True or false. The default is shown in editors; it is the code that fills it in. */
export function flagSchema(description: string, byDefault?: boolean): JsonSchema {
  return { description, type: 'boolean', ...(byDefault === undefined ? {} : { default: byDefault }) }
}

/** One of several names, in the spelling given: specifications have case, unlike IIS. */
export function choiceSchema(
  description: string,
  choices: readonly string[],
  byDefault?: string,
): JsonSchema {
  return { description, enum: choices, ...(byDefault === undefined ? {} : { default: byDefault }) }
}

// No control characters: a name ends up in markup, in keys and on terminals.
const PRINTABLE = '^[^\\u0000-\\u001f\\u007f]+$'

/** A name as an administrator writes it: not empty, one line, of a sane length. */
export function nameSchema(description: string): JsonSchema {
  return textSchema(description, { minLength: 1, maxLength: 256, pattern: PRINTABLE })
}

// Slashes as IIS writes site paths. A backslash or a leading slash is a file system path by mistake.
const ONE_PATH = {
  type: 'string',
  minLength: 1,
  maxLength: 400,
  pattern: '^[^\\u0000-\\u001f\\u007f/\\\\][^\\u0000-\\u001f\\u007f\\\\]*$',
}

/** `at`: a site or site path, or a list of them. */
export function atSchema(description: string): JsonSchema {
  return {
    description,
    oneOf: [
      { ...ONE_PATH, description: 'One site or site path, such as `Default Web Site/owa`.' },
      {
        type: 'array',
        minItems: 1,
        uniqueItems: true,
        items: { ...ONE_PATH, description: 'A site or site path.' },
        description: 'Several sites or site paths: each becomes a resource of its own.',
      },
    ],
  }
}

/** `ifMissing`: whether the absence of what a resource is made on is a fault of the server. */
export function ifMissingSchema(what: string, byDefault: 'skip' | 'fail'): JsonSchema {
  return choiceSchema(
    `What to do on a server that does not have ${what}: skip it there, or report the resource as unknown.`,
    ['skip', 'fail'],
    byDefault,
  )
}

/** `timeout`, with a unit so that nobody takes it for milliseconds. */
export const timeoutSchema: JsonSchema = textSchema(
  'How long starting or stopping may take, in seconds (`120s`) or minutes (`2m`).',
  { pattern: '^[1-9][0-9]{0,3}[sm]$', default: '120s' },
)
