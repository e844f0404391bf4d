import { BACK_END, EXCHANGE, FRONT_END, type Place, placesOf } from './applications.ts'
import { ecpRules, eemsM1, eemsM2, rootMaps, rootRules } from './foreign.ts'
import type { Profile } from './profile.ts'
import { SECOND_SITE } from './sites.ts'
import { type Element, EXCHANGE_STYLE, element, IIS_STYLE, list, render, type Style } from './xml.ts'

/** Folders of Windows itself, and one that only holds assemblies. */
const WITHOUT_FILE = /^%|\\bin$/

const WWWROOT = 'C:\\inetpub\\wwwroot'

// With RequestFilteringModule gone, URL Rewrite is the only native gate in front of these applications.
const REMOVED = [
  'CustomErrorModule',
  'DefaultAuthentication',
  'DirectoryListingModule',
  'DynamicCompressionModule',
  'FileAuthorization',
  'FormsAuthentication',
  'HttpCacheModule',
  'OutputCache',
  'Profile',
  'RequestFilteringModule',
  'RoleManager',
  'Session',
  'StaticCompressionModule',
  'UrlAuthorization',
  'UrlMappingsModule',
]

/** Every web.config of a server by its full Windows path: what a CU writes anew, without any rule of anybody. */
export function webConfigs(profile: Profile): ReadonlyMap<string, string> {
  const files = new Map<string, string>([[`${WWWROOT}\\web.config`, root(profile)]])
  for (const place of placesOf(profile)) {
    const file = `${place.folder}\\web.config`
    if (place.pool === null || WITHOUT_FILE.test(place.folder) || files.has(file)) continue
    files.set(file, place.site === FRONT_END ? frontEnd(place, profile) : backEnd(place))
  }
  if (placesOf(profile).some(({ site }) => site === BACK_END))
    files.set(`${EXCHANGE}\\ClientAccess\\web.config`, backRoot())
  if (profile.extras.has('second-site')) files.set(`${SECOND_SITE.folder}\\web.config`, intranet())
  return files
}

/** The root of the front end. Its own settings stop at the applications below; rules outside of the location do not. */
function root(profile: Profile): string {
  if (profile.roles.includes('EdgeTransport'))
    return file(IIS_STYLE, element('system.webServer', {}, element('directoryBrowse', { enabled: false })))
  const foreign = profile.extras.has('foreign-rules')
  const rules = [...(profile.extras.has('eems-m1') ? [eemsM1()] : []), ...(foreign ? rootRules() : [])]
  const rewrite = [
    ...(rules.length > 0 ? [element('rules', {}, ...rules)] : []),
    ...(foreign ? [rootMaps()] : []),
  ]
  return file(
    EXCHANGE_STYLE,
    element(
      'location',
      { inheritInChildApplications: false },
      element(
        'system.webServer',
        {},
        element('serverRuntime', { appConcurrentRequestLimit: 65535, uploadReadAheadSize: 0 }),
        modules(),
      ),
      systemWeb('Microsoft.Exchange.HttpRedirectModules'),
    ),
    shared('FrontEnd\\HttpProxy'),
    ...(rewrite.length > 0 ? [element('system.webServer', {}, element('rewrite', {}, ...rewrite))] : []),
  )
}

/** A proxy application of the front end. */
function frontEnd(place: Place, profile: Profile): string {
  if (place.path === 'owa') return frontEndOwa(profile)
  const rules = place.path === 'ecp' && profile.extras.has('foreign-rules') ? ecpRules() : []
  return file(
    EXCHANGE_STYLE,
    proxySettings(place.path),
    element(
      'system.webServer',
      {},
      ...proxyServer(),
      ...(rules.length > 0 ? [element('rewrite', {}, element('rules', {}, ...rules))] : []),
    ),
    systemWeb('Microsoft.Exchange.FrontEndHttpProxy'),
    shared('FrontEnd\\HttpProxy'),
  )
}

