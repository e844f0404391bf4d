import test from 'ava'
import { configuration } from '../../reconciler/iis/configuration.ts'
import { layers } from '../../reconciler/iis/layers.ts'
import { addressed } from '../../reconciler/proof/address.ts'
import { filterAt } from '../../reconciler/proof/filtering.ts'
import { over } from '../../reconciler/proof/overlay.ts'
import { webServer } from '../../reconciler/proof/web-server.ts'
import { serverInMemory } from '../../reconciler/targets/embedded/create/memory.ts'
import { profileOf } from '../../reconciler/targets/embedded/create/profile.ts'
import { HOST, hostConfig, machine, ROOT_WEB, webConfig } from '../helpers/iis-machine.ts'

const SITE = 'Default Web Site'

function filtering(inner: string): string {
  return webConfig(
    `<system.webServer><security><requestFiltering>${inner}</requestFiltering></security></system.webServer>`,
  )
}

function asked(written: string) {
  const [method = '', url = ''] = written.split(' ')
  const found = addressed({ method, url })
  if (found.is === 'fault') throw new Error(found.why)
  return found.request
}

/** Settings of request filtering at the site's root, a request, and the substatus of the 404; null: it comes through. */
const rows: readonly (readonly [string, string, number | null])[] = [
  ['', 'GET /a/b.aspx?c=d', null],
  ['', 'GET /a+b', 11],
  ['', 'GET /a%252e', 11],
  ['', 'GET /a?b+%252e', null],
  ['<requestLimits maxUrl="3" />', 'GET /abc', 14],
  ['<requestLimits maxUrl="4" />', 'GET /abc', null],
  ['', `GET /${'a'.repeat(4096)}`, 14],
  ['', `GET /?${'a'.repeat(2049)}`, 15],
  ['<requestLimits maxQueryString="2" />', 'GET /?abc', 15],
  ['<verbs><add verb="TRACE" allowed="false" /></verbs>', 'TRACE /', 6],
  ['<verbs><add verb="TRACE" allowed="false" /></verbs>', 'GET /', null],
  ['<verbs allowUnlisted="false"><add verb="get" allowed="true" /></verbs>', 'GET /', null],
  ['<verbs allowUnlisted="False"><add verb="GET" allowed="true" /></verbs>', 'POST /', 6],
  ['<denyUrlSequences><add sequence="PowerShell" /></denyUrlSequences>', 'GET /a/powershell/', 5],
  ['<denyUrlSequences><add sequence="PowerShell" /></denyUrlSequences>', 'GET /a/%50owershell', 5],
  ['<denyUrlSequences><add sequence="PowerShell" /></denyUrlSequences>', 'GET /a?powershell', null],
  [
    '<denyQueryStringSequences><add sequence="PowerShell" /></denyQueryStringSequences>',
    'GET /a?@b/POWERSHELL',
    18,
  ],
  [
    '<denyQueryStringSequences><add sequence="PowerShell" /></denyQueryStringSequences>',
    'GET /a/powershell',
    null,
  ],
  ['<hiddenSegments><add segment="bin" /></hiddenSegments>', 'GET /a/BIN/c', 8],
  ['<hiddenSegments><add segment="bin" /></hiddenSegments>', 'GET /a/binary/c', null],
  [
    '<fileExtensions><add fileExtension=".config" allowed="false" /></fileExtensions>',
    'GET /a.b/c.config',
    7,
  ],
  [
    '<fileExtensions><add fileExtension=".config" allowed="false" /></fileExtensions>',
    'GET /a.config/c',
    null,
  ],
  ['<fileExtensions allowUnlisted="false"><add fileExtension=".htm" /></fileExtensions>', 'GET /a.aspx', 7],
  ['<fileExtensions allowUnlisted="false"><add fileExtension=".htm" /></fileExtensions>', 'GET /a', null],
  [
    '<denyUrlSequences><add sequence="x" /></denyUrlSequences><alwaysAllowedUrls><add url="/x" /></alwaysAllowedUrls>',
    'GET /X',
    null,
  ],
  [
    '<denyQueryStringSequences><add sequence="x" /></denyQueryStringSequences><alwaysAllowedUrls><add url="/a" /></alwaysAllowedUrls>',
    'GET /a?x',
    18,
  ],
]

for (const [settings, written, subStatus] of rows) {
  test(`${settings || 'defaults'}: ${written.slice(0, 40)} is ${subStatus ?? 'let through'}`, (t) => {
    const { see } = machine({ [HOST]: hostConfig(), [ROOT_WEB]: filtering(settings) })
    const read = configuration(see)
    if (read.is === 'unknown') return t.fail(read.why)
    const found = layers(see, read.value, SITE)
    if (found.is === 'unknown') return t.fail(found.why)
    t.is(filterAt(found.value, SITE)(asked(written))?.subStatus ?? null, subStatus)
  })
}

test('its settings have no effect where Exchange removed the module, and where it is on they come before rules', (t) => {
  const see = serverInMemory(profileOf({ name: 'ex01', exchange: '15.2.1118.7', with: ['second-site'] }))
  const deny = '<denyUrlSequences><add sequence="evil" /></denyUrlSequences>'
  const bytes = (text: string) => new TextEncoder().encode(text)
  const exchange = webServer(over(see, ROOT_WEB, bytes(filtering(deny))))
  t.is(exchange.answer(asked('GET /owa/evil'), { reading: 'raw' }).is, 'pass')
  const abort =
    '<system.webServer><rewrite><rules><rule name="all"><match url=".*" /><action type="AbortRequest" /></rule></rules></rewrite></system.webServer>'
  const both = filtering(deny).replace('</configuration>', `${abort}</configuration>`)
  const second = webServer(over(see, 'C:\\inetpub\\intranet\\web.config', bytes(both)))
  const at = (path: string) =>
    second.answer(asked(`GET http://intranet.contoso.example:8080${path}`), { reading: 'raw' })
  t.like(at('/evil'), { is: 'filtered', status: 404, subStatus: 5, trace: [] })
  t.is(at('/good').is, 'abort')
})
