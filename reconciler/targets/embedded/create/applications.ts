import type { Profile } from './profile.ts'

export const FRONT_END = 'Default Web Site'
export const BACK_END = 'Exchange Back End'
export const EXCHANGE = 'C:\\Program Files\\Microsoft\\Exchange Server\\V15'

export type TokenChecking = 'None' | 'Allow' | 'Require'

/** A place of the configuration: an application of a site, or a path below one that has settings of its own. */
export interface Place {
  readonly site: typeof FRONT_END | typeof BACK_END
  /** Below the site, without a leading slash. */
  readonly path: string
  /** Null: a location only, without an application. */
  readonly pool: string | null
  readonly folder: string
  /** Enabled schemes: w(indows), b(asic), a(nonymous). */
  readonly schemes: string
  /** tokenChecking where Extended Protection is on; absent: the element is not written at all. */
  readonly protection?: TokenChecking
  readonly sslFlags?: string
}

type Row = readonly [
  path: string,
  pool: string | null,
  folder: string,
  schemes: string,
  protection?: TokenChecking | undefined,
  sslFlags?: string,
]

// Front and back end share most pools: stopping one takes both halves of an application down.
const FRONT: readonly Row[] = [
  ['owa', 'OWA', 'owa', 'b', 'Require'],
  ['owa/Calendar', 'OWACalendar', 'owa', 'a', undefined, 'None'],
  ['owa/Integrated', 'OWA', 'owa', 'w'],
  ['owa/oma', 'OWA', 'owa', 'b'],
  ['ecp', 'ECP', 'ecp', 'b', 'Require'],
  ['EWS', 'Services', 'EWS', 'wa', 'Allow'],
  ['API', 'RestFrontEnd', 'Rest', 'wa', 'Require'],
  ['Autodiscover', 'Autodiscover', 'Autodiscover', 'wba', 'None'],
  ['Microsoft-Server-ActiveSync', 'Sync', 'sync', 'b', 'Allow'],
  ['Microsoft-Server-ActiveSync/Proxy', null, 'sync\\Proxy', 'w', 'Allow'],
  ['OAB', 'OAB', 'OAB', 'wa', 'Allow'],
  ['PowerShell', 'PowerShellFrontEnd', 'PowerShell', '', 'None', 'SslNegotiateCert'],
  ['mapi', 'MapiFrontEnd', 'mapi', 'w', 'Require', 'Ssl, Ssl128'],
  ['Rpc', 'RpcProxyFrontEnd', 'rpc', 'wb', 'Require', 'Ssl, Ssl128'],
]

const BACK: readonly Row[] = [
  ['PowerShell', 'PowerShell', 'PowerShell-Proxy', 'w', 'Require', 'Ssl, Ssl128, SslNegotiateCert'],
  ['mapi/emsmdb', 'MapiMailbox', 'mapi\\emsmdb', 'w', 'Require'],
  ['mapi/nspi', 'MapiAddressBook', 'mapi\\nspi', 'w', 'Require'],
  ['PushNotifications', 'PushNotifications', 'PushNotifications', 'w', 'Require'],
  ['API', 'Rest', 'rest', 'wa', 'Require'],
  ['owa', 'OWA', 'owa', 'wa', 'Require'],
  ['owa/Calendar', 'OWACalendar', 'owa', 'a'],
  ['OAB', 'OAB', 'OAB', 'w', 'Require'],
  ['ecp', 'ECP', 'ecp', 'wa', 'Require'],
  ['Autodiscover', 'Autodiscover', 'Autodiscover', 'wa', 'None'],
  ['Microsoft-Server-ActiveSync', 'Sync', 'sync', 'b', 'Require'],
  ['Microsoft-Server-ActiveSync/Proxy', null, 'sync\\Proxy', 'w', 'Require'],
  ['EWS', 'Services', 'exchweb\\EWS', 'wa', 'Require'],
  ['EWS/bin', 'Services', 'exchweb\\EWS\\bin', '', undefined, 'Ssl, Ssl128'],
  ['Rpc', 'RpcProxy', '%windir%\\System32\\RpcProxy', 'w', 'Require', 'None'],
  ['RpcWithCert', 'RpcProxy', '%windir%\\System32\\RpcProxy', 'w', 'Require'],
]

/** The places of a server's two Exchange sites; none on Edge Transport. */
export function placesOf(profile: Profile): readonly Place[] {
  const { roles, line } = profile
  if (roles.includes('EdgeTransport')) return []
  // 2013 could split the roles: the front end belongs to Client Access there, to Mailbox ever since.
  const front = line !== '2013' || roles.includes('ClientAccess')
  const back = roles.includes('Mailbox')
  return [
    ...(front ? FRONT.map((row) => placeOf(FRONT_END, `${EXCHANGE}\\FrontEnd\\HttpProxy`, row)) : []),
    ...(back ? BACK.map((row) => placeOf(BACK_END, `${EXCHANGE}\\ClientAccess`, row)) : []),
  ].filter((place) => line !== '2013' || place.path !== 'API')
}

function placeOf(site: Place['site'], root: string, row: Row): Place {
  const [path, pool, folder, schemes, protection, sslFlags] = row
  return {
    site,
    path,
    pool: pool === null ? null : `MSExchange${pool}AppPool`,
    folder: folder.startsWith('%') ? folder : `${root}\\${folder}`,
    schemes,
    ...(protection === undefined ? {} : { protection }),
    ...(sslFlags === undefined ? {} : { sslFlags }),
  }
}

/** Names of the pools that the places use, each once, in their order. */
export function poolsOf(places: readonly Place[]): readonly string[] {
  return [...new Set(places.flatMap(({ pool }) => (pool === null ? [] : [pool])))]
}
