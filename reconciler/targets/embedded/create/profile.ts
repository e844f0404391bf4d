import { StopgapError } from '../../../errors/error.ts'
import { type Build, compareBuilds, formatBuild, parseBuild, partsOf } from '../../../formats/build.ts'
import type { Role } from '../../../model/facts.ts'

export const EXTRAS = ['eems-m1', 'eems-m2', 'second-site', 'shared-config', 'foreign-rules'] as const
/** What estates have beside a plain installation. */
export type Extra = (typeof EXTRAS)[number]

export const LEFT_OUT = ['url-rewrite'] as const
export type LeftOut = (typeof LEFT_OUT)[number]

export type Line = '2013' | '2016' | '2019' | 'SE'

/** Everything that the make of a server depends on. */
export interface Profile {
  readonly name: string
  /** Four parts, without leading zeros. */
  readonly exchange: string
  readonly line: Line
  readonly roles: readonly Role[]
  readonly os: string
  readonly iis: string
  readonly urlRewrite: boolean
  /** Setup of 2019 CU14 and of SE switches Extended Protection on. */
  readonly extendedProtection: boolean
  /** Installed on Mailbox servers by Setup since the CUs of September 2021. */
  readonly eems: boolean
  /** Whether Windows had the updates of October 2023 when this Exchange build was current. */
  readonly windowsCurrent: boolean
  readonly extras: ReadonlySet<Extra>
}

const SYSTEMS: Record<Line, { readonly os: string; readonly iis: string }> = {
  '2013': { os: '6.3.9600', iis: '8.5' },
  '2016': { os: '10.0.14393', iis: '10.0' },
  '2019': { os: '10.0.17763', iis: '10.0' },
  SE: { os: '10.0.20348', iis: '10.0' },
}

/** First builds of October 2023 in the lanes that were then supported; all later lanes are newer. */
const OCTOBER_2023 = ['15.1.2507.34', '15.2.1118.39', '15.2.1258.27']

export interface ProfileOptions {
  readonly name: string
  readonly exchange: string
  readonly roles?: readonly Role[] | undefined
  readonly without?: readonly LeftOut[] | undefined
  readonly with?: readonly Extra[] | undefined
}

/** Throws `ARGUMENT_INVALID` for what no server can be. */
export function profileOf(options: ProfileOptions): Profile {
  const build = buildOf(options.exchange)
  const line = productOf(build)
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$/.test(options.name)) {
    refuse(
      `"${options.name}" cannot be the name of a server`,
      'Use letters, digits, dots and hyphens, at most 63.',
    )
  }
  const roles = options.roles?.length ? options.roles : defaultRoles(line)
  const profile: Profile = {
    name: options.name,
    exchange: formatBuild(build),
    line,
    roles,
    ...SYSTEMS[line],
    urlRewrite: !options.without?.includes('url-rewrite'),
    extendedProtection: line === 'SE' || atLeast(build, '15.2.1544.4'),
    eems: hasEems(build, roles),
    windowsCurrent:
      OCTOBER_2023.some((first) => sameLane(build, first) && atLeast(build, first)) ||
      (line !== '2013' && line !== '2016' && atLeast(build, '15.2.1544.0')),
    extras: new Set(options.with),
  }
  checkExtras(profile)
  return profile
}

/** Four parts, of a product line that exists. */
export function buildOf(text: string): Build {
  const build = partsOf(text) === 4 ? parseBuild(text) : null
  if (build === null || build[0] !== 15 || build[1] > 2) {
    refuse(`"${text}" is not a build of Exchange Server`, 'Give all four parts, such as 15.2.1118.7.')
  }
  return build
}

/** SE shares 15.2 with 2019; its builds start at 2562. */
export function productOf(build: Build): Line {
  if (build[1] === 0) return '2013'
  if (build[1] === 1) return '2016'
  return build[2] >= 2562 ? 'SE' : '2019'
}

/** Setup brought the service with 2016 CU22 and 2019 CU11, to Mailbox servers. */
export function hasEems(build: Build, roles: readonly Role[]): boolean {
  if (!roles.includes('Mailbox')) return false
  return build[1] === 1 ? build[2] >= 2375 : build[1] === 2 && build[2] >= 986
}

/** Throws ARGUMENT_INVALID. */
export function refuse(what: string, remedy: string): never {
  throw new StopgapError('ARGUMENT_INVALID', { what, remedy })
}

function checkExtras({ extras, roles, urlRewrite }: Profile): void {
  const needing = [...extras].filter((extra) => extra !== 'second-site' && extra !== 'shared-config')
  if (!urlRewrite && needing.length > 0) {
    refuse(
      `${needing.join(' and ')} cannot be without URL Rewrite`,
      'Leave out --without url-rewrite, or these.',
    )
  }
  if (roles.includes('EdgeTransport') && (roles.length > 1 || needing.length > 0)) {
    refuse('an Edge Transport server has no other role and no web applications', 'Choose another role.')
  }
}

function defaultRoles(line: Line): readonly Role[] {
  return line === '2013' ? ['Mailbox', 'ClientAccess'] : ['Mailbox']
}

function atLeast(build: Build, first: string): boolean {
  return compareBuilds(build, buildOf(first)) >= 0
}

function sameLane(build: Build, other: string): boolean {
  return buildOf(other).slice(0, 3).join() === build.slice(0, 3).join()
}
