import test from 'ava'
import {
  ECP_WEB,
  exampleHost,
  exampleWeb,
  OWA_WEB,
  ROOT_WEB,
} from '../../reconciler/kinds/example-machine.ts'
import { m2 } from '../../reconciler/kinds/outbound-rule/examples.ts'
import { outboundRule } from '../../reconciler/kinds/outbound-rule/resource.ts'
import { m1 } from '../../reconciler/kinds/rewrite-rule/examples.ts'
import { rewriteRule } from '../../reconciler/kinds/rewrite-rule/resource.ts'
import type { Json, Resource } from '../../reconciler/model/resource.ts'
import { APPLICATION_HOST, fieldsOf, Machine } from '../helpers/machine.ts'

/** A rule as the EM service writes it, or a variation of it. */
function foreign(name: string, { attributes = '', action = '<action type="AbortRequest" />' } = {}): string {
  return `        <rule name="${name}" stopProcessing="true"${attributes}>
          <match url=".*" />
          <conditions>
            <add input="{UrlDecode:{REQUEST_URI}}" pattern="(?=.*autodiscover)(?=.*powershell)" />
          </conditions>
          ${action}
        </rule>
`
}

function rules(inner: string): string {
  return `    <rewrite>\n      <rules>\n${inner}      </rules>\n    </rewrite>\n`
}

function machine(files: { readonly [path: string]: string } = {}, host = exampleHost()): Machine {
  return new Machine({
    files: {
      [APPLICATION_HOST]: host,
      [ROOT_WEB]: exampleWeb(),
      [OWA_WEB]: exampleWeb(),
      [ECP_WEB]: exampleWeb(),
      ...files,
    },
  })
}

function inbound(more: { readonly [key: string]: Json } = {}): Resource {
  return rewriteRule.resource({ ...m1, ...more }, 'M1')
}

const outbound = (more: { readonly [key: string]: Json } = {}) =>
  outboundRule.resource({ ...m2, ...more }, 'M2')

function put(server: Machine, resource: Resource): void {
  server.apply(resource.put(server.see, server.made))
}

function undo(server: Machine, resource: Resource): void {
  server.apply(resource.undo(server.see, { fields: null }, server.made, resource.want))
}

test('the rule of the EM service is an equal one, wherever defaults are written out', (t) => {
  const written = foreign('EEMS M1.1 PowerShell - inbound', {
    attributes: ' enabled="True" patternSyntax="ecmascript"',
  })
  const reading = inbound().read(machine({ [ROOT_WEB]: exampleWeb(rules(written)) }).see)
  t.is(reading.is, 'elsewhere')
  if (reading.is === 'elsewhere') t.is(reading.where, `rule "EEMS M1.1 PowerShell - inbound" in ${ROOT_WEB}`)
})

test('an equal rule inherited from applicationHost.config counts too', (t) => {
  const location = `    <location path="Default Web Site"><system.webServer>\n${rules(foreign('PowerShell - inbound'))}    </system.webServer></location>\n`
  const reading = inbound({ at: 'Default Web Site/owa' }).read(
    machine({}, exampleHost({ locations: location })).see,
  )
  t.is(reading.is, 'elsewhere')
})

test('a name alone never counts: disabled, other patterns and other actions are not equal', (t) => {
  const name = 'EEMS M1.1 PowerShell - inbound'
  const weak = foreign(name).replace(
    '(?=.*autodiscover)(?=.*powershell)',
    '.*autodiscover\\.json.*\\@.*Powershell.*',
  )
  const variations = [
    foreign(name, { attributes: ' enabled="false"' }),
    weak,
    foreign(name, { action: '<action type="None" />' }),
  ]
  for (const variation of variations) {
    t.deepEqual(inbound().read(machine({ [ROOT_WEB]: exampleWeb(rules(variation)) }).see), { is: 'absent' })
  }
})

test('an equivalent counts by name and form, and only when it is enough', (t) => {
  const action = '<action type="CustomResponse" statusCode="403" statusReason="Forbidden" />'
  const server = machine({ [ROOT_WEB]: exampleWeb(rules(foreign('requestblockingrule1', { action }))) })
  const form = { action: { type: 'CustomResponse', statusCode: 403, statusReason: 'Forbidden' } }
  const names = ['RequestBlockingRule1']
  t.is(inbound({ equivalents: [{ names, form, enough: true }] }).read(server.see).is, 'elsewhere')
  t.deepEqual(inbound({ equivalents: [{ names, form, enough: false }] }).read(server.see), {
    is: 'absent',
    beside: `rule "requestblockingrule1" in ${ROOT_WEB}`,
  })
  t.is(inbound({ equivalents: [{ names, enough: true }] }).read(server.see).is, 'absent')
  t.is(inbound({ equivalents: [{ names: ['other'], form, enough: true }] }).read(server.see).is, 'absent')
})

