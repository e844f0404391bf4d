import type { JsonSchema } from '../../model/resource.ts'
import { DURATION_PATTERN } from '../duration.ts'

const duration = (description: string): JsonSchema => ({
  type: 'string',
  pattern: DURATION_PATTERN,
  description: `${description} A duration such as 90s, 5m or 24h.`,
})

const limit = (description: string): JsonSchema => ({ type: 'integer', minimum: 0, description })

const path = (description: string): JsonSchema => ({
  type: 'string',
  minLength: 1,
  description: `${description} Relative to this file.`,
})

/** How a Windows server is reached. What belongs to which transport is said in words elsewhere. */
const windows: JsonSchema = {
  description:
    'How a Windows server is reached: { transport: local } or { transport: ssh, host, user, ... }.',
  type: 'object',
  additionalProperties: false,
  required: ['transport'],
  properties: {
    transport: {
      enum: ['local', 'ssh'],
      description: 'local: the PowerShell of the machine that Stopgap runs on; ssh: that of another one.',
    },
    host: {
      type: 'string',
      pattern: '^[A-Za-z0-9][A-Za-z0-9.:_-]*$',
      description: 'The name or address of the server.',
    },
    port: { type: 'integer', minimum: 1, maximum: 65_535, description: 'The port of SSH, 22 by default.' },
    user: {
      type: 'string',
      pattern: '^[^\\s\\p{C}-][^\\p{C}]*$',
      description: 'Who to log in as, such as CONTOSO\\svc-stopgap.',
    },
    identityFile: path('A file with a private key; without it, the keys of the SSH agent.'),
    passphraseEnv: {
      type: 'string',
      pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
      description: 'The environment variable that holds the passphrase of the key.',
    },
    passphraseFile: path('A file that holds the passphrase of the key.'),
    knownHostsFile: path('A file with the host keys of servers, in the format of OpenSSH.'),
    fingerprint: {
      type: 'string',
      pattern: '^SHA256:[A-Za-z0-9+/]{43}=?$',
      description: 'The fingerprint of the host key instead, as ssh-keygen -l prints it: SHA256:...',
    },
  },
}

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
        required: ['name'],
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
          windows,
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
      description: 'How careful to be: what would go beyond one of these is held, or waits its turn.',
      type: 'object',
      additionalProperties: false,
      properties: {
        maxRemovals: limit("Removals in one server's plan; those for fixed and not-applicable do not count."),
        maxStops: limit("Resources that stop something in one server's plan."),
        writesAtOnce: {
          type: 'integer',
          minimum: 1,
          description:
            'Servers that are written side by side. By default one Windows server at a time, and any number of embedded ones.',
        },
        stopAfterFailures: {
          type: 'integer',
          minimum: 1,
          description:
            'Servers on which a write of a revision may fail before its other writes are held. By default one Windows server, and any number of embedded ones.',
        },
        maxUnprotected: limit('Servers that one revision may take a protection from.'),
      },
    },
  },
}
