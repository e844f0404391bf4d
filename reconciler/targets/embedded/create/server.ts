import { placesOf } from './applications.ts'
import { applicationHost, redirection } from './host.ts'
import type { Profile } from './profile.ts'
import { servicesOf } from './services.ts'
import { poolNames } from './sites.ts'
import { webConfigs } from './webconfig.ts'

const CONFIG = 'C:\\Windows\\System32\\inetsrv\\config'

/** File versions of the token cache module, before and after the Windows updates of October 2023. */
const CACHTOKN: Readonly<Record<string, readonly [before: string, after: string]>> = {
  '6.3.9600': ['8.5.9600.17415', '8.5.9600.21613'],
  '10.0.14393': ['10.0.14393.3024', '10.0.14393.6343'],
  '10.0.17763': ['10.0.17763.1', '10.0.17763.4968'],
  '10.0.20348': ['10.0.20348.1', '10.0.20348.2029'],
}

/** Every file of a server by its full Windows path. The same profile gives the same bytes, always. */
export function serverFiles(profile: Profile): ReadonlyMap<string, string> {
  return new Map([
    [`${CONFIG}\\applicationHost.config`, applicationHost(profile)],
    [`${CONFIG}\\redirection.config`, redirection(profile.extras.has('shared-config'))],
    ...webConfigs(profile),
  ])
}

/** The content of server.json. */
export function serverState(profile: Profile) {
  const { name, roles, exchange, os, iis, extras, eems } = profile
  const pools = poolNames(placesOf(profile), extras.has('second-site'))
  const applied = [...(extras.has('eems-m1') ? ['M1.1'] : []), ...(extras.has('eems-m2') ? ['M2.1.0'] : [])]
  const cachtokn = CACHTOKN[os]?.[profile.windowsCurrent ? 1 : 0]
  return {
    schema: 1,
    name,
    facts: {
      roles,
      exchange,
      os,
      iis,
      urlRewrite: profile.urlRewrite ? '7.1.1993.2351' : null,
      setup: 'idle',
      maintenance: false,
      eems: { installed: eems, enabled: eems, applied, blocked: [] },
    },
    services: servicesOf(profile),
    appPools: Object.fromEntries(pools.map((pool) => [pool, { state: 'Started' }])),
    fileVersions: cachtokn === undefined ? {} : { 'C:\\Windows\\System32\\inetsrv\\cachtokn.dll': cachtokn },
  }
}