/** Four applications read this one file, three of them below the first: hence the location that does not inherit. */
function frontEndOwa(profile: Profile): string {
  return file(
    EXCHANGE_STYLE,
    proxySettings('owa'),
    element(
      'location',
      { path: '.', inheritInChildApplications: false },
      element('system.webServer', {}, ...proxyServer()),
    ),
    systemWeb('Microsoft.Exchange.FrontEndHttpProxy'),
    shared('FrontEnd\\HttpProxy'),
    ...(profile.extras.has('eems-m2')
      ? [element('system.webServer', {}, element('rewrite', {}, eemsM2()))]
      : []),
  )
}

function backEnd(place: Place): string {
  // Two of the shipped files have no byte order mark.
  const style: Style = /Autodiscover|EWS/.test(place.path)
    ? { ...EXCHANGE_STYLE, bom: false }
    : EXCHANGE_STYLE
  const server = element(
    'system.webServer',
    {},
    element('handlers', { accessPolicy: 'Read, Script' }),
    modules(),
    element('httpErrors', { existingResponse: 'PassThrough' }),
  )
  return file(
    style,
    element(
      'appSettings',
      {},
      element('add', { key: 'LogEnabled', value: true }),
      element('add', { key: 'MaxDepth', value: 32 }),
    ),
    // /owa/Calendar reads this file a second time, and a module that is added twice answers 500.19.
    place.path === 'owa'
      ? element('location', { path: '.', inheritInChildApplications: false }, server)
      : server,
    systemWeb('Microsoft.Exchange.Security'),
    shared('ClientAccess'),
  )
}

/** The root application of the back end; what it sets must not reach the applications, which set the same. */
function backRoot(): string {
  return file(
    EXCHANGE_STYLE,
    element(
      'location',
      { path: '.', inheritInChildApplications: false },
      element('system.webServer', {}, modules()),
    ),
  )
}

/** Nothing of Exchange: an update leaves it alone. */
function intranet(): string {
  return file(
    IIS_STYLE,
    element(
      'system.webServer',
      {},
      element('defaultDocument', {}, element('files', {}, element('add', { value: 'start.html' }))),
    ),
  )
}

function proxySettings(path: string): Element {
  const protocol = path.replace('Microsoft-Server-ActiveSync', 'Eas')
  return element(
    'appSettings',
    {},
    element('add', {
      key: 'HttpProxy.ProtocolType',
      value: protocol.charAt(0).toUpperCase() + protocol.slice(1),
    }),
    element('add', { key: 'OAuthHttpModule.Profiles', value: 'S2SAppActAs|S2SAppOnly' }),
  )
}

/** Request filtering is configured here and does nothing, because its module is removed next to it. */
function proxyServer(): Element[] {
  return [
    element('serverRuntime', { appConcurrentRequestLimit: 65535, uploadReadAheadSize: 0 }),
    modules(),
    element('httpErrors', { existingResponse: 'PassThrough' }),
    element(
      'security',
      {},
      element(
        'requestFiltering',
        { allowDoubleEscaping: true },
        element('requestLimits', { maxAllowedContentLength: 67108864 }),
      ),
    ),
  ]
}

function modules(): Element {
  return element(
    'modules',
    {},
    'Modules that no request here needs',
    ...list('remove', 'name', REMOVED),
    element('add', {
      name: 'HttpRequestFilteringModule',
      type: 'Microsoft.Exchange.HttpRequestFiltering.HttpRequestFilteringModule, Microsoft.Exchange.HttpRequestFiltering',
    }),
  )
}

function systemWeb(assembly: string): Element {
  return element(
    'system.web',
    {},
    element('machineKey', { validationKey: 'AutoGenerate,IsolateApps' }),
    element(
      'compilation',
      { defaultLanguage: 'c#', debug: false },
      element(
        'assemblies',
        {},
        element('add', { assembly: `${assembly}, Version=15.0.0.0, Culture=neutral` }),
      ),
    ),
  )
}

/** In a namespace of its own, as .NET wants it: a reader that looks at bare names must not trip over it. */
function shared(half: string): Element {
  return element(
    'assemblyBinding',
    { xmlns: 'urn:schemas-microsoft-com:asm.v1' },
    element('linkedConfiguration', { href: `file://${EXCHANGE}\\${half}\\SharedWebConfig.config` }),
  )
}

function file(style: Style, ...children: Element[]): string {
  return render(element('configuration', {}, ...children), style)
}
