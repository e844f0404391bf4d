import {
  bool,
  collects,
  type ElementSchema,
  element,
  flags,
  oneOf,
  required,
  text,
  timeSpan,
  uint,
} from './types.ts'

// IIS_schema.xml of IIS 10: what concerns requests and can be set for a path.

const LOGON_METHOD = oneOf(['Interactive', 'Batch', 'Network', 'ClearText'], 'ClearText')
// In order of their numbers: 8, 32, 64, 128, 256.
const SSL = ['None', 'Ssl', 'SslNegotiateCert', 'SslRequireCert', 'SslMapCert', 'Ssl128']
const PROTECTION = ['None', 'Proxy', 'NoServiceNameCheck', 'AllowDotlessSpn', 'ProxyCohosting']

// A collection with names of its own for all three verbs.
const extendedProtection = element(
  { tokenChecking: oneOf(['None', 'Allow', 'Require']), flags: flags(PROTECTION, ['None']) },
  {},
  {
    add: ['spn'],
    remove: 'removeSpn',
    clear: 'clearSpns',
    key: ['name'],
    entry: element({ name: required() }),
  },
)

const authentication: { readonly [section: string]: ElementSchema } = {
  anonymousAuthentication: element({
    enabled: bool(true),
    userName: text('IUSR'),
    password: text(),
    logonMethod: LOGON_METHOD,
  }),
  basicAuthentication: element({
    enabled: bool(false),
    realm: text(),
    defaultLogonDomain: text(),
    logonMethod: LOGON_METHOD,
  }),
  clientCertificateMappingAuthentication: element({ enabled: bool(false) }),
  digestAuthentication: element({ enabled: bool(false), realm: text() }),
  iisClientCertificateMappingAuthentication: {
    attributes: {
      enabled: bool(false),
      oneToOneCertificateMappingsEnabled: bool(true),
      manyToOneCertificateMappingsEnabled: bool(true),
      logonMethod: LOGON_METHOD,
      defaultLogonDomain: text(),
    },
    children: {},
    open: true,
  },
  windowsAuthentication: element(
    {
      enabled: bool(false),
      authPersistSingleRequest: bool(false),
      authPersistNonNTLM: bool(true),
      useKernelMode: bool(true),
      useAppPoolCredentials: bool(false),
    },
    { providers: element({}, {}, collects(['value'], element({ value: text() }))), extendedProtection },
  ),
}

const headerLimits = element(
  {},
  {},
  collects(['header'], element({ header: required(), sizeLimit: uint(0) })),
)

/** A list of request filtering; what of its own attributes is not named here differs between versions of IIS. */
function filter(key: string, more: ElementSchema['attributes'] = {}): ElementSchema {
  const entry = element({ [key]: required(), ...more })
  return { attributes: {}, children: {}, open: true, collection: collects([key], entry) }
}

// Exchange removes RequestFilteringModule from its front end applications: limits set there have no effect.
const requestFiltering: ElementSchema = {
  attributes: {
    allowDoubleEscaping: bool(false),
    allowHighBitCharacters: bool(true),
    unescapeQueryString: bool(true),
    removeServerHeader: bool(false),
  },
  children: {
    requestLimits: element(
      { maxAllowedContentLength: uint(30000000), maxUrl: uint(4096), maxQueryString: uint(2048) },
      { headerLimits },
    ),
    fileExtensions: filter('fileExtension', { allowed: bool(true) }),
    verbs: filter('verb', { allowed: bool(true) }),
    hiddenSegments: filter('segment'),
    denyUrlSequences: filter('sequence'),
    denyQueryStringSequences: filter('sequence'),
    alwaysAllowedUrls: filter('url'),
  },
  open: true,
}

const header = element({ name: required(), value: text() })

// A status has one entry; subStatusCode -1 stands for all of them that have no entry of their own.
const httpErrors = element(
  {
    errorMode: oneOf(['DetailedLocalOnly', 'Custom', 'Detailed']),
    existingResponse: oneOf(['Auto', 'Replace', 'PassThrough']),
    defaultPath: text(),
    defaultResponseMode: oneOf(['File', 'ExecuteURL', 'Redirect']),
    detailedMoreInformationLink: text('https://go.microsoft.com/fwlink/?LinkID=62293'),
    allowAbsolutePathsWhenDelegated: bool(false),
  },
  {},
  collects(
    ['statusCode', 'subStatusCode'],
    element({
      statusCode: { type: 'uint', otherwise: null, min: 400, max: 999, required: true },
      subStatusCode: { type: 'int', otherwise: -1, min: -1, max: 999 },
      prefixLanguageFilePath: text(),
      path: required(),
      responseMode: oneOf(['File', 'ExecuteURL', 'Redirect']),
    }),
    'error',
  ),
)

const module = element({ name: required(), type: text(), preCondition: text() })

const httpRedirect: ElementSchema = {
  attributes: {
    enabled: bool(false),
    destination: text(),
    exactDestination: bool(false),
    childOnly: bool(false),
    httpResponseStatus: oneOf(['Permanent', 'Found', 'Temporary', 'PermRedirect'], 'Found'),
  },
  children: {},
  open: true,
}

const clientCache: ElementSchema['attributes'] = {
  cacheControlMode: oneOf(['NoControl', 'DisableCache', 'UseMaxAge', 'UseExpires']),
  cacheControlMaxAge: timeSpan('1.00:00:00'),
  cacheControlCustom: text(),
  httpExpires: text(),
  setEtag: bool(true),
}

/** Sections that can speak about a path, by their whole path. */
export const serverSections: { readonly [section: string]: ElementSchema } = {
  'system.webServer/modules': {
    attributes: {
      runAllManagedModulesForAllRequests: bool(false),
      runManagedModulesForWebDavRequests: bool(false),
    },
    children: {},
    // Names of modules are the one key that has case here.
    collection: { ...collects(['name'], module), cased: true },
  },
  'system.webServer/security/access': element({ sslFlags: flags(SSL, ['None']) }),
  'system.webServer/security/requestFiltering': requestFiltering,
  'system.webServer/httpProtocol': element(
    { allowKeepAlive: bool(true) },
    {
      customHeaders: element({}, {}, collects(['name'], header)),
      redirectHeaders: element({}, {}, collects(['name'], header)),
    },
  ),
  'system.webServer/httpErrors': httpErrors,
  'system.webServer/httpRedirect': httpRedirect,
  'system.webServer/staticContent': {
    attributes: { defaultDocFooter: text(), isDocFooterFileName: bool(false), enableDocFooter: bool(false) },
    children: { clientCache: element(clientCache) },
    open: true,
  },
  'system.webServer/directoryBrowse': { attributes: { enabled: bool(false) }, children: {}, open: true },
  'system.webServer/urlCompression': {
    attributes: { doStaticCompression: bool(true), doDynamicCompression: bool(true) },
    children: {},
    open: true,
  },
  ...Object.fromEntries(
    Object.entries(authentication).map(([name, schema]) => [
      `system.webServer/security/authentication/${name}`,
      schema,
    ]),
  ),
}
