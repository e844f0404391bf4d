/** Full path of applicationHost.config on the machines of the examples. */
export const HOST = 'C:\\Windows\\System32\\inetsrv\\config\\applicationHost.config'
/** web.config of the root of Default Web Site. */
export const ROOT_WEB = 'C:\\inetpub\\wwwroot\\web.config'
const FRONT_END = 'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\FrontEnd\\HttpProxy'
/** web.config of the folder that /owa, /owa/Calendar and /owa/Integrated share. */
export const OWA_WEB = `${FRONT_END}\\owa\\web.config`
/** web.config of /ecp, which shares its folder with nobody. */
export const ECP_WEB = `${FRONT_END}\\ecp\\web.config`

const SECTIONS = `    <configSections>
        <sectionGroup name="system.applicationHost">
            <section name="applicationPools" allowDefinition="AppHostOnly" overrideModeDefault="Deny" />
            <section name="sites" allowDefinition="AppHostOnly" overrideModeDefault="Deny" />
        </sectionGroup>
        <sectionGroup name="system.webServer">
            <section name="globalModules" allowDefinition="AppHostOnly" overrideModeDefault="Deny" />
            <section name="modules" allowDefinition="MachineToApplication" overrideModeDefault="Deny" />
            <section name="httpProtocol" overrideModeDefault="Allow" />
            <sectionGroup name="security">
                <section name="access" overrideModeDefault="Deny" />
                <section name="requestFiltering" overrideModeDefault="Allow" />
                <sectionGroup name="authentication">
                    <section name="anonymousAuthentication" overrideModeDefault="Deny" />
                    <section name="basicAuthentication" overrideModeDefault="Deny" />
                    <section name="windowsAuthentication" overrideModeDefault="Deny" />
                </sectionGroup>
            </sectionGroup>
REWRITE        </sectionGroup>
    </configSections>
`

const REWRITE = `            <sectionGroup name="rewrite">
                <section name="globalRules" overrideModeDefault="Deny" allowDefinition="AppHostOnly" />
                <section name="rules" overrideModeDefault="Allow" />
                <section name="outboundRules" overrideModeDefault="Allow" />
            </sectionGroup>
`

// Pools and folders as on a real server: one pool for two applications, one folder for three.
const APPLICATIONS: readonly (readonly [path: string, pool: string, folder: string])[] = [
  ['/', 'MSExchangeOWAAppPool', '%SystemDrive%\\inetpub\\wwwroot'],
  ['/owa', 'MSExchangeOWAAppPool', `${FRONT_END}\\owa`],
  ['/owa/Calendar', 'MSExchangeOWACalendarAppPool', `${FRONT_END}\\owa`],
  ['/owa/Integrated', 'MSExchangeOWAAppPool', `${FRONT_END}\\owa`],
  ['/ecp', 'MSExchangeECPAppPool', `${FRONT_END}\\ecp`],
]

function application([path, pool, folder]: (typeof APPLICATIONS)[number]): string {
  return `                <application path="${path}" applicationPool="${pool}">
                    <virtualDirectory path="/" physicalPath="${folder}" />
                </application>
`
}

/** What of an example's applicationHost.config is not usual. */
export interface HostParts {
  /** False: the URL Rewrite module is not installed. */
  readonly rewrite?: boolean
  /** Markup for `system.webServer`, eight spaces in. */
  readonly webServer?: string
  /** `location` elements, four spaces in. */
  readonly locations?: string
  /** Attributes of the pool MSExchangeECPAppPool. */
  readonly ecpPool?: string
}

/** A small applicationHost.config in the shape of a real one: one site, five applications, three of them on one folder. */
export function exampleHost(parts: HostParts = {}): string {
  const sections = SECTIONS.replace('REWRITE', parts.rewrite === false ? '' : REWRITE)
  return `<?xml version="1.0" encoding="UTF-8"?>
<configuration>
${sections}    <system.applicationHost>
        <applicationPools>
            <add name="MSExchangeOWAAppPool" managedRuntimeVersion="v4.0" />
            <add name="MSExchangeOWACalendarAppPool" managedRuntimeVersion="v4.0" />
            <add name="MSExchangeECPAppPool"${parts.ecpPool ?? ' managedRuntimeVersion="v4.0"'}>
                <processModel identityType="LocalSystem" />
            </add>
            <applicationPoolDefaults managedRuntimeVersion="v4.0" />
        </applicationPools>
        <sites>
            <site name="Default Web Site" id="1">
${APPLICATIONS.map(application).join('')}            </site>
            <site name="Exchange Back End" id="2">
                <application path="/" applicationPool="MSExchangeOWAAppPool">
                    <virtualDirectory path="/" physicalPath="C:\\Program Files\\Microsoft\\Exchange Server\\V15\\ClientAccess" />
                </application>
                <application path="/ecp" applicationPool="MSExchangeECPAppPool">
                    <virtualDirectory path="/" physicalPath="C:\\Program Files\\Microsoft\\Exchange Server\\V15\\ClientAccess\\ecp" />
                </application>
            </site>
        </sites>
    </system.applicationHost>
    <system.webServer>
${parts.webServer ?? '        <httpProtocol />\n'}    </system.webServer>
${parts.locations ?? ''}</configuration>
`
}

/**
 * A web.config in the shape of Exchange's own. One that others inherit needs another `header` than theirs: IIS refuses
 * a key that is there twice.
 */
export function exampleWeb(webServer = '', header = 'X-FEServer'): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<configuration>
  <!-- comes with Exchange -->
  <system.webServer>
    <httpProtocol>
      <customHeaders>
        <add name="${header}" value="EX01" />
      </customHeaders>
    </httpProtocol>
${webServer}  </system.webServer>
</configuration>
`
}