test('ours stays when an equal foreign one appears; it is named', (t) => {
  const server = machine({ [ROOT_WEB]: exampleWeb(rules(foreign('theirs'))) })
  put(server, inbound())
  const reading = inbound().read(server.see)
  t.is(reading.is, 'present')
  if (reading.is === 'present') t.is(reading.duplicate, `rule "theirs" in ${ROOT_WEB}`)
})

test('a clear in the web.config of an application below is a flaw, with its file', (t) => {
  const server = machine({ [ECP_WEB]: exampleWeb(rules('        <clear />\n')) })
  put(server, inbound())
  const reading = inbound().read(server.see)
  t.deepEqual(reading.is === 'present' ? reading.flaw : reading, {
    file: ECP_WEB,
    detail: '<clear /> takes the rule away from Default Web Site/ecp',
  })
  t.deepEqual(fieldsOf(reading), inbound().want)
})

test('a remove of our rule below is a flaw; without it there is none', (t) => {
  const remove = '        <remove name="stopgap m1 powershell - inbound" />\n'
  const server = machine({ [ECP_WEB]: exampleWeb(rules(remove)) })
  put(server, inbound())
  const reading = inbound().read(server.see)
  t.regex(
    reading.is === 'present' ? (reading.flaw?.detail ?? '') : '',
    /<remove name=.* Default Web Site\/ecp/,
  )
  server.edit(ECP_WEB, remove, '')
  const after = inbound().read(server.see)
  t.true(after.is === 'present' && after.flaw === undefined)
})

test('an equal foreign rule that an application below clears does not do the job', (t) => {
  const server = machine({
    [ROOT_WEB]: exampleWeb(rules(foreign('theirs'))),
    [ECP_WEB]: exampleWeb(rules('        <clear />\n')),
  })
  t.is(inbound().read(server.see).is, 'absent')
})

const everything = (stop: string) =>
  `        <rule name="all" ${stop}>\n          <match url="(.*)" />\n          <action type="Rewrite" url="/x" />\n        </rule>\n`

test('an enabled earlier rule that matches everything and ends processing is a flaw', (t) => {
  const before = (stop: string) =>
    `    <location path="Default Web Site"><system.webServer>\n${rules(everything(stop))}    </system.webServer></location>\n`
  const readWith = (stop: string) => {
    const server = machine({}, exampleHost({ locations: before(stop) }))
    put(server, inbound())
    const reading = inbound().read(server.see)
    return reading.is === 'present' ? reading.flaw : undefined
  }
  t.is(readWith('stopProcessing="true"')?.file, APPLICATION_HOST)
  t.regex(readWith('stopProcessing="true"')?.detail ?? '', /"all"/)
  t.is(readWith('stopProcessing="false"'), undefined)
  t.is(readWith('stopProcessing="true" enabled="false"'), undefined)
})

test('ours goes before such a rule of the same collection, and others keep their order', (t) => {
  const two = everything('stopProcessing="true"') + foreign('theirs', { attributes: ' enabled="false"' })
  const server = machine({ [ROOT_WEB]: exampleWeb(rules(two)) })
  put(server, inbound())
  const reading = inbound().read(server.see)
  t.true(reading.is === 'present' && reading.flaw === undefined)
  const order = [...server.text(ROOT_WEB).matchAll(/rule name="([^"]+)"/g)].map(([, name]) => name)
  t.deepEqual(order, ['Stopgap M1 PowerShell - inbound', 'all', 'theirs'])
})

test('ours, changed or disabled by hand, differs and is corrected; nothing else moves', (t) => {
  const server = machine({
    [ROOT_WEB]: exampleWeb(rules(foreign('theirs', { attributes: ' enabled="false"' }))),
  })
  put(server, inbound())
  const good = server.text(ROOT_WEB)
  for (const [find, become] of [
    ['inbound"', 'inbound" enabled="false"'],
    ['(?=.*powershell)', '(?=.*pwsh)'],
    ['<action type="AbortRequest" />', '<action type="None" />'],
  ] as const) {
    server.edit(ROOT_WEB, find, become)
    const reading = inbound().read(server.see)
    t.true(reading.is === 'present' && reading.ours)
    t.notDeepEqual(fieldsOf(reading), inbound().want)
    put(server, inbound())
    t.is(server.text(ROOT_WEB), good)
  }
})

