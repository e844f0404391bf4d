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

// IIS_schema.xml of IIS 10: what concerns the server as a whole.

const LOGON = ['LogonBatch', 'LogonService']
const LOG_RECYCLE = 'Time Requests Schedule Memory IsapiUnhealthy OnDemand ConfigChange PrivateMemory'.split(
  ' ',
)
const IDENTITY = 'LocalSystem LocalService NetworkService SpecificUser ApplicationPoolIdentity'.split(' ')

// Exchange sets LocalSystem, no idle time-out and no pinging for nearly all of its pools.
const processModel = element({
  identityType: oneOf(IDENTITY, 'ApplicationPoolIdentity'),
  userName: text(),
  password: text(),
  loadUserProfile: bool(true),
  setProfileEnvironment: bool(true),
  logonType: oneOf(LOGON),
  manualGroupMembership: bool(false),
  idleTimeout: timeSpan('00:20:00'),
  idleTimeoutAction: oneOf(['Terminate', 'Suspend']),
  maxProcesses: uint(1),
  shutdownTimeLimit: timeSpan('00:01:30'),
  startupTimeLimit: timeSpan('00:01:30'),
  pingingEnabled: bool(true),
  pingInterval: timeSpan('00:00:30'),
  pingResponseTime: timeSpan('00:01:30'),
  logEventOnProcessModel: flags(['None', 'IdleTimeout'], ['IdleTimeout']),
})

// 29 hours, so that the time of recycling moves through the day.
const recycling = element(
  {
    disallowOverlappingRotation: bool(false),
    disallowRotationOnConfigChange: bool(false),
    logEventOnRecycle: flags(['None', ...LOG_RECYCLE], ['Time', 'Memory', 'PrivateMemory']),
  },
  {
    periodicRestart: element(
      { memory: uint(0), privateMemory: uint(0), requests: uint(0), time: timeSpan('1.05:00:00') },
      { schedule: element({}, {}, collects(['value'], element({ value: timeSpan('00:00:00') }))) },
    ),
  },
)

const failure = element({
  loadBalancerCapabilities: oneOf(['TcpLevel', 'HttpLevel'], 'HttpLevel'),
  orphanWorkerProcess: bool(false),
  orphanActionExe: text(),
  orphanActionParams: text(),
  rapidFailProtection: bool(true),
  rapidFailProtectionInterval: timeSpan('00:05:00'),
  rapidFailProtectionMaxCrashes: uint(5),
  autoShutdownExe: text(),
  autoShutdownParams: text(),
})

// A pool that names none of these has what applicationPoolDefaults says, and only then the values here.
const poolAttributes: ElementSchema['attributes'] = {
  queueLength: uint(1000, { min: 10, max: 65535 }),
  autoStart: bool(true),
  enable32BitAppOnWin64: bool(false),
  enableEmulationOnWinArm64: bool(true),
  managedRuntimeVersion: text(),
  managedRuntimeLoader: text('webengine4.dll'),
  enableConfigurationOverride: bool(true),
  managedPipelineMode: oneOf(['Integrated', 'Classic']),
  CLRConfigFile: text(),
  passAnonymousToken: bool(true),
  startMode: oneOf(['OnDemand', 'AlwaysRunning']),
}

const poolChildren: ElementSchema['children'] = {
  processModel,
  recycling,
  failure,
  cpu: { attributes: {}, children: {}, open: true },
  environmentVariables: element({}, {}, collects(['name'], element({ name: required(), value: text() }))),
}

/** What a pool is when neither it nor `applicationPoolDefaults` says so. */
export const applicationPool: ElementSchema = element({ name: required(), ...poolAttributes }, poolChildren)

/** Sections that only applicationHost.config has, by their whole path. */
export const hostSections: { readonly [section: string]: ElementSchema } = {
  'system.applicationHost/applicationPools': element(
    {},
    { applicationPoolDefaults: element(poolAttributes, poolChildren) },
    collects(['name'], applicationPool),
  ),
  'system.applicationHost/sites': {
    attributes: {},
    children: {},
    open: true,
    collection: collects(
      ['name'],
      {
        attributes: { name: required(), id: uint(null), serverAutoStart: bool(true) },
        children: {},
        open: true,
        collection: collects(
          ['path'],
          { attributes: { path: text('/'), applicationPool: text(null) }, children: {}, open: true },
          'application',
        ),
      },
      'site',
    ),
  },
  'system.webServer/globalModules': element(
    {},
    {},
    collects(['name'], element({ name: required(), image: required(), preCondition: text() })),
  ),
}
