import { readFile } from 'node:fs/promises'
import { StopgapError } from '../../errors/error.ts'
import { errno } from '../../util/atomic.ts'
import { fingerprintOf, hostName, keyType, knownTypes, standingOf } from './known-hosts.ts'
import type { SshOptions } from './transport.ts'

/** Whom we believe to be one server, as it was configured when the connection began. */
export interface HostTrust {
  /** Types of keys to ask for first; a server has several keys, and only these can be the known ones. */
  readonly types: ReadonlySet<string>
  /** Why this key is not taken; null: it is. */
  judge(key: Buffer): StopgapError | null
}

/** Reads it anew, so that a corrected file counts at once. A file that is not there knows nobody. Throws SSH_KNOWN_HOSTS. */
export async function hostTrust(options: SshOptions): Promise<HostTrust> {
  const { knownHostsFile, fingerprint } = options
  if (knownHostsFile === null) return pinned(options, fingerprint ?? '')
  const text = await knownHosts(options.server, knownHostsFile)
  return {
    types: knownTypes(text, options),
    judge: (key) => {
      const standing = standingOf(text, options, key)
      if (standing.is === 'known') return null
      const line = standing.is === 'changed' ? standing.line : null
      return distrusted(options, key, { because: standing.is, place: knownHostsFile, line })
    },
  }
}

function pinned(options: SshOptions, fingerprint: string): HostTrust {
  return {
    types: new Set(),
    judge: (key) =>
      fingerprintOf(key) === fingerprint.replace(/=+$/, '')
        ? null
        : distrusted(options, key, { because: 'not-pinned', place: fingerprint, line: null }),
  }
}

async function knownHosts(server: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const detail = errno(error) ?? String(error)
    if (detail === 'ENOENT') return ''
    throw new StopgapError('SSH_KNOWN_HOSTS', { server, path, detail })
  }
}

function distrusted(
  options: SshOptions,
  key: Buffer,
  why: {
    readonly because: 'unknown' | 'changed' | 'revoked' | 'not-pinned'
    readonly place: string
    readonly line: number | null
  },
): StopgapError {
  return new StopgapError('SSH_HOST_KEY', {
    server: options.server,
    host: hostName(options),
    fingerprint: fingerprintOf(key),
    key: `${keyType(key)} ${key.toString('base64')}`,
    ...why,
  })
}
