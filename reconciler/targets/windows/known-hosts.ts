import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** What a file of known hosts says about one key of one host. */
export type Standing =
  | { readonly is: 'known' | 'revoked' | 'unknown' }
  /** Other keys are known for the host; `line` is where the first of them stands. */
  | { readonly is: 'changed'; readonly line: number }

export interface HostAddress {
  readonly host: string
  readonly port: number
}

interface Entry {
  readonly line: number
  readonly revoked: boolean
  readonly type: string
  readonly key: Buffer
}

/**
 * Judges a key by a file in the format of OpenSSH (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT): several hosts and several keys,
 * patterns, hashed names, `[host]:port`, `@revoked`. What is no entry is passed over, as OpenSSH does; so are authorities of
 * host certificates, since such certificates are not asked for.
 */
export function standingOf(text: string, address: HostAddress, key: Buffer): Standing {
  const entries = entriesOf(text, address)
  const same = entries.filter((entry) => entry.key.equals(key))
  // Whatever else is said of a revoked key, before or behind.
  if (same.some(({ revoked }) => revoked)) return { is: 'revoked' }
  if (same.length > 0) return { is: 'known' }
  const other = entries.find(({ revoked }) => !revoked)
  return other === undefined ? { is: 'unknown' } : { is: 'changed', line: other.line }
}

/** The types of the keys that are known for a host, such as `ssh-ed25519`. */
export function knownTypes(text: string, address: HostAddress): ReadonlySet<string> {
  return new Set(entriesOf(text, address).flatMap(({ revoked, type }) => (revoked ? [] : [type])))
}

/** A host as a file of known hosts names it. */
export function hostName({ host, port }: HostAddress): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`
}

/** As `ssh-keygen -l` prints it: `SHA256:…`, without padding. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/** The type that a public key says it is: its first string. `unknown` for what is no key. */
export function keyType(key: Buffer): string {
  const length = key.length < 4 ? 0 : key.readUInt32BE(0)
  const type = key.toString('latin1', 4, 4 + Math.min(length, 64))
  return /^[a-z0-9@.-]+$/.test(type) ? type : 'unknown'
}

function entriesOf(text: string, address: HostAddress): readonly Entry[] {
  const name = hostName(address)
  return text.split('\n').flatMap((raw, index) => {
    const words = raw.trim().split(/[ \t]+/)
    const marker = words[0]?.startsWith('@') ? words.shift() : undefined
    const [hosts, type, base64] = words
    if (hosts === undefined || hosts.startsWith('#') || type === undefined || base64 === undefined) return []
    if (marker !== undefined && marker !== '@revoked') return []
    const key = Buffer.from(base64, 'base64')
    if (keyType(key) !== type || !names(hosts, name)) return []
    return [{ line: index + 1, revoked: marker !== undefined, type, key }]
  })
}

function names(hosts: string, name: string): boolean {
  if (hosts.startsWith('|')) return hashes(hosts, name)
  const patterns = hosts.toLowerCase().split(',')
  // One pattern with `!` that matches takes the whole line away.
  if (patterns.some((one) => one.startsWith('!') && matches(one.slice(1), name))) return false
  return patterns.some((one) => matches(one, name))
}

// |1|base64 of the salt|base64 of HMAC-SHA1(salt, name)
function hashes(hosts: string, name: string): boolean {
  const [, version, salt = '', hash = ''] = hosts.split('|')
  if (version !== '1') return false
  const wanted = Buffer.from(hash, 'base64')
  const made = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest()
  return wanted.length === made.length && timingSafeEqual(wanted, made)
}

// By hand: a pattern out of a file never becomes a regular expression. Only the last star is ever tried again.
function matches(pattern: string, name: string): boolean {
  let at = 0
  let star = { at: -1, upTo: 0 }
  for (let here = 0; here < name.length; here += 1) {
    if (pattern[at] === '*') {
      star = { at, upTo: here }
      at += 1
      here -= 1
    } else if (pattern[at] === '?' || pattern[at] === name[here]) at += 1
    else if (star.at >= 0) {
      at = star.at + 1
      here = star.upTo
      star = { at: star.at, upTo: star.upTo + 1 }
    } else return false
  }
  return /^\**$/.test(pattern.slice(at))
}
