import { existsSync, readFileSync } from 'node:fs'
import test from 'ava'
import { examplesByKind } from '../../reconciler/kinds/examples.ts'
import { kinds } from '../../reconciler/kinds/registry.ts'
import type { Before, Json, Resource } from '../../reconciler/model/resource.ts'
import { APPLICATION_HOST, Machine } from '../helpers/machine.ts'

const FOLDER = new URL('../../../shared/iis-config/', import.meta.url)
const FRONT_END = 'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\FrontEnd\\HttpProxy'
const BACK_END = 'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\ClientAccess'

/** Real files by where they lie on a server. */
const WEB_CONFIGS: { readonly [path: string]: string } = {
  [`${FRONT_END}\\ecp\\web.config`]: 'ex19-fe-ecp.config',
  [`${FRONT_END}\\EWS\\web.config`]: 'ex19-fe-ews.config',
  [`${FRONT_END}\\Autodiscover\\web.config`]: 'ex19-fe-autod.config',
  [`${FRONT_END}\\sync\\web.config`]: 'ex19-fe-eas.config',
  [`${FRONT_END}\\mapi\\web.config`]: 'ex19-fe-mapi.config',
  [`${FRONT_END}\\PowerShell\\web.config`]: 'ex19-fe-powershell.config',
  [`${FRONT_END}\\owa\\web.config`]: 'ex19-fe-ecp.config',
  [`${BACK_END}\\ecp\\web.config`]: 'ex19-be-ecp.config',
  'C:\\inetpub\\wwwroot\\web.config': 'h5bp-server-web-crlf-bom.config',
}

const there = existsSync(FOLDER)
const real = there ? test : test.skip
const why = there
  ? ''
  : ' – skipped: the collection of real configuration files is not beside this repository'

function machine(host: string): Machine {
  const made = new Machine({
    services: Object.fromEntries(
      ['MSExchangeUM', 'KeyIso', 'W3SVC'].map((name) => [
        name,
        { startType: 'Automatic', status: 'Running', dependsOn: [], dependents: [] },
      ]),
    ),
    pools: { MSExchangeECPAppPool: { state: 'Started' }, MSExchangeOABAppPool: { state: 'Started' } },
  })
  made.write(APPLICATION_HOST, readFileSync(new URL(host, FOLDER)))
  for (const [path, file] of Object.entries(WEB_CONFIGS))
    made.write(path, readFileSync(new URL(file, FOLDER)))
  return made
}

/** One entry of every kind, each on what a real Exchange server has. */
const entries: readonly Json[] = [
  { kind: 'service', name: 'MSExchangeUM', startType: 'Disabled', status: 'Stopped' },
  {
    kind: 'app-pool',
    name: 'MSExchangeECPAppPool',
    autoStart: false,
    startMode: 'OnDemand',
    state: 'Stopped',
  },
  { kind: 'global-module', name: 'TokenCacheModule', present: false },
  {
    kind: 'authentication',
    at: ['Default Web Site/owa', 'Default Web Site/ecp', 'Exchange Back End/ecp', 'Default Web Site/API'],
    scheme: 'windows',
    enabled: true,
    extendedProtection: { tokenChecking: 'Allow', flags: ['Proxy'] },
  },
  { kind: 'authentication', at: 'Default Web Site/Autodiscover', scheme: 'basic', enabled: false },
  {
    kind: 'iis-setting',
    at: ['Default Web Site', 'Default Web Site/ecp', 'Default Web Site/PowerShell'],
    section: 'system.webServer/security/access',
    attribute: 'sslFlags',
    value: ['Ssl', 'SslNegotiateCert'],
  },
  { ...(examplesByKind['outbound-rule']?.[0]?.entry as object) },
  { ...(examplesByKind['rewrite-rule']?.[0]?.entry as object) },
  {
    ...(examplesByKind['rewrite-rule']?.[0]?.entry as object),
    name: 'second',
    at: ['Default Web Site/ecp', 'Default Web Site/Autodiscover', 'Exchange Back End/ecp'],
  },
  {
    ...(examplesByKind['rewrite-rule']?.[0]?.entry as object),
    name: 'global',
    at: 'server',
    in: 'applicationHost.config',
  },
]

function resources(): readonly Resource[] {
  return entries.flatMap((entry) => {
    const kind = kinds.find(({ name }) => name === (entry as { kind: string }).kind)
    return kind === undefined ? [] : kind.split(entry).map((spec) => kind.resource(spec, 'M1'))
  })
}

const roundTrip = test.macro((t, host: string) => {
  const server = machine(host)
  const start = server.snapshot()
  const done: [Resource, Before][] = []
  for (const resource of resources()) {
    const wish = resource.put(server.see, server.made)
    server.apply(wish)
    if (wish.is === 'wish') done.push([resource, JSON.parse(JSON.stringify(wish.before)) as Before])
    const reading = resource.read(server.see)
    t.is(reading.is, 'present', `${resource.key}: ${JSON.stringify(reading)}`)
    if (reading.is === 'present') t.deepEqual(reading.fields, resource.want, resource.key)
  }
  t.is(done.length, resources().length)
  const all = server.snapshot()
  t.notDeepEqual(all, start)
  for (const [resource] of done) {
    const again = resource.put(server.see, server.made)
    t.true(again.is === 'wish' && again.parts.length === 0, resource.key)
  }
  for (const [resource, before] of done.toReversed()) {
    server.apply(resource.undo(server.see, before, server.made, resource.want))
  }
  t.deepEqual(server.snapshot(), start)
})

for (const host of ['ex19-applicationHost1.config', 'ex16-applicationHost-mixed.config']) {
  real(`everything is put on a real server and taken back without a trace: ${host}${why}`, roundTrip, host)
  real(`also when it is taken back in the order in which it was put: ${host}${why}`, (t) => {
    const server = machine(host)
    const start = server.snapshot()
    const done = resources().map((resource) => {
      const wish = resource.put(server.see, server.made)
      server.apply(wish)
      return { resource, before: wish.is === 'wish' ? wish.before : null }
    })
    for (const { resource, before } of done) {
      server.apply(resource.undo(server.see, before, server.made, resource.want))
    }
    t.deepEqual(server.snapshot(), start)
  })
}

real(`impact names the applications of a pool on both sites${why}`, (t) => {
  const pool = resources().find(({ key }) => key === 'app-pool:MSExchangeECPAppPool')
  t.deepEqual(pool?.impact(machine('ex19-applicationHost1.config').see), {
    stops: ['Default Web Site/ecp', 'Exchange Back End/ecp'],
    restarts: [],
  })
})

real(`impact of a web.config at the root of a site: every application below restarts${why}`, (t) => {
  const rule = resources().find(({ key }) => key.startsWith('rewrite-rule:Default Web Site:'))
  const restarts = rule?.impact(machine('ex19-applicationHost1.config').see).restarts ?? []
  t.true(restarts.includes('Default Web Site'))
  t.true(restarts.includes('Default Web Site/owa/Calendar'))
  t.false(restarts.some((path) => path.startsWith('Exchange Back End')))
})
