import { placesOf } from './applications.ts'
import { declarations } from './declarations.ts'
import { globalRules } from './foreign.ts'
import { locations } from './locations.ts'
import { globalModules, unlockedSections } from './modules.ts'
import type { Profile } from './profile.ts'
import { applicationPools, sites } from './sites.ts'
import { type Element, element, IIS_STYLE, list, render } from './xml.ts'

/** The text of applicationHost.config. */
export function applicationHost(profile: Profile): string {
  const places = placesOf(profile)
  const second = profile.extras.has('second-site')
  const root = element(
    'configuration',
    {},
    'Windows Internet Information Services: configuration of the whole server.',
    declarations(profile.urlRewrite),
    protectedData(),
    element(
      'system.applicationHost',
      {},
      applicationPools(places, second),
      'Kept for old administration programs.',
      metadata(),
      element('listenerAdapters', {}, ...list('add', 'name', ['http', 'net.tcp', 'net.pipe'])),
      element(
        'log',
        {},
        element('centralW3CLogFile', { enabled: true, directory: '%SystemDrive%\\inetpub\\logs\\LogFiles' }),
      ),
      sites(places, second),
      element('webLimits'),
    ),
    webServer(profile),
    unlockedSections(profile),
    ...locations(places, profile.extendedProtection),
  )
  return render(root, IIS_STYLE)
}

/** The text of redirection.config: where the configuration is when it is shared between servers. */
export function redirection(shared: boolean): string {
  // A fresh server has the element too, without attributes.
  const target = shared
    ? { enabled: true, path: '\\\\files.contoso.example\\iis', userName: 'CONTOSO\\iis-reader', password: '' }
    : {}
  const root = element(
    'configuration',
    {},
    element('configSections', {}, element('section', { name: 'configurationRedirection' })),
    element('configurationRedirection', target),
  )
  return render(root, IIS_STYLE)
}

/** Names of the key providers without any key: nothing in these files is encrypted. */
function protectedData(): Element {
  const names = ['IISWASOnlyRsaProvider', 'AesProvider', 'IISWASOnlyAesProvider']
  return element(
    'configProtectedData',
    {},
    element(
      'providers',
      {},
      ...names.map((name) => element('add', { name, type: '', keyContainerName: 'iisConfigurationKey' })),
    ),
  )
}

/** What the old administration interface keeps here; IIS itself does not read it. */
function metadata(): Element {
  // Line ends as entities inside an attribute: what a careless editor turns into real ones.
  const files = ['htm', 'html', 'txt', ''].join('\n')
  return element(
    'customMetadata',
    {},
    element(
      'key',
      { path: 'LM/W3SVC/FILTERS/COMPRESSION/gzip' },
      element('property', { id: 2238, dataType: 'MultiSZ', userType: 1, attributes: 'None', value: files }),
    ),
  )
}

/** Settings of the whole server, of which the ones with locked attributes are on every fresh IIS. */
function webServer(profile: Profile): Element {
  return element(
    'system.webServer',
    {},
    element('asp'),
    element('caching', { enabled: true, enableKernelCache: true }),
    element('cgi'),
    element(
      'defaultDocument',
      { enabled: true },
      element(
        'files',
        {},
        ...list('add', 'value', ['Default.htm', 'index.html', 'iisstart.htm', 'default.aspx']),
      ),
    ),
    element('directoryBrowse', { enabled: false }),
    element('fastCgi'),
    'Native modules; the section modules says which of them are on.',
    globalModules(profile),
    element('httpErrors', { lockAttributes: 'allowAbsolutePathsWhenDelegated,defaultPath' }),
    element('httpLogging', { dontLog: false }),
    element(
      'httpProtocol',
      {},
      element(
        'customHeaders',
        {},
        element('clear'),
        element('add', { name: 'X-Powered-By', value: 'ASP.NET' }),
      ),
      element('redirectHeaders', {}, element('clear')),
    ),
    element('isapiFilters'),
    element('odbcLogging'),
    security(),
    element(
      'staticContent',
      { lockAttributes: 'isDocFooterFileName' },
      element('mimeMap', { fileExtension: '.css', mimeType: 'text/css' }),
      element('mimeMap', { fileExtension: '.js', mimeType: 'application/javascript' }),
    ),
    element('urlCompression'),
    element('validation'),
    ...(profile.extras.has('foreign-rules') ? [element('rewrite', {}, globalRules())] : []),
  )
}

/** The defaults below which every Exchange location sets its own. */
function security(): Element {
  return element(
    'security',
    {},
    element('access', { sslFlags: 'None' }),
    element(
      'authentication',
      {},
      element('anonymousAuthentication', { enabled: true, userName: 'IUSR' }),
      element('basicAuthentication', { enabled: false }),
      element('clientCertificateMappingAuthentication', { enabled: false }),
      element('digestAuthentication', { enabled: false }),
      element('iisClientCertificateMappingAuthentication'),
      element(
        'windowsAuthentication',
        { enabled: false, authPersistNonNTLM: true, useKernelMode: false },
        element('providers', {}, ...list('add', 'value', ['Negotiate', 'NTLM'])),
      ),
    ),
    element('authorization'),
    element('ipSecurity'),
    element(
      'requestFiltering',
      {},
      element('hiddenSegments', {}, ...list('add', 'segment', ['web.config', 'bin', 'App_Data'])),
    ),
  )
}
