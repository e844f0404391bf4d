import { devNull } from 'node:os'

export type Env = Readonly<Record<string, string | undefined>>

/**
 * What of git's own environment an operator may set for us: who we are and whom we trust. All other GIT_* variables
 * go: started from a git hook there are GIT_DIR and GIT_INDEX_FILE, which would send us into another repository, and
 * GIT_SSL_NO_VERIFY or GIT_ASKPASS (editors set it, to a window nobody sees) are nobody's intention here.
 */
const KEPT =
  /^GIT_(?:SSH|SSH_COMMAND|SSH_VARIANT|SSL_(?:CAINFO|CAPATH|CERT|KEY|CERT_PASSWORD_PROTECTED)|PROXY_SSL_\w+|CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)|EXEC_PATH)$/i

const SSH = 'ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=15'

/** Never a question: there may be a terminal, but nobody sits at it. */
const SILENT: Env = {
  LC_ALL: 'C',
  LANGUAGE: '',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '',
  SSH_ASKPASS: '',
  SSH_ASKPASS_REQUIRE: 'never',
  GCM_INTERACTIVE: 'never',
  GIT_NO_REPLACE_OBJECTS: '1',
}

/**
 * For commands that reach this remote: the operator's credential helpers, proxies and authorities count. A remote that
 * was named with https or ssh cannot send us to an open line.
 */
export function remoteEnvironment(env: Env, url: string): Record<string, string> {
  const given = withoutGit(env)
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && KEPT.test(name)) given[name] = value
  }
  const ssh = given['GIT_SSH_COMMAND'] === undefined && given['GIT_SSH'] === undefined
  return {
    ...given,
    ...(SILENT as Record<string, string>),
    ...(ssh ? { GIT_SSH_COMMAND: SSH } : {}),
    GIT_ALLOW_PROTOCOL: /^http:/i.test(url) ? 'file:http:https:ssh' : 'file:https:ssh',
  }
}

const NEEDED = /^(?:path|home|tmpdir|temp|tmp|systemroot|comspec|userprofile|ld_\w+)$/i

/** For commands within our clone: nothing of the machine's or the account's configuration counts. */
export function localEnvironment(env: Env, gitDir: string): Record<string, string> {
  const given = Object.entries(env).filter(([name, value]) => value !== undefined && NEEDED.test(name))
  return {
    ...(Object.fromEntries(given) as Record<string, string>),
    LC_ALL: 'C',
    // Named, since a clone without its HEAD would make git look for a repository in the folders above.
    GIT_DIR: gitDir,
    GIT_CONFIG_GLOBAL: devNull,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_LITERAL_PATHSPECS: '1',
  }
}

function withoutGit(env: Env): Record<string, string> {
  const rest: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !/^GIT_/i.test(name)) rest[name] = value
  }
  return rest
}

/** Options of every command that reaches a remote, as `-c` pairs: they win over files and GIT_CONFIG_COUNT. */
export const REMOTE_CONFIG: readonly string[] = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.askPass=',
  'transfer.fsckObjects=true',
  'fetch.fsckObjects=true',
  // Always one pack and never loose objects: its size can be watched while it grows.
  'fetch.unpackLimit=1',
  'fetch.recurseSubmodules=false',
  'fetch.writeCommitGraph=false',
  'core.bigFileThreshold=8m',
  'gc.auto=0',
  'maintenance.auto=false',
  'http.sslVerify=true',
  'credential.interactive=false',
].flatMap((setting) => ['-c', setting])
