import test from 'ava'
import { appPool } from '../../reconciler/kinds/app-pool/resource.ts'
import { authentication } from '../../reconciler/kinds/authentication/resource.ts'
import { ECP_WEB, exampleHost, exampleWeb } from '../../reconciler/kinds/example-machine.ts'
import { examplesByKind } from '../../reconciler/kinds/examples.ts'
import { globalModule } from '../../reconciler/kinds/global-module/resource.ts'
import { iisSetting } from '../../reconciler/kinds/iis-setting/resource.ts'
import { ping } from '../../reconciler/kinds/ping/resource.ts'
import { kinds } from '../../reconciler/kinds/registry.ts'
import { service } from '../../reconciler/kinds/service/resource.ts'
import type { Json, Kind, Wish } from '../../reconciler/model/resource.ts'
import type { Service } from '../../reconciler/model/thing.ts'
import { APPLICATION_HOST, blind, fieldsOf, Machine } from '../helpers/machine.ts'

const UM = 'MSExchangeUM'

function running(more: Partial<Service> = {}): Service {
  return { startType: 'Automatic', status: 'Running', dependsOn: [], dependents: [], ...more }
}

function um(more: { readonly [key: string]: Json } = {}) {
  return service.resource(
    { kind: 'service', name: UM, startType: 'Disabled', status: 'Stopped', ...more },
    'PL',
  )
}

function reasonOf(wish: Wish): string {
  return wish.is === 'held' ? wish.reason : wish.is
}

test('a service with running dependents is not stopped; they are named', (t) => {
  const services = {
    [UM]: running({ dependents: ['A', 'B', 'C'] }),
    A: running(),
    B: running({ status: 'Stopped' }),
    C: running({ status: 'StopPending' }),
  }
  const server = new Machine({ services })
  const wish = um().put(server.see, {})
  t.is(reasonOf(wish), 'dependents')
  t.regex(wish.is === 'held' ? wish.detail : '', /stop A, C;/)
  server.set('service', 'A', running({ status: 'Stopped' }))
  server.set('service', 'C', running({ status: 'Stopped' }))
  t.is(um().put(server.see, {}).is, 'wish')
})

test('a dependent that nobody could look at makes the stop unknown', (t) => {
  const server = new Machine({ services: { [UM]: running({ dependents: ['A'] }) } })
  const wish = um().put((thing, name) => (name === 'A' ? blind(thing, name) : server.see(thing, name)), {})
  t.is(wish.is, 'unknown')
})

test('reading a service that is to be stopped asks for its dependents at once', (t) => {
  const server = new Machine({ services: { [UM]: running({ dependents: ['A'] }), A: running() } })
  t.is(server.cold(um().read, (reading) => reading.is === 'present').rounds, 3)
})

test('a service that is not there is missing, or unknown where its absence matters', (t) => {
  const server = new Machine({})
  t.is(um().read(server.see).is, 'missing')
  t.is(um({ ifMissing: 'fail' }).read(server.see).is, 'unknown')
  t.deepEqual(um().undo(server.see, null, {}, null), { is: 'wish', parts: [], before: { fields: null } })
})

test('Automatic and AutomaticDelayedStart are different', (t) => {
  const server = new Machine({ services: { [UM]: running({ startType: 'AutomaticDelayedStart' }) } })
  const resource = service.resource({ kind: 'service', name: UM, startType: 'Automatic' }, 'X')
  t.notDeepEqual(fieldsOf(resource.read(server.see)), resource.want)
})

test('a field goes back only if it still has the value that was set', (t) => {
  const server = new Machine({ services: { [UM]: running() } })
  const wish = um().put(server.see, {})
  server.apply(wish)
  server.set('service', UM, { ...server.service(UM), startType: 'Manual' })
  const before = wish.is === 'wish' ? wish.before : null
  server.apply(um().undo(server.see, before, {}, um().want))
  t.deepEqual([server.service(UM).startType, server.service(UM).status], ['Manual', 'Running'])
})

