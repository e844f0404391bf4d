import { StopgapError } from '../errors/error.ts'
import { mask, secretsOf } from '../util/mask.ts'
import type { Ran } from './run.ts'

export type FetchCode =
  | 'FETCH_DNS'
  | 'FETCH_CONNECT'
  | 'FETCH_TLS'
  | 'FETCH_AUTH'
  | 'FETCH_HOST_KEY'
  | 'FETCH_TIMEOUT'
  | 'FETCH_NOT_FOUND'
  | 'FETCH_CORRUPT'
  | 'FETCH_OVERSIZED'
  | 'FETCH_DISK'
  | 'FETCH_OTHER'

/**
 * Git's own words (git 2.39, libcurl, OpenSSH 9, all in the C locale), in the order in which they decide: a full disk
 * and a dropped line both end in "index-pack failed", and every ssh fault in "Could not read from remote repository".
 */
const WORDS: readonly (readonly [FetchCode, RegExp])[] = [
  [
    'FETCH_DISK',
    /no space left|disk quota exceeded|read-only file system|insufficient permission for adding|unable to (?:create|write)|write error|failed to write|cannot (?:create|update|lock) |could not (?:create|write|lock)/i,
  ],
  [
    'FETCH_HOST_KEY',
    /host key verification failed|remote host identification has changed|no \S+ host key is known/i,
  ],
  [
    'FETCH_DNS',
    /could(?: not|n't) resolve|name or service not known|name resolution|nodename nor servname|no address associated/i,
  ],
  [
    'FETCH_TLS',
    /certificate|gnutls|schannel|\bssl(?: (?:peer|connect|connection|routines|error)|_)|\btls (?:connect|handshake|packet)|alert number/i,
  ],
  [
    'FETCH_AUTH',
    /authentication failed|could not read (?:username|password)|terminal prompts disabled|permission denied|returned error: 40[137]|access denied|dubious ownership|invalid (?:username|credentials)|unauthorized|too many authentication failures/i,
  ],
  [
    'FETCH_CORRUPT',
    /fsck error|corrupt|inflate: data stream|bad (?:object|tree|blob|sha1|packed object)|is empty$|missing (?:blob|tree|commit|object)|unable to (?:read|parse|find) |mismatch|all necessary objects|broken link|unresolved deltas|invalid (?:object|sha1 pointer)|not a valid object|not a git repository: /im,
  ],
  [
    'FETCH_NOT_FOUND',
    /not found|does not appear to be a git repository|couldn't find remote ref|returned error: (?:404|410)|not our ref|does not exist|no such file or directory/i,
  ],
  [
    'FETCH_CONNECT',
    /failed to connect|could(?: not|n't) connect|connection (?:refused|timed out|reset|closed|was)|network is unreachable|no route to host|empty reply|recv failure|send failure|operation timed out|early eof|rpc failed|disconnect|hung up|broken pipe|transfer closed|partial file/i,
  ],
]

/** What a line of stderr says about why git failed. */
export function classify(stderr: string): FetchCode {
  return WORDS.find(([, words]) => words.test(stderr))?.[0] ?? 'FETCH_OTHER'
}

const LOCKED = /\.lock': File exists/

/** The error for a git command that did not succeed; aborted, it throws the signal's reason instead. */
export function gitError(ran: Ran, url: string, signal: AbortSignal): StopgapError {
  const remote = mask(url)
  const made = (code: FetchCode, detail: string) => new StopgapError(code, { remote, detail, kept: null })
  if (ran.ended === 'aborted') {
    signal.throwIfAborted()
  }
  if (ran.ended === 'timeout') return made('FETCH_TIMEOUT', 'git was ended after the time limit')
  if (ran.ended === 'oversized') return made('FETCH_OVERSIZED', 'git was ended at the size limit')
  if (ran.ended === 'no-git') return made('FETCH_OTHER', `git could not be started: ${ran.stderr}`)
  const code = classify(ran.stderr)
  const detail = mask(telling(ran, code), secretsOf(url))
  return made(
    code,
    LOCKED.test(detail)
      ? `${detail} (another git works there; apply and run clear up after one that was killed)`
      : detail,
  )
}

/** The line that decided, or else the last thing git said; what a server says may hold anything, so only plain text. */
function telling(ran: Ran, code: FetchCode): string {
  const lines = ran.stderr
    .split(/[\r\n]+/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences of a server end here
    .map((line) => line.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ').trim())
    .filter((line) => line !== '')
  const words = WORDS.find(([sort]) => sort === code)?.[1]
  const line =
    lines.find((one) => words?.test(one)) ?? lines.find((one) => /^(?:fatal|error):/.test(one)) ?? lines[0]
  return (line ?? `git ended with exit code ${ran.code}`).replace(/^(?:fatal|error|ssh): /, '').slice(0, 300)
}
