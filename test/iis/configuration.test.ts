import test from 'ava'
import { configuration } from '../../reconciler/iis/configuration.ts'
import { place } from '../../reconciler/iis/place.ts'
import { poolElement, poolSetting } from '../../reconciler/iis/pools.ts'
import { FACTS, HOST, host, hostConfig, machine, REDIRECTION, webConfig } from '../helpers/iis-machine.ts'

test('without redirection.config the local file is in use', (t) => {
  const read = configuration(machine({ [HOST]: hostConfig() }).see)
  t.is(read.is, 'known')
  if (read.is !== 'known') return
  t.is(read.value.file, HOST)
  t.deepEqual(
    read.value.sites.map(({ name, applications }) => [name, applications.length]),
    [
      ['Default Web Site', 7],
      ['Exchange Back End', 2],
    ],
  )
})

test('a redirection that is off changes nothing', (t) => {
  for (const inner of [
    '<configurationRedirection />',
    '<configurationRedirection enabled="False" path="\\\\a\\b" />',
  ]) {
    const { see } = machine({ [HOST]: hostConfig(), [REDIRECTION]: webConfig(inner) })
    t.is(configuration(see).is, 'known', inner)
  }
})

test('a shared configuration is held', (t) => {
  const inner = '<configurationRedirection enabled="TRUE" path="\\\\files\\iis" />'
  const read = configuration(machine({ [HOST]: hostConfig(), [REDIRECTION]: webConfig(inner) }).see)
  t.like(read, { is: 'unknown', held: 'redirected' })
  t.regex(read.is === 'unknown' ? read.why : '', /\\\\files\\iis/)
})

test('a malformed file is unknown, with its place', (t) => {
  const read = configuration(machine({ [HOST]: '<configuration>\n  <a>\n</configuration>' }).see)
  t.like(read, { is: 'unknown' })
  t.regex(read.is === 'unknown' ? read.why : '', /applicationHost\.config:3:1/)
})

test('a missing file, an empty one and another root are unknown', (t) => {
  t.regex(whyOf({}), /does not exist/)
  t.regex(whyOf({ [HOST]: '' }), /applicationHost\.config:1:1/)
  t.regex(whyOf({ [HOST]: '<web />' }), /its root is <web>/)
  t.regex(whyOf({ [HOST]: null }), /not looked at yet/)
})

function whyOf(files: Parameters<typeof machine>[0]): string {
  const read = configuration(machine(files).see)
  return read.is === 'unknown' ? read.why : 'known'
}

test('without facts everything is asked for all the same', (t) => {
  const { see, asked } = machine({}, null)
  t.is(configuration(see).is, 'unknown')
  t.deepEqual(
    asked.map(({ name }) => name),
    ['', REDIRECTION, HOST],
  )
})

test('the same bytes and facts give the same value', (t) => {
  const { see } = machine({ [HOST]: hostConfig() })
  const [first, second] = [configuration(see), configuration(see)]
  t.true(first.is === 'known' && second.is === 'known' && first.value === second.value)
})

test('places: sites, applications, folders and locations, without case', (t) => {
  const read = host(hostConfig({ locations: '<location path="default web site/owa/AUTH" />' }))
  const owa = 'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\FrontEnd\\HttpProxy\\owa'
  t.like(place(read, 'server'), { is: 'server' })
  t.like(place(read, 'default web SITE'), { what: 'site', webConfig: 'C:\\inetpub\\wwwroot\\web.config' })
  t.like(place(read, 'Default Web Site/OWA/'), {
    what: 'application',
    path: 'Default Web Site/owa',
    folder: owa,
  })
  t.like(place(read, 'Default Web Site/owa/calendar'), { what: 'application', folder: owa })
  t.like(place(read, 'Default Web Site/aspnet_client'), {
    what: 'virtual-directory',
    folder: 'C:\\inetpub\\client',
  })
  t.like(place(read, 'Default Web Site/owa/auth'), { what: 'location', folder: `${owa}\\auth` })
  t.like(place(read, 'Default Web Site/owa/other/x'), {
    what: 'inside',
    webConfig: `${owa}\\other\\x\\web.config`,
  })
  t.like(place(read, 'Another'), { is: 'nowhere' })
})

test('a site whose name starts like another is another', (t) => {
  t.like(place(host(hostConfig()), 'Default Web Sites'), { is: 'nowhere' })
  const at = place(host(hostConfig()), 'Default Web Site/owalike')
  t.is(at.is === 'place' ? at.application.path : '', 'Default Web Site')
})

test('a variable that is not known makes only its own folder unknown', (t) => {
  const sites =
    '<site name="Odd"><application path="/"><virtualDirectory path="/" physicalPath="%NOPE%\\x" /></application></site>'
  const read = host(hostConfig({ sites }))
  const odd = place(read, 'Odd')
  t.regex(odd.is === 'unknown' ? odd.why : '', /%NOPE%/)
  t.is(place(read, 'Default Web Site').is, 'place')
})

test('an application without a pool has the default one', (t) => {
  const read = host(hostConfig())
  t.is(read.sites[1]?.applications[0]?.pool, 'DefaultAppPool')
})

test('a setting of a pool: its own, that of the defaults, that of the schema', (t) => {
  const pools =
    '<applicationPoolDefaults startMode="alwaysRunning"><processModel maxProcesses="2" /></applicationPoolDefaults>'
  const read = host(hostConfig({ pools, owaPool: 'autoStart="False"' }))
  const owa = poolElement(read, 'msexchangeowaapppool')
  const ecp = poolElement(read, 'MSExchangeECPAppPool')
  if (owa === undefined || ecp === undefined) return t.fail('no pool')
  t.like(poolSetting(read, owa, 'autoStart'), { value: { value: false, own: true } })
  t.like(poolSetting(read, owa, 'startMode'), { value: { value: 'AlwaysRunning', own: false } })
  t.like(poolSetting(read, ecp, 'autoStart'), { value: { value: true, own: false } })
  t.like(poolSetting(read, ecp, 'idleTimeout', 'processModel'), { value: { value: '00:00:00', own: true } })
  t.like(poolSetting(read, ecp, 'maxProcesses', 'processModel'), { value: { value: 2, own: false } })
  t.is(poolElement(read, 'Nobody'), undefined)
})

test('facts that change change the value', (t) => {
  const { see } = machine({ [HOST]: hostConfig() }, { ...FACTS, environment: { windir: 'C:\\Windows' } })
  const read = configuration(see)
  t.is(read.is === 'known' ? place(read.value, 'Default Web Site').is : '', 'unknown')
})

test('a path cannot lead out of its folder, nor to a stream', (t) => {
  const read = host(hostConfig())
  for (const odd of ['..', 'a/../..', 'x/..\\..\\windows', 'a:b', 'name.', 'name ', 'a*', 'nul\u0000l']) {
    t.like(place(read, `Default Web Site/owa/${odd}`), { is: 'nowhere' }, odd)
  }
  t.is(place(read, 'Default Web Site/owa/15.2.1118.7').is, 'place')
})
