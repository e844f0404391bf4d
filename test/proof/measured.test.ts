import test from 'ava'
import type { See } from '../../reconciler/model/thing.ts'
import { addressed } from '../../reconciler/proof/address.ts'
import { over } from '../../reconciler/proof/overlay.ts'
import { webServer } from '../../reconciler/proof/web-server.ts'
import type { Headers } from '../../reconciler/rewrite/exchange.ts'
import { serverInMemory } from '../../reconciler/targets/embedded/create/memory.ts'
import { profileOf } from '../../reconciler/targets/embedded/create/profile.ts'
import { ECP_WEB, OWA_WEB, rules, webConfig } from '../helpers/iis-machine.ts'

// What somebody measured on IIS 10 with rewrite.dll 7.1.1993 ("IIS URL Rewrite Module readings"); each title names the
// reading. The readings that need no application of its own are vectors, in test/rewrite/vectors/measured.yaml.

const SUB_WEB = ECP_WEB.replace('web.config', 'sub\\web.config')

function machine(files: { readonly [path: string]: string }): See {
  const bare = serverInMemory(profileOf({ name: 'ex01', exchange: '15.2.1118.7', with: ['second-site'] }))
  return Object.entries(files).reduce(
    (see, [path, text]) => over(see, path, new TextEncoder().encode(text)),
    bare,
  )
}

function answer(see: See, url: string, headers: Headers = {}) {
  const found = addressed({ method: 'GET', url, headers })
  if (found.is === 'fault') throw new Error(found.why)
  return webServer(see).answer(found.request, { reading: 'raw', site: found.site })
}

interface Rule {
  readonly name: string
  readonly url: string
  readonly input?: string
  readonly pattern?: string
  readonly to: string
}

function moving({ name, url, input, pattern = '(.+)', to }: Rule): string {
  const conditions =
    input === undefined
      ? ''
      : `<conditions><add input="${input}" pattern="${pattern.replaceAll('&', '&amp;')}" /></conditions>`
  return `<rule name="${name}"><match url="${url}" />${conditions}<action ${to} /></rule>`
}

const MOVES = webConfig(
  rules(
    moving({ name: 'new', url: '^old/(.*)', to: 'type="Redirect" url="new/{R:1}"' }),
    moving({ name: 'clean', url: '^clean/(\\d+)$', to: 'type="Rewrite" url="probe.aspx?id={R:1}"' }),
    moving({ name: 'cross', url: '^cross$', to: 'type="Rewrite" url="/owa/probe.aspx?from=r1"' }),
    moving({ name: 'up', url: '^up$', to: 'type="Rewrite" url="../owa/probe.aspx?up=1"' }),
    moving({ name: 'tls', url: '^(tls.*)$', to: 'type="Redirect" url="https://{HTTP_HOST}/{R:1}"' }),
    moving({ name: 'slash', url: '^(.*/)?about$', to: 'type="Redirect" url="{R:0}/"' }),
    moving({ name: 'root', url: '^$', to: 'type="Rewrite" url="probe.aspx?root=1"' }),
  ),
)

const inApplication = test.macro({
  exec(t, url: string, expected: { readonly [field: string]: unknown }) {
    t.like(answer(machine({ [ECP_WEB]: MOVES, [OWA_WEB]: webConfig('') }), url), expected)
  },
  title: (reading) => reading ?? '',
})

test(
  'UR6: a relative redirect is one below the application, with the query',
  inApplication,
  '/ecp/old/thing?k=1',
  {
    is: 'redirect',
    location: '/ecp/new/thing?k=1',
  },
)
test('UR16: the input is what follows the application', inApplication, '/ecp/clean/5', {
  is: 'rewrite',
  url: '/ecp/probe.aspx?id=5',
})
test('UR16: case does not matter', inApplication, '/ECP/CLEAN/5', {
  is: 'rewrite',
  url: '/ecp/probe.aspx?id=5',
})
test(
  'UR12: posting back to what was rewritten makes its parameter twice',
  inApplication,
  '/ecp/clean/5?id=5',
  {
    url: '/ecp/probe.aspx?id=5&id=5',
  },
)
test('UR8: a path from the root leads to another application', inApplication, '/ecp/cross', {
  is: 'rewrite',
  url: '/owa/probe.aspx?from=r1',
})
test('UR33: so does one that climbs', inApplication, '/ecp/up', { url: '/owa/probe.aspx?up=1' })
test('UR22: a redirect to TLS loses the application', inApplication, '/ecp/tls.aspx?a=1', {
  is: 'redirect',
  location: 'https://localhost/tls.aspx?a=1',
})
test('UR22: a slash at the end', inApplication, '/ecp/about?x=1', { location: '/ecp/about/?x=1' })
test('UR31: the root of an application is the empty input', inApplication, '/ecp/', {
  url: '/ecp/probe.aspx?root=1',
})

