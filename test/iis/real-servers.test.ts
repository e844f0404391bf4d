import test from 'ava'
import { faults, newFaults } from '../../reconciler/iis/check.ts'
import { collection } from '../../reconciler/iis/collection.ts'
import { type Configuration, configuration } from '../../reconciler/iis/configuration.ts'
import { sectionDeclared } from '../../reconciler/iis/declared.ts'
import { applicationsInPool, applicationsReading } from '../../reconciler/iis/impact.ts'
import { locked } from '../../reconciler/iis/locked.ts'
import { place } from '../../reconciler/iis/place.ts'
import { poolElement, poolSetting } from '../../reconciler/iis/pools.ts'
import { setting } from '../../reconciler/iis/setting.ts'
import {
  type Files,
  HOST,
  machine,
  OWA_WEB,
  ROOT_WEB,
  rule,
  rules,
  webConfig,
} from '../helpers/iis-machine.ts'
import { NO_SAMPLES, samples } from '../helpers/samples.ts'

const SAMPLES = new Map(samples().map(({ name, bytes }) => [name, bytes]))
const real = SAMPLES.size > 0 ? test : test.skip
const why = SAMPLES.size > 0 ? '' : ` (${NO_SAMPLES})`

const EXCHANGE = 'C:\\Program Files\\Microsoft\\Exchange Server\\V15'
/** Where Exchange is installed on each of the two servers. */
const SERVERS = [
  ['ex19-applicationHost1.config', EXCHANGE],
  ['ex16-applicationHost-mixed.config', 'F:\\Program Files\\Microsoft\\Exchange'],
] as const
const FOLDERS = {
  'FrontEnd\\HttpProxy\\Autodiscover': 'ex19-fe-autod.config',
  'FrontEnd\\HttpProxy\\sync': 'ex19-fe-eas.config',
  'FrontEnd\\HttpProxy\\ecp': 'ex19-fe-ecp.config',
  'FrontEnd\\HttpProxy\\EWS': 'ex19-fe-ews.config',
  'FrontEnd\\HttpProxy\\mapi': 'ex19-fe-mapi.config',
  'FrontEnd\\HttpProxy\\PowerShell': 'ex19-fe-powershell.config',
  'ClientAccess\\Autodiscover': 'ex19-be-autod-nobom.config',
  'ClientAccess\\ecp': 'ex19-be-ecp.config',
  'ClientAccess\\exchweb\\EWS': 'ex19-be-ews-nobom.config',
}
const OUTBOUND =
  '<system.webServer><rewrite><outboundRules><rule name="M2"><match serverVariable="RESPONSE_A" pattern="(.*)" /><action type="Rewrite" value="x" /></rule></outboundRules></rewrite></system.webServer>'

function sample(name: string): Uint8Array {
  return SAMPLES.get(name) ?? new Uint8Array()
}

function server(
  host: (typeof SERVERS)[number][0],
  more: Files = {},
): { files: Files; see: ReturnType<typeof machine>['see'] } {
  const exchange = new Map<string, string>(SERVERS).get(host)
  const configs = Object.entries(FOLDERS).map(([folder, name]) => [
    `${exchange}\\${folder}\\web.config`,
    sample(name),
  ])
  const files = { [HOST]: sample(host), ...Object.fromEntries(configs), ...more }
  return { files, see: machine(files).see }
}

function understood(see: Parameters<typeof configuration>[0]): Configuration {
  const read = configuration(see)
  if (read.is === 'unknown') throw new Error(read.why)
  return read.value
}

