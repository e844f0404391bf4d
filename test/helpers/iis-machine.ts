import { type Configuration, configuration } from '../../reconciler/iis/configuration.ts'
import type { Facts } from '../../reconciler/model/facts.ts'
import { type AnySighting, type Query, type See, seeing, thingKey } from '../../reconciler/model/thing.ts'
import { digestOf } from '../../reconciler/util/digest.ts'

export const HOST = 'C:\\Windows\\System32\\inetsrv\\config\\applicationHost.config'
export const REDIRECTION = 'C:\\Windows\\System32\\inetsrv\\config\\redirection.config'
export const ROOT_WEB = 'C:\\inetpub\\wwwroot\\web.config'
const EXCHANGE = 'C:\\Program Files\\Microsoft\\Exchange Server\\V15'
export const OWA_WEB = `${EXCHANGE}\\FrontEnd\\HttpProxy\\owa\\web.config`
export const ECP_WEB = `${EXCHANGE}\\FrontEnd\\HttpProxy\\ecp\\web.config`

export const FACTS: Facts = {
  name: 'EX01',
  environment: {
    systemdrive: 'C:',
    windir: 'C:\\Windows',
    exchangeinstallpath: `${EXCHANGE}\\`,
  },
}

/** A machine of files by full path; a file that is not named is absent, one that is null is unknown. */
export type Files = { readonly [path: string]: string | Uint8Array | null }

export interface Machine {
  readonly see: See
  readonly asked: readonly Query[]
}

/** A `See` over files and facts, as after a look at everything. Bytes objects are made once per machine. */
export function machine(files: Files, facts: Facts | null = FACTS): Machine {
  const asked: Query[] = []
  const sightings = new Map<string, AnySighting>()
  if (facts !== null)
    sightings.set(thingKey('facts', ''), { is: 'here', digest: digestOf('facts'), value: facts })
  for (const [name, content] of Object.entries(files)) {
    if (content === null) continue
    const value = typeof content === 'string' ? new TextEncoder().encode(content) : content
    sightings.set(thingKey('file', name), { is: 'here', digest: digestOf(value), value })
  }
  const unseen = new Set(
    Object.keys(files).flatMap((name) => (files[name] === null ? [thingKey('file', name)] : [])),
  )
  const seen = seeing(sightings)
  const see: See = (thing, name) => {
    asked.push({ thing, name })
    const found = seen(thing, name)
    if (thing !== 'file' || sightings.has(thingKey(thing, name))) return found
    return unseen.has(thingKey(thing, name)) ? found : { is: 'absent' }
  }
  return { see, asked }
}

const REWRITE = `
      <sectionGroup name="rewrite">
        <section name="globalRules" overrideModeDefault="Deny" allowDefinition="AppHostOnly" />
        <section name="rules" overrideModeDefault="Allow" />
        <section name="outboundRules" overrideModeDefault="Allow" />
        <section name="rewriteMaps" overrideModeDefault="Allow" />
        <section name="allowedServerVariables" overrideModeDefault="Deny" />
      </sectionGroup>`

interface HostParts {
  /** Markup of server-wide sections, inside `system.webServer`. */
  readonly server?: string
  /** Markup behind it: `location` elements. */
  readonly locations?: string
  readonly rewrite?: boolean
  /** Further attributes of the pool that serves OWA. */
  readonly owaPool?: string
  readonly pools?: string
  /** Further sites. */
  readonly sites?: string
}

