import { EXCHANGE } from './applications.ts'
import type { Profile } from './profile.ts'
import { type Element, element } from './xml.ts'

type Native = readonly [name: string, image: string, preCondition?: string]

const INETSRV = '%windir%\\System32\\inetsrv'

// TokenCacheModule is the one that CVE-2023-21709 is about.
const NATIVE: readonly Native[] = [
  ['HttpLoggingModule', 'loghttp'],
  ['UriCacheModule', 'cachuri'],
  ['FileCacheModule', 'cachfile'],
  ['TokenCacheModule', 'cachtokn'],
  ['HttpCacheModule', 'cachhttp'],
  ['DynamicCompressionModule', 'compdyn'],
  ['StaticCompressionModule', 'compstat'],
  ['DefaultDocumentModule', 'defdoc'],
  ['DirectoryListingModule', 'dirlist'],
  ['ProtocolSupportModule', 'protsup'],
  ['HttpRedirectionModule', 'redirect'],
  ['StaticFileModule', 'static'],
  ['AnonymousAuthenticationModule', 'authanon'],
  ['CertificateMappingAuthenticationModule', 'authcert'],
  ['BasicAuthenticationModule', 'authbas'],
  ['WindowsAuthenticationModule', 'authsspi'],
  ['DigestAuthenticationModule', 'authmd5'],
  ['RequestFilteringModule', 'modrqflt'],
  ['CustomErrorModule', 'custerr'],
  ['IsapiModule', 'isapi'],
  ['IsapiFilterModule', 'filter'],
  ['ConfigurationValidationModule', 'validcfg'],
]

/** Enabled for every application; Exchange unlocks each, and its web.config files remove what they do without. */
const ENABLED_NATIVE = NATIVE.map(([name]) => name).filter((name) => !/^(Uri|File|Token)Cache/.test(name))

/** Managed modules run for every request in these pools, unless a web.config removes them. */
const ENABLED_MANAGED: readonly (readonly [name: string, type: string])[] = [
  ['OutputCache', 'System.Web.Caching.OutputCacheModule'],
  ['Session', 'System.Web.SessionState.SessionStateModule'],
  ['WindowsAuthentication', 'System.Web.Security.WindowsAuthenticationModule'],
  ['FormsAuthentication', 'System.Web.Security.FormsAuthenticationModule'],
  ['DefaultAuthentication', 'System.Web.Security.DefaultAuthenticationModule'],
  ['RoleManager', 'System.Web.Security.RoleManagerModule'],
  ['UrlAuthorization', 'System.Web.Security.UrlAuthorizationModule'],
  ['FileAuthorization', 'System.Web.Security.FileAuthorizationModule'],
  ['Profile', 'System.Web.Profile.ProfileModule'],
  ['UrlMappingsModule', 'System.Web.UrlMappingsModule'],
]

/** `<globalModules>`: the native modules that are loaded. */
export function globalModules(profile: Profile): Element {
  const rows: Native[] = NATIVE.map(([name, file]) => [name, `${INETSRV}\\${file}.dll`])
  const framework = '%windir%\\Microsoft.NET\\Framework64\\v4.0.30319\\webengine4.dll'
  rows.push(['ManagedEngineV4.0_64bit', framework, 'integratedMode,runtimeVersionv4.0,bitness64'])
  if (profile.urlRewrite) rows.push(['RewriteModule', '%SystemRoot%\\system32\\inetsrv\\rewrite.dll'])
  if (!profile.roles.includes('EdgeTransport')) {
    rows.push(['kerbauth', `${EXCHANGE}\\Bin\\kerbauth.dll`])
    rows.push(['exppw', `${EXCHANGE}\\ClientAccess\\Owa\\auth\\exppw.dll`])
    rows.push(['cafe_exppw', `${EXCHANGE}\\FrontEnd\\HttpProxy\\bin\\exppw.dll`])
  }
  return element(
    'globalModules',
    {},
    ...rows.map(([name, image, preCondition]) => element('add', { name, image, preCondition })),
  )
}

/** The location in which IIS and Exchange keep the sections that are unlocked for everyone below. */
export function unlockedSections(profile: Profile): Element {
  return element(
    'location',
    { path: '', overrideMode: 'Allow' },
    element(
      'system.webServer',
      {},
      handlers(),
      enabledModules(profile),
      // Exchange sets this one in its web.config files, where it would be locked otherwise.
      element('serverRuntime', { appConcurrentRequestLimit: 50000 }),
    ),
  )
}

/** A few of the hundred of a real server: enough to have native and managed ones. */
function handlers(): Element {
  const rows = [
    { name: 'ISAPI-dll', path: '*.dll', verb: '*', modules: 'IsapiModule', requireAccess: 'Execute' },
    {
      name: 'PageHandlerFactory-Integrated-4.0',
      path: '*.aspx',
      verb: 'GET,HEAD,POST,DEBUG',
      type: 'System.Web.UI.PageHandlerFactory',
      preCondition: 'integratedMode,runtimeVersionv4.0',
    },
    {
      name: 'TRACEVerbHandler',
      path: '*',
      verb: 'TRACE',
      modules: 'ProtocolSupportModule',
      requireAccess: 'None',
    },
    {
      name: 'OPTIONSVerbHandler',
      path: '*',
      verb: 'OPTIONS',
      modules: 'ProtocolSupportModule',
      requireAccess: 'None',
    },
    {
      name: 'StaticFile',
      path: '*',
      verb: '*',
      modules: 'StaticFileModule,DefaultDocumentModule,DirectoryListingModule',
      resourceType: 'Either',
      requireAccess: 'Read',
    },
  ]
  return element('handlers', { accessPolicy: 'Read, Script' }, ...rows.map((row) => element('add', row)))
}

function enabledModules(profile: Profile): Element {
  return element(
    'modules',
    { lockItem: false },
    ...ENABLED_NATIVE.map((name) => element('add', { name, lockItem: false })),
    ...ENABLED_MANAGED.map(([name, type]) =>
      element('add', { name, type, preCondition: 'managedHandler', lockItem: false }),
    ),
    ...(profile.urlRewrite ? [element('add', { name: 'RewriteModule' })] : []),
  )
}