for (const [host, exchange] of SERVERS) {
  const owa = `${exchange}\\FrontEnd\\HttpProxy\\owa\\web.config`

  real(`${host}: everything in it is understood and nothing is faulty${why}`, (t) => {
    const { files, see } = server(host)
    const read = understood(see)
    t.deepEqual(
      read.sites.map(({ name, applications }) => [name, applications.length]),
      [
        ['Default Web Site', 14],
        ['Exchange Back End', 16],
      ],
    )
    t.deepEqual(faults(see, Object.keys(files)), [])
  })

  real(`${host}: the rule of M1 harms nobody, that of M2 beside it breaks three applications${why}`, (t) => {
    const before = server(host).see
    const m1 = server(host, { [ROOT_WEB]: webConfig(rules(rule('EEMS M1.1 PowerShell - inbound'))) }).see
    t.deepEqual(newFaults(before, m1, [ROOT_WEB]), [])
    const m2 = server(host, { [owa]: webConfig(OUTBOUND) }).see
    t.deepEqual(
      newFaults(before, m2, [owa]).map(({ path, code }) => `${path} ${code}`),
      ['Calendar', 'Integrated', 'oma'].map((name) => `Default Web Site/owa/${name} 0x800700b7`),
    )
    const closed = `<location path="." inheritInChildApplications="false">${OUTBOUND}</location>`
    t.deepEqual(newFaults(before, server(host, { [owa]: webConfig(closed) }).see, [owa]), [])
  })

  real(`${host}: declarations and locks${why}`, (t) => {
    const { see } = server(host)
    const read = understood(see)
    t.like(sectionDeclared(read, 'system.webServer/rewrite/rules'), { overrideModeDefault: 'Allow' })
    t.like(sectionDeclared(read, 'system.webServer/rewrite/globalRules'), { allowDefinition: 'AppHostOnly' })
    const lock = (section: string) => locked(see, read, 'Default Web Site/ecp', [section])
    t.like(lock('system.webServer/rewrite/rules'), { value: null })
    t.like(lock('system.webServer/modules'), { value: null })
    const access = lock('system.webServer/security/access')
    t.regex(access.is === 'known' ? (access.value?.why ?? '') : '', /overrideModeDefault/)
  })
}

real(`ex19: effective values of pools and paths${why}`, (t) => {
  const { see } = server('ex19-applicationHost1.config')
  const read = understood(see)
  const pool = poolElement(read, 'MSExchangeECPAppPool')
  t.like(pool && poolSetting(read, pool, 'startMode'), { value: { value: 'OnDemand' } })
  const at = (path: string, section: string, name: string) =>
    setting(see, read, path, [`system.webServer/security/${section}`, name])
  t.like(at('Default Web Site/owa', 'access', 'sslFlags'), { value: { value: ['Ssl', 'Ssl128'] } })
  t.like(at('Default Web Site/owa/Calendar', 'access', 'sslFlags'), { value: { value: ['None'] } })
  const windows = 'authentication/windowsAuthentication/extendedProtection'
  t.like(at('Default Web Site/owa', windows, 'tokenChecking'), { value: { value: 'Require' } })
  t.like(place(read, 'Default Web Site/Microsoft-Server-ActiveSync/Proxy'), {
    what: 'location',
    webConfig: `${EXCHANGE}\\FrontEnd\\HttpProxy\\sync\\Proxy\\web.config`,
  })
})

real(`ex19: modules that a path removes${why}`, (t) => {
  const { see } = server('ex19-applicationHost1.config')
  const names = (at: string) => {
    const modules = collection(see, understood(see), at, 'system.webServer/modules')
    return modules.is === 'known' ? modules.value.entries.map(({ key }) => key) : []
  }
  t.true(names('Default Web Site').includes('RequestFilteringModule'))
  t.false(names('Default Web Site/ecp').includes('RequestFilteringModule'))
  t.true(names('Default Web Site/ecp').includes('HttpProxy'))
})

real(`ex19: what restarts${why}`, (t) => {
  const read = understood(server('ex19-applicationHost1.config').see)
  t.is(applicationsReading(read, ROOT_WEB).length, 14)
  t.deepEqual(applicationsInPool(read, 'MSExchangeECPAppPool'), [
    'Default Web Site/ecp',
    'Exchange Back End/ecp',
  ])
  t.is(applicationsReading(read, OWA_WEB).length, 4)
})

real(`a real file that is not well-formed is a fault with its place${why}`, (t) => {
  const bytes = sample('ex19-fe-root-web1-MALFORMED-rewrite.config')
  const { see } = server('ex19-applicationHost1.config', { [ROOT_WEB]: bytes })
  t.like(faults(see, [ROOT_WEB])[0], { path: 'Default Web Site', line: 42, code: '0x8007000d' })
})