test('what was set last counts, not what is wanted now', (t) => {
  const server = new Machine({ services: { [UM]: running({ startType: 'Manual', status: 'Running' }) } })
  const before = { fields: { startType: 'Automatic' } }
  const undone = um().undo(server.see, before, {}, { startType: 'Manual' })
  t.deepEqual(undone.is === 'wish' ? undone.parts.map((part) => part.become) : undone, [
    { startType: 'Automatic' },
  ])
  t.deepEqual(um().undo(server.see, before, {}, { startType: 'Disabled' }), { is: 'wish', parts: [], before })
})

test('a service that somebody disabled since is not started', (t) => {
  const server = new Machine({ services: { [UM]: running({ startType: 'Disabled', status: 'Stopped' }) } })
  const stopped = service.resource({ kind: 'service', name: UM, status: 'Stopped' }, 'X')
  const before = { fields: { status: 'Running' } }
  t.deepEqual(stopped.undo(server.see, before, {}, stopped.want), { is: 'wish', parts: [], before })
})

test('with the past lost, `otherwise` is used; without it the removal is held', (t) => {
  const server = new Machine({ services: { [UM]: running({ startType: 'Disabled', status: 'Stopped' }) } })
  t.is(reasonOf(um().undo(server.see, null, {}, null)), 'unowned')
  server.apply(um({ otherwise: { startType: 'Manual' } }).undo(server.see, null, {}, null))
  t.deepEqual([server.service(UM).startType, server.service(UM).status], ['Manual', 'Stopped'])
})

test('with the past lost and nothing left of what was set, nothing is done', (t) => {
  const server = new Machine({ services: { [UM]: running({ startType: 'Manual' }) } })
  t.deepEqual(um().undo(server.see, null, {}, null), { is: 'wish', parts: [], before: { fields: null } })
})

test('the timeout reaches the step, in seconds', (t) => {
  const server = new Machine({ services: { [UM]: running() } })
  const secondsWith = (more: { readonly [key: string]: Json }) => {
    const wish = um(more).put(server.see, {})
    const [part] = wish.is === 'wish' ? wish.parts : []
    return part?.thing === 'service' ? part.timeoutSeconds : null
  }
  t.is(secondsWith({}), 120)
  t.is(secondsWith({ timeout: '45s' }), 45)
  t.is(secondsWith({ timeout: '2m' }), 120)
})

const VITAL = 'MSExchangeADTopology MSExchangeIS MSExchangeTransport W3SVC WAS IISADMIN AppHostSvc EventLog'

test('vital services are stopped or disabled only by a mitigation that is opt-in', (t) => {
  for (const name of VITAL.split(' ').flatMap((each) => [each, each.toLowerCase()])) {
    const faults = (more: object, optIn: boolean) =>
      service.faults({ kind: 'service', name, ...more } as Json, optIn).map(({ pointer }) => pointer)
    t.deepEqual(faults({ status: 'Stopped' }, false), ['/status'], name)
    t.deepEqual(faults({ startType: 'Disabled' }, false), ['/startType'], name)
    t.deepEqual(faults({ status: 'Stopped', startType: 'Disabled' }, true), [])
    t.deepEqual(faults({ status: 'Running', startType: 'Automatic' }, false), [])
  }
})