/** An applicationHost.config like that of an Exchange server, much shortened. */
export function hostConfig(parts: HostParts = {}): string {
  const { server = '', locations = '', rewrite = true, owaPool = '', pools = '', sites = '' } = parts
  return `<?xml version="1.0" encoding="UTF-8"?>
<configuration>
  <configSections>
    <sectionGroup name="system.applicationHost">
      <section name="applicationPools" allowDefinition="AppHostOnly" overrideModeDefault="Deny" />
      <section name="sites" allowDefinition="AppHostOnly" overrideModeDefault="Deny" />
    </sectionGroup>
    <sectionGroup name="system.webServer">
      <section name="globalModules" allowDefinition="AppHostOnly" overrideModeDefault="Deny" />
      <section name="httpErrors" overrideModeDefault="Allow" />
      <section name="httpProtocol" overrideModeDefault="Allow" />
      <section name="httpRedirect" overrideModeDefault="Allow" />
      <section name="modules" allowDefinition="MachineToApplication" overrideModeDefault="Deny" />
      <sectionGroup name="security">
        <section name="access" overrideModeDefault="Deny" />
        <sectionGroup name="authentication">
          <section name="basicAuthentication" overrideModeDefault="Deny" />
          <section name="windowsAuthentication" overrideModeDefault="Deny" />
        </sectionGroup>
        <section name="requestFiltering" overrideModeDefault="Allow" />
      </sectionGroup>${rewrite ? REWRITE : ''}
    </sectionGroup>
  </configSections>
  <system.applicationHost>
    <applicationPools>
      <add name="DefaultAppPool" />
      <add name="MSExchangeOWAAppPool" ${owaPool} />
      <add name="MSExchangeOWACalendarAppPool" />
      <add name="MSExchangeECPAppPool"><processModel idleTimeout="00:00:00" /></add>
      ${pools}
    </applicationPools>
    <sites>
      <site name="Default Web Site" id="1">
        <application path="/" applicationPool="MSExchangeOWAAppPool">
          <virtualDirectory path="/" physicalPath="%SystemDrive%\\inetpub\\wwwroot" />
          <virtualDirectory path="/aspnet_client" physicalPath="C:\\inetpub\\client" />
        </application>
        ${application('/owa', 'MSExchangeOWAAppPool', '%EXCHANGEINSTALLPATH%FrontEnd\\HttpProxy\\owa')}
        ${application('/owa/Calendar', 'MSExchangeOWACalendarAppPool', `${EXCHANGE}\\FrontEnd\\HttpProxy\\owa`)}
        ${application('/owa/Integrated', 'MSExchangeOWAAppPool', `${EXCHANGE}\\FrontEnd\\HttpProxy\\owa`)}
        ${application('/owa/oma', 'MSExchangeOWAAppPool', `${EXCHANGE}\\FrontEnd\\HttpProxy\\owa`)}
        ${application('/ecp', 'MSExchangeECPAppPool', `${EXCHANGE}\\FrontEnd\\HttpProxy\\ecp`)}
        ${application('/Microsoft-Server-ActiveSync', 'MSExchangeSyncAppPool', `${EXCHANGE}\\FrontEnd\\HttpProxy\\sync`)}
      </site>
      <site name="Exchange Back End" id="2">
        <application path="/">
          <virtualDirectory path="/" physicalPath="${EXCHANGE}\\ClientAccess" />
        </application>
        ${application('/ecp', 'MSExchangeECPAppPool', `${EXCHANGE}\\ClientAccess\\ecp`)}
      </site>
      ${sites}
      <applicationDefaults applicationPool="DefaultAppPool" />
    </sites>
  </system.applicationHost>
  <system.webServer>
    <globalModules>
      <add name="TokenCacheModule" image="%windir%\\System32\\inetsrv\\cachtokn.dll" />
    </globalModules>
    <httpErrors lockAttributes="allowAbsolutePathsWhenDelegated,defaultPath" />
    ${server}
  </system.webServer>
  <location path="" overrideMode="Allow">
    <system.webServer>
      <modules>
        <add name="RequestFilteringModule" lockItem="false" />
        <add name="RewriteModule" lockItem="true" />
      </modules>
    </system.webServer>
  </location>
  ${locations}
</configuration>
`
}

/** The markup of an application with one folder. */
export function application(path: string, pool: string, folder: string): string {
  return `<application path="${path}" applicationPool="${pool}"><virtualDirectory path="/" physicalPath="${folder}" /></application>`
}

/** A file with the given markup in its root. */
export function webConfig(inner: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<configuration>\n${inner}\n</configuration>\n`
}

/** Inbound rules, as a `system.webServer` element. */
export function rules(...markup: readonly string[]): string {
  return `<system.webServer><rewrite><rules>\n${markup.join('\n')}\n</rules></rewrite></system.webServer>`
}

/** A rule that ends every request. */
export function rule(name: string): string {
  return `<rule name="${name}"><match url=".*" /><action type="AbortRequest" /></rule>`
}

/** The configuration that a text of applicationHost.config makes. */
export function host(text: string): Configuration {
  const read = configuration(machine({ [HOST]: text }).see)
  if (read.is === 'unknown') throw new Error(read.why)
  return read.value
}
