import { type Element, element } from './xml.ts'

/** What a section says of itself: who may override it below, and where it may be set at all. */
type Row = readonly [
  name: string,
  override: 'Allow' | 'Deny',
  allowDefinition?: 'AppHostOnly' | 'MachineToApplication',
]

const APPLICATION_HOST: readonly Row[] = [
  'applicationPools',
  'configHistory',
  'customMetadata',
  'listenerAdapters',
  'log',
  'serviceAutoStartProviders',
  'sites',
  'webLimits',
].map((name) => [name, 'Deny', 'AppHostOnly'] as const)

// Deny means locked: a web.config that sets it answers 500.19, which is why Exchange uses locations for those.
const WEB_SERVER: readonly Row[] = [
  ['asp', 'Deny'],
  ['caching', 'Allow'],
  ['cgi', 'Deny'],
  ['defaultDocument', 'Allow'],
  ['directoryBrowse', 'Allow'],
  ['fastCgi', 'Deny', 'AppHostOnly'],
  ['globalModules', 'Deny', 'AppHostOnly'],
  ['handlers', 'Deny'],
  ['httpCompression', 'Allow'],
  ['httpErrors', 'Allow'],
  ['httpLogging', 'Deny'],
  ['httpProtocol', 'Allow'],
  ['httpRedirect', 'Allow'],
  ['httpTracing', 'Deny'],
  ['isapiFilters', 'Deny', 'MachineToApplication'],
  ['modules', 'Deny', 'MachineToApplication'],
  ['applicationInitialization', 'Allow', 'MachineToApplication'],
  ['odbcLogging', 'Deny'],
]

const SECURITY: readonly Row[] = [
  ['access', 'Deny'],
  ['applicationDependencies', 'Deny'],
]

// All schemes are locked, so switching one is a change of applicationHost.config.
const AUTHENTICATION: readonly Row[] = [
  'anonymousAuthentication',
  'basicAuthentication',
  'clientCertificateMappingAuthentication',
  'digestAuthentication',
  'iisClientCertificateMappingAuthentication',
  'windowsAuthentication',
].map((name) => [name, 'Deny'] as const)

// Request filtering is open to web.config, but Exchange takes its module away (see webconfig.ts).
const MORE_SECURITY: readonly Row[] = [
  ['authorization', 'Allow'],
  ['ipSecurity', 'Deny'],
  ['dynamicIpSecurity', 'Deny'],
  ['isapiCgiRestriction', 'Deny', 'AppHostOnly'],
  ['requestFiltering', 'Allow'],
]

const REWRITE: readonly Row[] = [
  ['globalRules', 'Deny', 'AppHostOnly'],
  ['rules', 'Allow'],
  ['outboundRules', 'Allow'],
  ['providers', 'Allow'],
  ['rewriteMaps', 'Allow'],
  // Locked on every server: a web.config that sets it answers 500.19.
  ['allowedServerVariables', 'Deny'],
]

/** `<configSections>` of a server, with the rewrite sections only where the module is installed. */
export function declarations(urlRewrite: boolean): Element {
  return element(
    'configSections',
    {},
    group('system.applicationHost', sections(APPLICATION_HOST)),
    group('system.webServer', [
      ...sections(WEB_SERVER),
      group('security', [
        ...sections(SECURITY),
        group('authentication', sections(AUTHENTICATION)),
        ...sections(MORE_SECURITY),
      ]),
      ...sections([
        ['serverRuntime', 'Deny'],
        ['serverSideInclude', 'Deny'],
        ['staticContent', 'Allow'],
      ]),
      group(
        'tracing',
        sections([
          ['traceFailedRequests', 'Allow'],
          ['traceProviderDefinitions', 'Deny'],
        ]),
      ),
      ...sections([
        ['urlCompression', 'Allow'],
        ['validation', 'Allow'],
        ['webSocket', 'Deny'],
      ]),
      ...(urlRewrite ? [group('rewrite', sections(REWRITE))] : []),
    ]),
  )
}

function group(name: string, children: readonly Element[]): Element {
  return element('sectionGroup', { name }, ...children)
}

function sections(rows: readonly Row[]): Element[] {
  return rows.map(([name, overrideModeDefault, allowDefinition]) =>
    element('section', { name, allowDefinition, overrideModeDefault }),
  )
}