test('specifications that ask for nothing, or for what cannot be, are faults', (t) => {
  const pointers = (kind: Kind, entry: object) =>
    kind.faults({ kind: kind.name, ...entry } as Json, true).map(({ pointer }) => pointer)
  t.deepEqual(pointers(service, { name: 'x' }), [''])
  t.deepEqual(pointers(service, { name: 'x', startType: 'Disabled', status: 'Running' }), ['/status'])
  t.deepEqual(pointers(service, { name: 'x', status: 'Stopped', otherwise: { startType: 'Manual' } }), [
    '/otherwise/startType',
  ])
  t.deepEqual(pointers(appPool, { name: 'x' }), [''])
  t.deepEqual(pointers(appPool, { name: 'x', state: 'Stopped', otherwise: { autoStart: true } }), [
    '/otherwise/autoStart',
  ])
  t.deepEqual(pointers(globalModule, { name: 'x', present: true }), ['/otherwise'])
  t.deepEqual(
    pointers(authentication, { at: 'x', scheme: 'basic', extendedProtection: { tokenChecking: 'None' } }),
    ['/extendedProtection'],
  )
  t.deepEqual(pointers(authentication, { at: 'x', scheme: 'windows' }), [''])
  t.deepEqual(
    pointers(authentication, {
      at: 'x',
      scheme: 'windows',
      extendedProtection: { flags: ['None', 'Proxy'] },
    }),
    ['/extendedProtection/flags'],
  )
  const access = { at: 'x', section: 'system.webServer/security/access', attribute: 'sslFlags' }
  t.deepEqual(pointers(iisSetting, { ...access, value: ['Ssl', 'Tls'] }), ['/value'])
  t.deepEqual(pointers(iisSetting, access), [''])
  t.deepEqual(
    pointers(iisSetting, { at: 'x', section: 'system.webServer/nothing', item: { key: { a: 'b' } } }),
    ['/item'],
  )
})

function ecp(more: { readonly [key: string]: Json } = {}) {
  return appPool.resource(
    { kind: 'app-pool', name: 'MSExchangeECPAppPool', autoStart: false, state: 'Stopped', ...more },
    'PL',
  )
}

function poolMachine(host = exampleHost()): Machine {
  return new Machine({
    files: { [APPLICATION_HOST]: host },
    pools: { MSExchangeECPAppPool: { state: 'Started' } },
  })
}

test('what a pool does not say comes from applicationPoolDefaults, and stays unsaid afterwards', (t) => {
  const host = exampleHost().replace(
    '<applicationPoolDefaults ',
    '<applicationPoolDefaults autoStart="false" ',
  )
  const server = poolMachine(host)
  t.deepEqual(fieldsOf(ecp().read(server.see)), { autoStart: false, state: 'Started' })
  const wish = ecp().put(server.see, {})
  t.deepEqual(wish.is === 'wish' ? wish.parts.map(({ thing }) => thing) : wish, ['pool'])
})

test('a pool is written before it is stopped', (t) => {
  const wish = ecp().put(poolMachine().see, {})
  t.deepEqual(wish.is === 'wish' ? wish.parts.map(({ thing }) => thing) : wish, ['file', 'pool'])
})

test('a pool that is not configured is missing; one that IIS does not know is unknown', (t) => {
  const server = poolMachine()
  const other = { name: 'OtherPool' }
  t.is(ecp(other).read(server.see).is, 'missing')
  t.is(ecp({ ...other, ifMissing: 'fail' }).read(server.see).is, 'unknown')
  t.is(ecp({ name: 'MSExchangeOWAAppPool' }).read(server.see).is, 'unknown')
})

test('stopping a pool stops its applications on all sites; a stopped one stops nothing more', (t) => {
  const server = poolMachine()
  t.deepEqual(ecp().impact(server.see).stops, ['Default Web Site/ecp', 'Exchange Back End/ecp'])
  server.set('pool', 'MSExchangeECPAppPool', { state: 'Stopped' })
  t.deepEqual(ecp().impact(server.see).stops, [])
})

test('with the past lost, a pool goes to `otherwise`', (t) => {
  const server = poolMachine()
  server.apply(ecp().put(server.see, {}))
  t.is(reasonOf(ecp().undo(server.see, null, {}, null)), 'unowned')
  const back = ecp({ otherwise: { autoStart: true, state: 'Started' } })
  server.apply(back.undo(server.see, null, {}, null))
  t.deepEqual(fieldsOf(back.read(server.see)), { autoStart: true, state: 'Started' })
})

const USED = `        <globalModules>
            <add name="TokenCacheModule" image="x.dll" />
        </globalModules>
        <modules>
            <add name="TokenCacheModule" />
        </modules>
`

