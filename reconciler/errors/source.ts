import { sort } from './sort.ts'

/** `remote` is masked, `detail` one line of git's own words, masked; `kept` the revision that stays in force. */
interface Failed {
  readonly remote: string
  readonly detail: string
  readonly kept: string | null
}

/** A revision that was seen and not taken. */
interface Refused {
  readonly revision: string
  readonly kept: string | null
}

// Every hint begins with what holds now: in an emergency that is the first question.
function stays(kept: string | null): string {
  return kept === null
    ? 'No revision is in force yet, so nothing is changed on any server.'
    : `Revision ${kept} stays in force.`
}

// All failures of a fetch are alike but in their words: nothing changes, the exit code is 1.
function fetching(what: string, remedy: string, lasting = false) {
  return sort<Failed>({
    // Whatever lasts until somebody acts is looked at again with the next interval, but not hammered in between.
    disposition: lasting ? 'stall' : 'retry',
    fault: lasting ? 'operator' : 'environment',
    exit: 1,
    message: ({ remote, detail }) => `${what} ${remote}: ${detail}`,
    hint: ({ kept }) => `${stays(kept)} ${remedy}`,
  })
}

/** Errors of the source: where policy comes from. */
export const sourceErrors = {
  SOURCE_INVALID: sort<{ what: string; remedy: string }>({
    disposition: 'crash',
    fault: 'operator',
    exit: 3,
    message: ({ what }) => what,
    hint: ({ remedy }) => remedy,
  }),
  FETCH_DNS: fetching(
    'the host name is unknown:',
    'Check the name in source.remotes and the resolver of this machine.',
  ),
  FETCH_CONNECT: fetching(
    'no connection to',
    'Check that the host answers on its port, and proxies and firewalls between.',
  ),
  FETCH_TLS: fetching(
    'no trusted connection to',
    'Check the certificate and its authority; an authority of your own is named by GIT_SSL_CAINFO or http.sslCAInfo.',
    true,
  ),
  FETCH_AUTH: fetching(
    'access was denied by',
    'Check the credential helper or key of the account that runs Stopgap; it never asks for a password.',
    true,
  ),
  FETCH_HOST_KEY: fetching(
    'the SSH host key is not the known one:',
    'Compare the key with its owner, then put it into known_hosts of the account that runs Stopgap.',
    true,
  ),
  FETCH_TIMEOUT: fetching('took too long:', 'Check the connection, or raise source.timeout.'),
  FETCH_NOT_FOUND: fetching('not found:', 'Check source.remotes and source.ref.', true),
  FETCH_CORRUPT: fetching(
    'corrupt objects from',
    'The clone is made anew with the next fetch; if that fails too, run git fsck on the remote.',
  ),
  FETCH_OVERSIZED: fetching(
    'too much to fetch from',
    'Keep only policy in this repository; nothing of the transfer was kept.',
    true,
  ),
  FETCH_DISK: fetching(
    'could not write to the disk while fetching',
    'Make room in the state folder and check its rights.',
  ),
  FETCH_OTHER: fetching('could not fetch', 'Run stopgap doctor: it looks at the source more closely.'),
  // A revision that is refused is the input's fault (exit 3); a source that cannot be read is the environment's.
  SOURCE_UNSETTLED: sort<{ folder: string; kept: string | null }>({
    disposition: 'retry',
    fault: 'environment',
    exit: 1,
    message: ({ folder }) => `${folder} is being written to, so it is not a revision yet`,
    hint: ({ kept }) => `${stays(kept)} The folder counts once nothing below it changed for a second.`,
  }),
  SOURCE_MEMORY: sort<{ file: string; what: string }>({
    disposition: 'crash',
    fault: 'operator',
    exit: 1,
    message: ({ file, what }) => `${file} ${what}`,
    hint: () =>
      'It says which revision is in force. Use the version of Stopgap that wrote it, or move the file away: then the newest revision is taken whatever came before.',
  }),
  SOURCE_UNKNOWN_REVISION: sort<{ revision: string }>({
    disposition: 'stall',
    fault: 'environment',
    exit: 1,
    message: ({ revision }) => `revision ${revision} is not in this source`,
    hint: () => 'Check the name, and whether stopgap.yaml still names the source that it came from.',
  }),
  SOURCE_OVERSIZED: sort<Refused & { readonly what: string }>({
    disposition: 'stall',
    fault: 'operator',
    exit: 3,
    message: ({ revision, what }) => `revision ${revision} is refused: ${what}`,
    hint: ({ kept }) => `${stays(kept)} Commit a revision with less below mitigations/ and policies/.`,
  }),
  SOURCE_REWOUND: sort<Refused>({
    disposition: 'stall',
    fault: 'operator',
    exit: 3,
    message: ({ revision, kept }) => `revision ${revision} does not descend from ${kept}, which is in force`,
    hint: ({ revision, kept }) =>
      `${stays(kept)} If the history was meant to be rewritten, run: stopgap accept ${revision}`,
  }),
  REVISION_REFUSED: sort<{ revision: string; message: string; hint: string }>({
    disposition: 'stall',
    fault: 'operator',
    exit: 3,
    message: ({ message }) => `there is no good revision: ${message}`,
    hint: ({ hint }) => hint,
  }),
}