test('a foreign rule that comes to stand before ours is no drift as long as ours acts', (t) => {
  const server = machine()
  put(server, inbound())
  server.edit(ROOT_WEB, '<rules>\n', `<rules>\n${foreign('theirs', { action: '<action type="None" />' })}`)
  t.deepEqual(fieldsOf(inbound().read(server.see)), inbound().want)
})

test('ours in the wrong file is moved', (t) => {
  const server = machine()
  const start = server.snapshot()
  put(server, inbound({ in: 'applicationHost.config' }))
  t.notDeepEqual(fieldsOf(inbound().read(server.see)), inbound().want)
  put(server, inbound())
  t.deepEqual(fieldsOf(inbound().read(server.see)), inbound().want)
  t.notRegex(server.text(APPLICATION_HOST), /Stopgap/)
  undo(server, inbound())
  t.deepEqual(server.snapshot(), start)
})

test('a copy of ours is taken away again', (t) => {
  const server = machine()
  put(server, inbound())
  const good = server.text(ROOT_WEB)
  const [rule = ''] = good.match(/ *<rule name="Stopgap[\s\S]*?<\/rule>\n/) ?? []
  server.write(
    ROOT_WEB,
    good.replace(rule, () => rule + rule),
  )
  t.notDeepEqual(fieldsOf(inbound().read(server.see)), inbound().want)
  put(server, inbound())
  t.is(server.text(ROOT_WEB), good)
})

test('a rule made for a mitigation that was renamed is ours still, is renamed, and goes', (t) => {
  const server = machine()
  const start = server.snapshot()
  put(server, outboundRule.resource(m2, 'M2'))
  const renamed = outboundRule.resource(m2, 'M2-csp')
  t.notDeepEqual(fieldsOf(renamed.read(server.see)), renamed.want)
  put(server, renamed)
  t.deepEqual(fieldsOf(renamed.read(server.see)), renamed.want)
  t.notRegex(server.text(APPLICATION_HOST), /Stopgap M2 /)
  undo(server, outboundRule.resource(m2, 'M2'))
  t.deepEqual(server.snapshot(), start)
})

test('without URL Rewrite nothing is put, and ours can still be taken back', (t) => {
  const without = exampleHost({ rewrite: false })
  const wish = inbound().put(machine({}, without).see, {})
  t.is(wish.is === 'held' ? wish.reason : wish.is, 'would-break')
  const server = machine()
  const start = server.snapshot()
  put(server, inbound())
  server.write(APPLICATION_HOST, without)
  undo(server, inbound())
  server.write(APPLICATION_HOST, exampleHost())
  t.deepEqual(server.snapshot(), start)
})

test('a locked section is held, with the place of the lock', (t) => {
  const host = exampleHost().replace(
    'name="rules" overrideModeDefault="Allow"',
    'name="rules" overrideModeDefault="Deny"',
  )
  const wish = inbound().put(machine({}, host).see, {})
  t.is(wish.is === 'held' ? wish.reason : wish.is, 'would-break')
  const located = inbound({ in: 'applicationHost.config' }).put(machine({}, host).see, {})
  t.is(located.is, 'wish')
})

test('a path that does not exist is unknown, or missing where it is to be skipped', (t) => {
  for (const at of ['Other Site', 'Default Web Site/typo']) {
    t.is(inbound({ at }).read(machine().see).is, 'unknown')
    t.is(inbound({ at, ifMissing: 'skip' }).read(machine().see).is, 'missing')
    t.is(inbound({ at }).put(machine().see, {}).is, 'unknown')
  }
})

test('a malformed web.config is unknown, with line and column', (t) => {
  const reading = inbound().read(machine({ [ROOT_WEB]: '<configuration>\n  <x>\n</configuration>' }).see)
  t.is(reading.is, 'unknown')
  if (reading.is === 'unknown') t.regex(reading.why, /web\.config:3:\d+/)
})

test('a redirected configuration is held', (t) => {
  const server = machine()
  server.write(
    'C:\\Windows\\System32\\inetsrv\\config\\redirection.config',
    '<configuration><configurationRedirection enabled="true" path="\\\\share\\iis" /></configuration>',
  )
  const reading = inbound().read(server.see)
  t.is(reading.is === 'unknown' ? reading.held : reading.is, 'redirected')
  const wish = inbound().put(server.see, {})
  t.is(wish.is === 'held' ? wish.reason : wish.is, 'redirected')
})

test('in a folder that applications below share, the rule is kept from them', (t) => {
  const server = machine()
  put(server, outbound({ in: 'web.config' }))
  t.regex(server.text(OWA_WEB), /<location path="\." inheritInChildApplications="false">/)
  put(server, inbound({ at: 'Default Web Site/ecp' }))
  t.notRegex(server.text(ECP_WEB), /<location/)
})

test('our preCondition stays while a rule that is not ours uses it', (t) => {
  const server = machine()
  put(server, outbound())
  const name = 'Stopgap M2 OWA SPA HTML shell'
  const theirs = `<rule name="theirs" preCondition="${name}"><match pattern="x" /><action type="None" /></rule>`
  server.edit(APPLICATION_HOST, '<preConditions>', `${theirs}<preConditions>`)
  undo(server, outbound())
  t.regex(server.text(APPLICATION_HOST), new RegExp(`<preCondition name="${name}"`))
  t.notRegex(server.text(APPLICATION_HOST), /Stopgap M2 OWA CSP/)
})

test('our preCondition goes with the rule that names it, whatever it is called by now', (t) => {
  const server = machine()
  const start = server.snapshot()
  put(server, outbound())
  undo(server, outbound({ preCondition: { ...m2.preCondition, name: 'called otherwise' } }))
  t.deepEqual(server.snapshot(), start)
})

test('a changed preCondition of ours differs and is corrected', (t) => {
  const server = machine()
  put(server, outbound())
  const good = server.text(APPLICATION_HOST)
  server.edit(APPLICATION_HOST, '^text/html', '^text/plain')
  t.notDeepEqual(fieldsOf(outbound().read(server.see)), outbound().want)
  put(server, outbound())
  t.is(server.text(APPLICATION_HOST), good)
})

test('the outbound rule of the EM service is equal by the contents of its preCondition', (t) => {
  const server = machine()
  put(server, outbound({ at: 'Default Web Site/ecp', in: 'web.config' }))
  const theirs = server.text(ECP_WEB).replaceAll('Stopgap M2 OWA SPA HTML shell', 'EEMS M2.1 - precondition')
  server.write(ECP_WEB, theirs.replace('Stopgap M2 OWA CSP', 'EEMS M2.1 OWA CSP'))
  t.is(outbound({ at: 'Default Web Site/ecp', in: 'web.config' }).read(server.see).is, 'elsewhere')
  server.edit(ECP_WEB, '^text/html', '^text/plain')
  t.is(outbound({ at: 'Default Web Site/ecp', in: 'web.config' }).read(server.see).is, 'absent')
})

test('rules with our mark are found without any record, and taken back', (t) => {
  const server = machine()
  const start = server.snapshot()
  const all = [
    inbound(),
    inbound({ at: 'Default Web Site/ecp' }),
    rewriteRule.resource({ ...m1, at: 'server', name: 'everywhere', in: 'applicationHost.config' }, 'G1'),
    outbound(),
  ]
  for (const resource of all) put(server, resource)
  const found = [rewriteRule, outboundRule].flatMap((kind) => kind.ours?.(server.see, new Set()) ?? [])
  t.deepEqual(found.map(({ key }) => key).sort(), all.map(({ key }) => key).sort())
  for (const resource of found) {
    const same = all.find(({ key }) => key === resource.key)
    t.deepEqual(resource.want, same?.want)
    t.is(resource.mitigation, same?.mitigation ?? '')
    undo(server, resource)
  }
  t.deepEqual(server.snapshot(), start)
})

test('what IIS would refuse is a fault of the specification, with a pointer', (t) => {
  const pointers = (more: object) =>
    rewriteRule.faults({ ...m1, ...more } as Json, false).map(({ pointer }) => pointer)
  t.deepEqual(pointers({}), [])
  t.deepEqual(pointers({ match: { url: '*' } }), ['/match/url'])
  t.deepEqual(pointers({ match: { url: '*' }, patternSyntax: 'Wildcard' }), [])
  t.deepEqual(pointers({ conditions: [{ input: '{URL}', pattern: '(' }] }), ['/conditions/0/pattern'])
  t.deepEqual(pointers({ action: { type: 'Redirect' } }), ['/action'])
  t.deepEqual(pointers({ action: { type: 'CustomResponse' } }), ['/action'])
  t.deepEqual(pointers({ at: ['Default Web Site', 'Server'], in: 'web.config' }), ['/in'])
  t.deepEqual(
    outboundRule.faults({ ...m2, at: 'server' }, false).map(({ pointer }) => pointer),
    ['/at'],
  )
  const global = {
    in: 'applicationHost.config',
    at: 'server',
    conditions: [{ input: '{REQUEST_FILENAME}', matchType: 'IsFile' }],
  }
  t.deepEqual(pointers(global), [''])
})
