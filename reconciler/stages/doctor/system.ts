import { type Build, compareBuilds, inRange, parseBuild, parseRange } from '../../formats/build.ts'
import type { Examined } from '../../model/examined.ts'
import type { Facts } from '../../model/facts.ts'
import type { Finding } from '../../model/finding.ts'
import { failure, ok, warning } from './finding.ts'

/** Windows Server by the first build of each version, newest first. */
const VERSIONS: readonly (readonly [string, Build])[] = [
  ['Windows Server 2025', [10, 0, 26100, 0]],
  ['Windows Server 2022', [10, 0, 20348, 0]],
  ['Windows Server 2019', [10, 0, 17763, 0]],
  ['Windows Server 2016', [10, 0, 14393, 0]],
  ['Windows Server 2012 R2', [6, 3, 0, 0]],
  ['Windows Server 2012', [6, 2, 0, 0]],
]

/** From here on the Universal C Runtime is a part of Windows. */
const WITH_CRT: Build = [10, 0, 0, 0]

/** Older ones lack what the shipped rules are made of. */
const REWRITE = '>=7.1'

/** The programs below Exchange. */
export function systemFindings(facts: Facts, examined: Examined | null): readonly Finding[] {
  return [windowsFinding(facts), ...iisFindings(facts), crtFinding(facts, examined)]
}

/** An Edge Transport server has no IIS. */
export function hasIis({ roles }: Facts): boolean {
  return roles === undefined || roles.some((role) => role !== 'EdgeTransport')
}

function windowsFinding({ os }: Facts): Finding {
  const build = os === undefined ? null : parseBuild(os)
  if (build === null)
    return warning(
      'windows',
      'the version of Windows is unknown',
      'Mitigations that ask for it are not applied. See that it can be read there.',
    )
  const name = VERSIONS.find(([, first]) => compareBuilds(build, first) >= 0)?.[0]
  return ok('windows', name === undefined ? `Windows ${os}` : `${name} (${os})`)
}

function iisFindings(facts: Facts): readonly Finding[] {
  if (!hasIis(facts)) return [ok('iis', 'not needed: an Edge Transport server has none')]
  const iis =
    facts.iis === undefined
      ? warning(
          'iis',
          'the version of IIS is unknown',
          'Mitigations that ask for it are not applied. See that IIS is installed.',
        )
      : ok('iis', facts.iis)
  return [iis, rewriteFinding(facts.urlRewrite)]
}

function rewriteFinding(version: Facts['urlRewrite']): Finding {
  const install =
    'Install the URL Rewrite module 2.1 for IIS; mitigations that are rules follow by themselves.'
  if (version === null)
    return failure('url-rewrite', 'not installed, so no rule can be put on this server', install)
  const build = version === undefined ? null : parseBuild(version)
  if (build === null)
    return warning(
      'url-rewrite',
      'its version is unknown',
      'Mitigations that are rules are not applied until it can be read.',
    )
  // The pattern is our own.
  const range = parseRange(REWRITE) ?? []
  return inRange(build, range)
    ? ok('url-rewrite', `${version}`)
    : failure('url-rewrite', `${version} is older than the rules need (${REWRITE})`, install)
}

/** URL Rewrite 2.1 and the EM service are built upon it. */
function crtFinding({ os }: Facts, examined: Examined | null): Finding {
  const build = os === undefined ? null : parseBuild(os)
  const found = examined?.universalCrt ?? null
  if (found === true) return ok('universal-crt', 'there')
  if (build !== null && compareBuilds(build, WITH_CRT) >= 0 && found === null)
    return ok('universal-crt', 'a part of this Windows')
  const install = 'Install the update KB2999226 (Universal C Runtime): the URL Rewrite module needs it there.'
  return found === false
    ? failure('universal-crt', 'not installed', install)
    : warning('universal-crt', 'nobody can tell whether it is installed', install)
}
