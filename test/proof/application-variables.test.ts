import test from 'ava'
import { addressed } from '../../reconciler/proof/address.ts'
import { over } from '../../reconciler/proof/overlay.ts'
import { webServer } from '../../reconciler/proof/web-server.ts'
import { serverInMemory } from '../../reconciler/targets/embedded/create/memory.ts'
import { profileOf } from '../../reconciler/targets/embedded/create/profile.ts'
import { ECP_WEB, ROOT_WEB, rules, webConfig } from '../helpers/iis-machine.ts'

const ECP = ECP_WEB.replace('\\web.config', '')

/** What a rule of the site's root that holds everything makes of a template, for a request to /ecp or another path. */
function shown(template: string, url: string): string {
  return answered(
    `<rule name="r"><match url="(.*)" /><action type="CustomResponse" statusCode="200" statusReason="${template}" /></rule>`,
    url,
  )
}

function answered(rule: string, url: string): string {
  const bare = serverInMemory(profileOf({ name: 'ex01', exchange: '15.2.1118.7' }))
  const see = over(bare, ROOT_WEB, new TextEncoder().encode(webConfig(rules(rule))))
  const found = addressed({ method: 'GET', url })
  if (found.is === 'fault') throw new Error(found.why)
  const answer = webServer(see).answer(found.request, { reading: 'raw', site: found.site })
  return answer.is === 'response' ? answer.reason : answer.is
}

const rows: readonly (readonly [name: string, ecp: string, root: string])[] = [
  ['APP_POOL_ID', 'MSExchangeECPAppPool', 'MSExchangeOWAAppPool'],
  ['APPL_MD_PATH', '/LM/W3SVC/1/ROOT/ecp', '/LM/W3SVC/1/ROOT'],
  ['APPL_PHYSICAL_PATH', `${ECP}\\`, 'C:\\inetpub\\wwwroot\\'],
  ['DOCUMENT_ROOT', ECP, 'C:\\inetpub\\wwwroot'],
  ['INSTANCE_ID', '1', '1'],
  ['INSTANCE_META_PATH', '/LM/W3SVC/1', '/LM/W3SVC/1'],
  ['instance_name', 'Default Web Site', 'Default Web Site'],
]

for (const [name, ecp, root] of rows)
  test(`{${name}} is that of the application that serves the request`, (t) => {
    t.is(shown(`{${name}}`, '/ecp/x/y.aspx'), ecp)
    t.is(shown(`{${name}}`, '/nothing'), root)
  })

const onDisk = (input: string, type: string): string =>
  `<rule name="r"><match url="(.*)" /><conditions><add input="${input}" matchType="${type}" /></conditions><action type="AbortRequest" /></rule>`

test('paths that rules put together are found on disk, with slashes of either kind', (t) => {
  t.is(answered(onDisk('{DOCUMENT_ROOT}/{R:1}.config', 'IsFile'), '/web'), 'abort')
  t.is(answered(onDisk('{APPL_PHYSICAL_PATH}{R:1}.config', 'IsFile'), '/web'), 'abort')
  t.is(answered(onDisk('{DOCUMENT_ROOT}/{R:1}.config', 'IsFile'), '/other'), 'pass')
  t.is(answered(onDisk('{APPL_PHYSICAL_PATH}', 'IsDirectory'), '/x'), 'abort')
  t.is(answered(onDisk('{APPL_PHYSICAL_PATH}', 'IsFile'), '/x'), 'pass')
})
