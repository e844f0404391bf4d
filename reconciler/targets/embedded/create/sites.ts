import { BACK_END, EXCHANGE, FRONT_END, type Place, poolsOf } from './applications.ts'
import { type Element, element } from './xml.ts'

/** A site that is not of Exchange, with a pool and a folder of its own. */
export const SECOND_SITE = {
  name: 'Contoso Intranet',
  pool: 'ContosoIntranet',
  folder: 'C:\\inetpub\\intranet',
} as const

const POOL_CONFIG = `${EXCHANGE}\\bin\\GenericAppPoolConfigWithGCServerEnabledFalse.config`
const LOGS = '%SystemDrive%\\inetpub\\logs'

/** Every pool of the server, by name. */
export function poolNames(places: readonly Place[], second: boolean): readonly string[] {
  return [
    'DefaultAppPool',
    '.NET v4.5 Classic',
    '.NET v4.5',
    ...poolsOf(places),
    ...(second ? [SECOND_SITE.pool] : []),
  ]
}

/** `<applicationPools>`. */
export function applicationPools(places: readonly Place[], second: boolean): Element {
  return element(
    'applicationPools',
    {},
    element('add', { name: 'DefaultAppPool' }),
    element('add', {
      name: '.NET v4.5 Classic',
      managedRuntimeVersion: 'v4.0',
      managedPipelineMode: 'Classic',
    }),
    element('add', { name: '.NET v4.5', managedRuntimeVersion: 'v4.0' }),
    ...poolsOf(places).map(exchangePool),
    ...(second
      ? [element('add', { name: SECOND_SITE.pool, autoStart: true, startMode: 'AlwaysRunning' })]
      : []),
    element(
      'applicationPoolDefaults',
      { managedRuntimeVersion: 'v4.0' },
      element('processModel', { identityType: 'ApplicationPoolIdentity' }),
    ),
  )
}

/** Exchange switches off what would recycle or end a pool by itself. */
function exchangePool(name: string): Element {
  // As Setup leaves them, some say what is the default anyway and some do not.
  const spelled = /Mapi|Rpc|Rest/.test(name) ? { queueLength: 1000, autoStart: true } : {}
  return element(
    'add',
    {
      name,
      ...spelled,
      managedRuntimeVersion: 'v4.0',
      managedRuntimeLoader: '',
      managedPipelineMode: 'Integrated',
      CLRConfigFile: POOL_CONFIG,
    },
    element('processModel', {
      identityType: 'LocalSystem',
      loadUserProfile: true,
      idleTimeout: '00:00:00',
      pingingEnabled: false,
    }),
    element('recycling', {}, element('periodicRestart', { time: '00:00:00' })),
    element('failure', { rapidFailProtection: false }),
  )
}

/** `<sites>`. */
export function sites(places: readonly Place[], second: boolean): Element {
  return element(
    'sites',
    {},
    frontEnd(places),
    ...(places.some(({ site }) => site === BACK_END) ? [backEnd(places)] : []),
    ...(second ? [secondSite()] : []),
    element(
      'siteDefaults',
      {},
      element('logFile', { logFormat: 'W3C', directory: `${LOGS}\\LogFiles` }),
      element('traceFailedRequestsLogging', { directory: `${LOGS}\\FailedReqLogFiles` }),
    ),
    element('applicationDefaults', { applicationPool: 'DefaultAppPool' }),
    element('virtualDirectoryDefaults', { allowSubDirConfig: true }),
  )
}

function frontEnd(places: readonly Place[]): Element {
  const mine = applications(places, FRONT_END)
  // The root shares the pool of OWA: one more thing that stops with it.
  const pool = mine.length > 0 ? 'MSExchangeOWAAppPool' : undefined
  return element(
    'site',
    { name: FRONT_END, id: 1 },
    application('/', pool, [['/', '%SystemDrive%\\inetpub\\wwwroot']]),
    ...mine,
    bindings([
      ['http', '*:80:'],
      ['net.tcp', '808:*'],
      ['net.pipe', '*'],
      ['https', ':443:'],
      ['http', '127.0.0.1:80:'],
      ['https', '127.0.0.1:443:'],
    ]),
  )
}

/** The site that the front end proxies to, on ports of its own. */
function backEnd(places: readonly Place[]): Element {
  const root = `${EXCHANGE}\\ClientAccess`
  return element(
    'site',
    { name: BACK_END, id: 2, serverAutoStart: true },
    application('/', undefined, [
      ['/', root],
      ['/mapi', `${root}\\mapi`],
    ]),
    ...applications(places, BACK_END),
    bindings([
      ['http', '*:81:'],
      ['https', '*:444:'],
      ['net.pipe', '*'],
    ]),
  )
}

/** Its pool starts by itself whatever Exchange does, and nothing of ours should ever restart it. */
function secondSite(): Element {
  const { name, pool, folder } = SECOND_SITE
  return element(
    'site',
    { name, id: 3 },
    application('/', pool, [['/', folder]]),
    bindings([['http', '*:8080:intranet.contoso.example']]),
  )
}

/** An application for every place of the site that has a pool. */
function applications(places: readonly Place[], site: string): Element[] {
  return places.flatMap((place) =>
    place.site === site && place.pool !== null
      ? [application(`/${place.path}`, place.pool, [['/', place.folder]])]
      : [],
  )
}

function application(
  path: string,
  applicationPool: string | undefined,
  directories: readonly (readonly [path: string, physicalPath: string])[],
): Element {
  return element(
    'application',
    { path, applicationPool },
    ...directories.map(([path, physicalPath]) => element('virtualDirectory', { path, physicalPath })),
  )
}

function bindings(rows: readonly (readonly [protocol: string, bindingInformation: string])[]): Element {
  return element(
    'bindings',
    {},
    ...rows.map(([protocol, bindingInformation]) => element('binding', { protocol, bindingInformation })),
  )
}
