import { compareBuilds, parseBuild } from '../../formats/build.ts'
import type { Examined } from '../../model/examined.ts'
import type { Finding } from '../../model/finding.ts'
import { span } from '../../util/words.ts'
import { failure, ok, warning } from './finding.ts'

/** What every Windows Server from 2016 on brings along. */
const OLDEST = [5, 1, 0, 0] as const

/** Blocks run out, and fixes retire, by time; Kerberos refuses at five minutes. */
const CLOCK_TOLERANCE = 60_000

/** When a server was asked for its time, by our clock; milliseconds since 1970. */
export interface Asked {
  readonly before: number
  readonly after: number
}

/** Our way into the server: who we are there, by what, and whether its clock agrees with ours. */
export function sessionFindings(examined: Examined, asked: Asked): readonly Finding[] {
  return [userFinding(examined), ...powershellFindings(examined), clockFinding(examined.clock, asked)]
}

function userFinding({ user, elevated, computer, powershell }: Examined): Finding {
  const who = `${user} on ${computer}`
  if (powershell === null) return ok('user', who)
  if (elevated === true) return ok('user', `${who}, with the rights of an administrator`)
  const rights =
    elevated === null ? 'nobody can tell with which rights' : 'without the rights of an administrator'
  return warning(
    'user',
    `${who}, ${rights}`,
    'That is enough only where this account was given the right to write to the configuration of IIS and to control services and application pools.',
  )
}

function powershellFindings({
  powershell,
  languageMode,
  is64Bit,
}: Pick<Examined, 'powershell' | 'languageMode' | 'is64Bit'>): readonly Finding[] {
  if (powershell === null) return []
  const { version, edition } = powershell
  const bits = is64Bit ? '64 bits' : '32 bits'
  const what = `PowerShell ${version} (${edition}), ${bits}, ${languageMode ?? 'language mode unknown'}`
  // 7.4.6-preview.1 is no build, and is not old either.
  const build = parseBuild(/^[\d.]+/.exec(version)?.[0] ?? '')
  if (!is64Bit)
    return [
      failure(
        'powershell',
        what,
        'Start the PowerShell of System32, not that of SysWOW64: it sees another registry and other system files.',
      ),
    ]
  if (languageMode !== null && languageMode !== 'FullLanguage')
    return [
      failure(
        'powershell',
        what,
        'Let the program run in FullLanguage: exempt this account in the policy of AppLocker or of Windows Defender Application Control.',
      ),
    ]
  if (build !== null && compareBuilds(build, OLDEST) < 0)
    return [failure('powershell', what, 'Install Windows Management Framework 5.1 on the server.')]
  return [ok('powershell', what)]
}

/** What the journey of the question took is not held against the server. */
function clockFinding(clock: number, { before, after }: Asked): Finding {
  const difference = clock < before ? clock - before : clock > after ? clock - after : 0
  if (Math.abs(difference) <= CLOCK_TOLERANCE)
    return ok('clock', Math.abs(difference) < 1000 ? 'as here' : `${span(Math.abs(difference))} apart`)
  return warning(
    'clock',
    `${span(Math.abs(difference))} ${difference < 0 ? 'behind' : 'ahead of'} this machine`,
    'Set the clocks of both by one time server: blocks run out and fixes retire by the clock of this machine.',
  )
}
