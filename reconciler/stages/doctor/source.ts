import type { Certificate, ExaminedRemote, ExaminedSource, Way } from '../../model/examined.ts'
import type { Examination, Finding } from '../../model/finding.ts'
import { count } from '../../util/words.ts'
import { failed, failure, mistake, ok, warning } from './finding.ts'

const DAY = 86_400_000
/** Enough to renew a certificate in peace. */
const NOTICE = 21 * DAY

/** What was read from the source in the end. */
export type ReadPolicy =
  | { readonly is: 'read'; readonly mitigations: number; readonly warnings: readonly string[] }
  | { readonly is: 'refused'; readonly message: string; readonly hint: string; readonly exit: number }
  /** No remote answered. */
  | { readonly is: 'none' }

/** Where policy comes from: each remote with what it is believed by, then what it holds. `now`: ms since 1970. */
export function sourceExamination(
  { git, usesGit, remotes }: ExaminedSource,
  policy: ReadPolicy,
  now: number,
): Examination {
  return {
    of: 'source',
    name: remotes[0]?.name ?? 'none',
    findings: [
      ...(usesGit ? [gitFinding(git)] : []),
      ...remotes.flatMap((remote) => remoteFindings(remote, now)),
      ...policyFindings(policy),
      ...(remotes.length === 0
        ? [
            mistake(
              'reach',
              'no source is named',
              'Name it: --source DIR-or-GIT-URL, or source.remotes in stopgap.yaml.',
            ),
          ]
        : []),
    ],
  }
}

function gitFinding(git: string | null): Finding {
  return git === null
    ? failure(
        'git',
        'git cannot be started',
        'Install git 2.28 or later, where the PATH of this account finds it.',
      )
    : ok('git', git)
}

function remoteFindings({ name, way, answer }: ExaminedRemote, now: number): readonly Finding[] {
  const reach =
    answer.is === 'revision'
      ? ok('reach', `${name} has ${answer.revision}`)
      : failed('reach', { ...answer.trouble, exit: answer.exit })
  const code = answer.is === 'failed' ? answer.trouble.code : null
  return [reach, ...(way === null ? [] : wayFindings(way, code, now))]
}

/** `code`: of the error that it ended with; null: it answered. */
function wayFindings(way: Way, code: string | null, now: number): readonly Finding[] {
  if (way.is === 'here') return []
  const proxy = ok('proxy', way.proxy === null ? 'none in between' : `through ${way.proxy}`)
  if (way.is === 'ssh') return [proxy, hostKeyFinding(way, code)]
  if (!way.encrypted) return [proxy, ok('certificate', 'none: it is on this machine')]
  // Without an answer nothing was seen of it.
  if (way.certificate === null && code !== null && code !== 'FETCH_TLS') return [proxy]
  return [proxy, certificateFinding(way.certificate, { authorities: way.authorities, code, now })]
}

function certificateFinding(
  certificate: Certificate | null,
  {
    authorities,
    code,
    now,
  }: { readonly authorities: string; readonly code: string | null; readonly now: number },
): Finding {
  const by = `believed by ${authorities}`
  const shown =
    certificate === null ? '' : `, issued by ${certificate.issuer}, good until ${day(certificate.validTo)}`
  if (code === 'FETCH_TLS')
    return failure(
      'certificate',
      `not ${by}${shown}`,
      'Have the server show its whole chain, or name its authority: GIT_SSL_CAINFO, or http.sslCAInfo in the configuration of git.',
    )
  if (certificate !== null && certificate.validTo - now < NOTICE)
    return warning(
      'certificate',
      `${code === null ? by : 'seen'}${shown}`,
      'Have it renewed: once it has run out no new revision arrives.',
    )
  return ok('certificate', `${code === null ? by : 'seen'}${shown}`)
}

/** The day in UTC. */
function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

function hostKeyFinding({ command, known }: Extract<Way, { is: 'ssh' }>, code: string | null): Finding {
  if (command !== null && /StrictHostKeyChecking[= ]\s*"?(?:no|off|accept-new)/i.test(command))
    return warning(
      'host-key',
      'the command of GIT_SSH_COMMAND takes host keys that nobody compared',
      'Leave StrictHostKeyChecking out of it: then an unknown key is refused.',
    )
  const keys = known.length === 0 ? 'none is known' : `known: ${known.join(', ')}`
  if (code === 'FETCH_HOST_KEY')
    return failure(
      'host-key',
      known.length === 0 ? 'no key of this host is known' : `the host shows another key; ${keys}`,
      'Compare the key with its owner, then put it into known_hosts of the account that runs Stopgap.',
    )
  if (command !== null) return ok('host-key', 'left to the command of GIT_SSH_COMMAND')
  return known.length === 0 && code === null
    ? ok('host-key', 'the host showed a key that is believed')
    : ok('host-key', keys)
}

function policyFindings(policy: ReadPolicy): readonly Finding[] {
  if (policy.is === 'none') return []
  if (policy.is === 'refused') return [failed('policy', policy)]
  const [first, ...more] = policy.warnings
  const valid = ok('policy', `valid, with ${count(policy.mitigations, 'mitigation')}`)
  const noted =
    first === undefined
      ? []
      : [
          warning(
            'policy',
            more.length === 0 ? first : `${first} (and ${count(more.length, 'further warning')})`,
            'stopgap validate lists them all with file and line.',
          ),
        ]
  return [
    valid,
    ...noted,
    warning(
      'signature',
      'commits are not checked for a signature',
      'Whoever can write to the source decides what is written on servers: protect the branch, and ask for reviews.',
    ),
  ]
}