test('a module that a section modules still names is not taken away', (t) => {
  const resource = globalModule.resource(
    { kind: 'global-module', name: 'TokenCacheModule', present: false },
    'TC',
  )
  const used = new Machine({ files: { [APPLICATION_HOST]: exampleHost({ webServer: USED }) } })
  t.is(reasonOf(resource.put(used.see, {})), 'would-break')
  const managed = USED.replace(
    '<add name="TokenCacheModule" />',
    '<add name="TokenCacheModule" type="A.B" />',
  )
  const free = new Machine({ files: { [APPLICATION_HOST]: exampleHost({ webServer: managed }) } })
  t.is(resource.put(free.see, {}).is, 'wish')
})

test('a module whose past is lost comes back only as specified', (t) => {
  const spec = { kind: 'global-module', name: 'TokenCacheModule', present: false }
  const host = exampleHost({ webServer: '        <globalModules>\n        </globalModules>\n' })
  const server = new Machine({ files: { [APPLICATION_HOST]: host } })
  t.is(reasonOf(globalModule.resource(spec, 'TC').undo(server.see, null, {}, null)), 'unowned')
  const known = globalModule.resource(
    { ...spec, otherwise: { image: 'c:\\x.dll', preCondition: 'bitness64' } },
    'TC',
  )
  server.apply(known.undo(server.see, null, {}, null))
  t.regex(
    server.text(APPLICATION_HOST),
    /<add name="TokenCacheModule" image="c:\\x.dll" preCondition="bitness64" \/>/,
  )
})

test('a module that was not listed before us stays away', (t) => {
  const host = exampleHost({ webServer: '        <globalModules>\n        </globalModules>\n' })
  const server = new Machine({ files: { [APPLICATION_HOST]: host } })
  const resource = globalModule.resource(
    { kind: 'global-module', name: 'TokenCacheModule', present: false },
    'TC',
  )
  const before = { fields: { present: false } }
  t.deepEqual(resource.undo(server.see, before, {}, null), { is: 'wish', parts: [], before })
})

test('an authentication entry becomes one resource for each path and field', (t) => {
  const entry = {
    kind: 'authentication',
    at: ['Default Web Site/owa', 'Default Web Site/ecp'],
    scheme: 'windows',
    enabled: true,
    extendedProtection: { tokenChecking: 'Require', flags: ['Proxy'] },
    otherwise: { enabled: false },
  }
  const resources = authentication.split(entry).map((spec) => authentication.resource(spec, 'EP'))
  t.deepEqual(
    resources.slice(0, 3).map(({ key, want }) => [key, want]),
    [
      ['authentication:Default Web Site/owa:windows:enabled', { enabled: true }],
      [
        'authentication:Default Web Site/owa:windows:extendedProtection.tokenChecking',
        { 'extendedProtection.tokenChecking': 'Require' },
      ],
      [
        'authentication:Default Web Site/owa:windows:extendedProtection.flags',
        { 'extendedProtection.flags': ['Proxy'] },
      ],
    ],
  )
  t.deepEqual(
    resources.map(({ otherwise }) => otherwise),
    [{ enabled: false }, undefined, undefined, { enabled: false }, undefined, undefined],
  )
})

function sslFlags(more: { readonly [key: string]: Json } = {}) {
  const entry = {
    section: 'system.webServer/security/access',
    attribute: 'sslFlags',
    value: ['Ssl', 'Ssl128'],
  }
  return iisSetting.resource({ kind: 'iis-setting', at: 'Default Web Site/ecp', ...entry, ...more }, 'S')
}

test('a setting that somebody changed since stays, and so does one they moved elsewhere', (t) => {
  const server = new Machine({ files: { [APPLICATION_HOST]: exampleHost() } })
  const wish = sslFlags().put(server.see, {})
  server.apply(wish)
  const before = wish.is === 'wish' ? wish.before : null
  server.edit(APPLICATION_HOST, 'sslFlags="Ssl, Ssl128"', 'sslFlags="Ssl"')
  const undone = sslFlags().undo(server.see, before, server.made, sslFlags().want)
  t.deepEqual(undone.is === 'wish' ? undone.parts : undone, [])
})

