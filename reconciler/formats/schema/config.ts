import type { JsonSchema } from '../../model/resource.ts'
import { DURATION_PATTERN } from '../duration.ts'

const duration = (description: string): JsonSchema => ({
  type: 'string',
  pattern: DURATION_PATTERN,
  description: `${description} A duration such as 90s, 5m or 24h.`,
})

const limit = (description: string): JsonSchema => ({ type: 'integer', minimum: 0, description })

/** `stopgap.yaml`. */
export const CONFIG_SCHEMA: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'stopgap.yaml',
  description: 'Where policy comes from, which servers there are, and how careful to be.',
  type: 'object',
  additionalProperties: false,
  required: ['source', 'servers'],
  properties: {
    source: {
      description: 'Where policy comes from.',
      type: 'object',
      additionalProperties: false,
      required: ['remotes'],
      properties: {
        remotes: {
          description: 'Git URLs or folders, tried in this order. Relative paths count from this file.',
          type: 'array',
          minItems: 1,
          items: { type: 'string', minLength: 1, description: 'A git URL (https, ssh, file) or a folder.' },
        },
        ref: {
          type: 'string',
          minLength: 1,
          description: 'The full name of the ref that is followed, refs/heads/main by default.',
        },
        path: {
          type: 'string',
          minLength: 1,
          description: 'The folder within the repository that holds mitigations/ and policies/.',
        },
        interval: duration('How often the source is looked at.'),
        timeout: duration('How long one fetch may take.'),
      },
    },
    servers: {
      description: 'The servers that are looked after.',
      type: 'array',
      minItems: 1,
      items: {
        description: 'One server.',
        type: 'object',
        additionalProperties: false,
        required: ['name', 'embedded'],
        properties: {
          name: {
            type: 'string',
            pattern: '^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$',
            description: "The server's own name; one that calls itself otherwise is not written to.",
          },
          embedded: {
            type: 'string',
            minLength: 1,
            description: 'The folder of an embedded server, relative to this file.',
          },
        },
      },
    },
    drift: {
      description: 'Looking at servers when nothing moved.',
      type: 'object',
      additionalProperties: false,
      properties: { interval: duration('How often each server is looked at.') },
    },
    retireAfter: duration('How long a fixed build must have been seen before anything is removed.'),
    state: {
      type: 'string',
      minLength: 1,
      description: 'The folder for the journal, backups, approvals and the clone, relative to this file.',
    },
    listen: {
      type: 'string',
      minLength: 1,
      description: 'HOST:PORT of the HTTP endpoints; port 0 takes a free one.',
    },
    limits: {
      description: 'Beyond one of these, what would go beyond it is held until it is allowed.',
      type: 'object',
      additionalProperties: false,
      properties: {
        maxRemovals: limit("Removals in one server's plan; those for fixed and not-applicable do not count."),
        maxStops: limit("Resources that stop something in one server's plan."),
        maxUnprotected: limit('Servers that one revision may take a protection from.'),
      },
    },
  },
}
