import { sort } from './sort.ts'
import { UNTOUCHED } from './target.ts'

/** A host key that is not taken. `place` is the file of known hosts, or the pinned fingerprint. */
interface Distrusted {
  readonly server: string
  /** As a file of known hosts names it. */
  readonly host: string
  readonly fingerprint: string
  /** Type and key, as they would stand in a file of known hosts. */
  readonly key: string
  readonly because: 'unknown' | 'changed' | 'revoked' | 'not-pinned'
  readonly place: string
  /** Where another key of this host stands in the file. */
  readonly line: number | null
}

/** Errors of the way over SSH. */
export const sshErrors = {
  SSH_HOST_KEY: sort<Distrusted>({
    disposition: 'stall',
    fault: 'operator',
    exit: 1,
    message: (facts) => `server ${facts.server}: the host key of ${facts.host} ${distrust(facts)}`,
    hint: (facts) => `${UNTOUCHED} ${trusting(facts)}`,
  }),
  SSH_KEY_REFUSED: sort<{ server: string; host: string; user: string; key: string }>({
    disposition: 'stall',
    fault: 'operator',
    exit: 1,
    message: ({ server, host, user, key }) => `server ${server}: ${host} does not let ${user} in with ${key}`,
    hint: () =>
      `${UNTOUCHED} See that its public half is among the authorized keys of that user; those of administrators are in C:\\ProgramData\\ssh\\administrators_authorized_keys. The log OpenSSH/Operational of the server says why it was refused.`,
  }),
  SSH_KEY_UNUSABLE: sort<{ server: string; what: string; remedy: string }>({
    disposition: 'stall',
    fault: 'operator',
    exit: 1,
    message: ({ server, what }) => `server ${server}: there is no key to log in with: ${what}`,
    hint: ({ remedy }) => `${UNTOUCHED} ${remedy}`,
  }),
  SSH_KNOWN_HOSTS: sort<{ server: string; path: string; detail: string }>({
    disposition: 'stall',
    fault: 'operator',
    exit: 1,
    message: ({ server, path, detail }) =>
      `server ${server}: the known hosts in ${path} cannot be read: ${detail}`,
    hint: () =>
      `${UNTOUCHED} Without them no server is believed. Let the account that runs Stopgap read the file.`,
  }),
}

function distrust({ because, fingerprint, place, line }: Distrusted): string {
  switch (because) {
    case 'unknown':
      return `is not known: it offers ${fingerprint}, and ${place} has no key for it`
    case 'changed':
      return `is another than the known one: it offers ${fingerprint}, and ${place}:${line} says otherwise`
    case 'revoked':
      return `is revoked: it offers ${fingerprint}, which ${place} takes back`
    case 'not-pinned':
      return `is not the pinned one: it offers ${fingerprint}, and ${place} is configured`
  }
}

// The fingerprint must come from the server itself: what the wire says is what is in doubt.
function trusting({ because, host, key, fingerprint, place, line }: Distrusted): string {
  const compare = `On the server itself, run: ssh-keygen -lf C:\\ProgramData\\ssh\\ssh_host_${shortType(key)}_key.pub`
  switch (because) {
    case 'unknown':
      return `${compare} — if it shows the same, add this line to ${place}: ${host} ${key}`
    case 'changed':
      return `Either the server was set up anew, or somebody answers in its place. ${compare} — if it shows the same, replace line ${line} of ${place} by: ${host} ${key}`
    case 'revoked':
      return `Somebody may hold this key who should not. Give the server another host key, and add that to ${place}.`
    case 'not-pinned':
      return `Either the server was set up anew, or somebody answers in its place. ${compare} — if it shows the same, configure fingerprint: ${fingerprint}`
  }
}

/** As the files of host keys are called. */
function shortType(key: string): string {
  return key.startsWith('ecdsa') ? 'ecdsa' : key.startsWith('ssh-rsa') ? 'rsa' : 'ed25519'
}