test('the order and spelling of flags do not matter', (t) => {
  const locations = `    <location path="default web site/ECP"><system.webServer><security><access sslFlags="ssl128,SSL" /></security></system.webServer></location>\n`
  const server = new Machine({ files: { [APPLICATION_HOST]: exampleHost({ locations }) } })
  t.deepEqual(fieldsOf(sslFlags().read(server.see)), sslFlags().want)
  const wish = sslFlags().put(server.see, {})
  t.deepEqual(wish.is === 'wish' ? wish.parts : wish, [])
})

test('a section that IIS does not know is held; so is a server section for one path', (t) => {
  const server = new Machine({ files: { [APPLICATION_HOST]: exampleHost() } })
  const unknown = {
    section: 'system.webServer/urlCompression',
    attribute: 'doDynamicCompression',
    value: false,
  }
  t.is(reasonOf(sslFlags(unknown).put(server.see, {})), 'would-break')
  const host = { section: 'system.webServer/globalModules', attribute: 'x', value: 'y' }
  t.is(reasonOf(sslFlags(host).put(server.see, {})), 'would-break')
})

test('a setting that a web.config decides restarts the applications that read it', (t) => {
  const web = exampleWeb(
    '    <security>\n      <requestFiltering allowDoubleEscaping="true" />\n    </security>\n',
  )
  const server = new Machine({ files: { [APPLICATION_HOST]: exampleHost(), [ECP_WEB]: web } })
  const filtering = {
    section: 'system.webServer/security/requestFiltering',
    attribute: 'allowDoubleEscaping',
    value: false,
  }
  t.deepEqual(sslFlags(filtering).impact(server.see).restarts, ['Default Web Site/ecp'])
  t.deepEqual(sslFlags().impact(server.see).restarts, [])
})

test('ping needs configuration, a service and a pool, and names what it could not see', (t) => {
  const server = new Machine({ files: { [APPLICATION_HOST]: exampleHost() } })
  const resource = ping.resource({ kind: 'ping' }, 'PING1')
  t.deepEqual(resource.read(server.see), { is: 'present', fields: {}, ours: false })
  for (const hidden of ['file', 'service', 'pool'] as const) {
    const reading = resource.read((thing, name) =>
      thing === hidden ? blind(thing, name) : server.see(thing, name),
    )
    t.is(reading.is, 'unknown', hidden)
    t.regex(reading.is === 'unknown' ? reading.why : '', /access denied/)
  }
})

test('a text that XML cannot hold is a fault of any kind, with its place', (t) => {
  for (const bad of ['a\u0001', 'a\ud800b', '\uffff']) {
    for (const kind of kinds) {
      const pointers = kind
        .faults({ ...(examplesByKind[kind.name]?.[0]?.entry as object), 'x/y': [bad] }, true)
        .map(({ pointer }) => pointer)
      t.true(pointers.includes('/x~1y/0'), kind.name)
    }
  }
  const fine = { kind: 'ping', text: 'tab\t, line\n, \u{1f600} and ä' }
  t.deepEqual(kinds.find(({ name }) => name === 'ping')?.faults(fine, true), [])
})

test('a file that the second parser refuses is not touched', (t) => {
  const host = exampleHost().replace('<configuration>', '<configuration xmlns:a="urn:a"><b:c />')
  const server = new Machine({ files: { [APPLICATION_HOST]: host } })
  t.is(sslFlags().read(server.see).is, 'present')
  const wish = sslFlags().put(server.see, {})
  t.is(wish.is, 'unknown')
  t.regex(wish.is === 'unknown' ? wish.why : '', /applicationHost\.config:\d+:\d+/)
})

test('keys have one spelling of a path, however it is written', (t) => {
  t.is(sslFlags({ at: 'Default Web Site/ecp/' }).key, sslFlags().key)
  t.is(sslFlags({ at: 'Server' }).key, 'iis-setting:server:system.webServer/security/access:sslFlags')
})