test('UR20: a map by REQUEST_URI has keys from the root of the site', (t) => {
  const mapped = moving({
    name: 'mapped',
    url: '.*',
    input: '{M:{REQUEST_URI}}',
    to: 'type="Rewrite" url="{C:1}"',
  })
  const map =
    '<rewriteMaps><rewriteMap name="M"><add key="/ecp/diag" value="probe.aspx?map=diag" /></rewriteMap></rewriteMaps>'
  const text = webConfig(rules(mapped).replace('<rewrite>', `<rewrite>${map}`))
  t.like(answer(machine({ [ECP_WEB]: text }), '/ecp/diag'), {
    is: 'rewrite',
    url: '/ecp/probe.aspx?map=diag',
  })
})

test('UR23, UR35: a rule of a folder sees what follows it, and its relative target lies there', (t) => {
  const text = webConfig(
    rules(
      moving({ name: 'local', url: '^local/(.*)', to: 'type="Rewrite" url="probe.aspx?q={R:1}"' }),
      moving({ name: 'go', url: '^go$', to: 'type="Redirect" url="there" redirectType="Found"' }),
      moving({ name: 'go2', url: '^go2$', to: 'type="Redirect" url="/there2" redirectType="Found"' }),
    ),
  )
  const see = machine({ [SUB_WEB]: text })
  t.like(answer(see, '/ecp/sub/local/q'), { is: 'rewrite', url: '/ecp/sub/probe.aspx?q=q' })
  t.like(answer(see, '/ecp/Sub/Local/Q'), { is: 'rewrite', url: '/ecp/sub/probe.aspx?q=Q' })
  t.is(answer(see, '/ecp/local/q').is, 'pass')
  t.like(answer(see, '/ecp/sub/go'), { is: 'redirect', status: 302, location: '/ecp/sub/there' })
  t.like(answer(see, '/ecp/sub/go2'), { is: 'redirect', location: '/there2' })
})

// Against the documentation the same reading shows a location that scopes nothing; see docs/rewrite-rules.md.
test('a rule of a location sees what follows that, as documented', (t) => {
  const own = rules(moving({ name: 'l', url: '^local/(.*)', to: 'type="Rewrite" url="probe.aspx?q={R:1}"' }))
  const see = machine({ [ECP_WEB]: webConfig(`<location path="sub">${own}</location>`) })
  t.like(answer(see, '/ecp/sub/local/q'), { is: 'rewrite', url: '/ecp/sub/probe.aspx?q=q' })
})

const INTRANET = 'C:\\inetpub\\intranet\\web.config'

test('UR26, UR27: filtering comes before rules with the URL that was sent, and again with the one they made', (t) => {
  const text = webConfig(
    rules(
      moving({ name: 'cs', url: '^bin/foo.dll$', to: 'type="Rewrite" url="probe.aspx"' }),
      moving({ name: 'cfg', url: '^cfg$', to: 'type="Rewrite" url="web.config"' }),
      moving({ name: 'h', url: '^h$', to: 'type="Rewrite" url="App_Data/secret.txt"' }),
      moving({ name: 'out', url: '^out$', to: 'type="Rewrite" url="http://h.example/App_Data/x"' }),
    ),
  )
  const see = machine({ [INTRANET]: text })
  const at = (path: string) => answer(see, `http://intranet.contoso.example:8080${path}`)
  t.like(at('/bin/foo.dll'), { is: 'filtered', subStatus: 8, trace: [] })
  for (const path of ['/cfg', '/h']) {
    const found = at(path)
    t.like(found, { is: 'filtered', status: 404, subStatus: 8 })
    t.true(
      found.trace.some(({ matched }) => matched),
      path,
    )
  }
  t.like(at('/out'), { is: 'rewrite', url: 'http://h.example/App_Data/x' })
})

test('UR34: what a client says the first URL was does not come through a rewrite', (t) => {
  const see = machine({ [ECP_WEB]: MOVES })
  const spoofed = { 'X-Original-URL': '/spoof', 'IIS-WasUrlRewritten': '1' }
  t.like(answer(see, '/ecp/clean/5', spoofed), { requestHeaders: { 'x-original-url': '/ecp/clean/5' } })
  t.like(answer(see, '/ecp/other', spoofed), { requestHeaders: { 'X-Original-URL': '/spoof' } })
  const told = answer(see, '/ecp/clean/5')
  t.deepEqual('requestHeaders' in told && told.requestHeaders, {})
})
