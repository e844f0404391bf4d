import test from 'ava'
import fc from 'fast-check'
import { collection } from '../../reconciler/iis/collection.ts'
import { configuration } from '../../reconciler/iis/configuration.ts'
import { attribute } from '../../reconciler/iis/document.ts'
import { layers } from '../../reconciler/iis/layers.ts'
import { locked } from '../../reconciler/iis/locked.ts'
import { setting } from '../../reconciler/iis/setting.ts'
import {
  ECP_WEB,
  type Files,
  HOST,
  hostConfig,
  machine,
  OWA_WEB,
  ROOT_WEB,
  rule,
  rules,
  webConfig,
} from '../helpers/iis-machine.ts'

const RULES = 'system.webServer/rewrite/rules'
const CLOSED = 'path="." inheritInChildApplications="false"'

/** Site path and last two parts of the file of each layer. */
function layersOf(files: Files, at: string): readonly string[] {
  const { see } = machine(files)
  const host = configuration(see)
  if (host.is === 'unknown') return [host.why]
  const all = layers(see, host.value, at)
  if (all.is === 'unknown') return [all.why]
  return all.value.map(({ path, file }) => `${path || 'server'} < ${file.split('\\').slice(-2).join('/')}`)
}

function ruleNames(files: Files, at: string): readonly string[] {
  const { see } = machine(files)
  const host = configuration(see)
  if (host.is === 'unknown') return [host.why]
  const read = collection(see, host.value, at, RULES)
  if (read.is === 'unknown') return [read.why]
  return read.value.entries.map(
    ({ element, inherited }) => (inherited ? '^' : '') + attribute(element, 'name'),
  )
}

test('path before file: what is said about a path comes after all that is said about paths above', (t) => {
  const files = {
    [HOST]: hostConfig({
      locations: '<location path="Default Web Site" /><location path="DEFAULT WEB SITE/owa" />',
    }),
    [ROOT_WEB]: webConfig('<location path="owa" /><location path="." />'),
    [OWA_WEB]: webConfig(''),
  }
  t.deepEqual(layersOf(files, 'Default Web Site/owa'), [
    'server < config/applicationHost.config',
    'server < config/applicationHost.config',
    'Default Web Site < config/applicationHost.config',
    'Default Web Site < wwwroot/web.config',
    'Default Web Site < wwwroot/web.config',
    'Default Web Site/owa < config/applicationHost.config',
    'Default Web Site/owa < wwwroot/web.config',
    'Default Web Site/owa < owa/web.config',
  ])
})

test('applications on one folder read its file once on each of their levels', (t) => {
  const files = { [HOST]: hostConfig(), [OWA_WEB]: webConfig('') }
  t.deepEqual(layersOf(files, 'Default Web Site/owa/Calendar').slice(2), [
    'Default Web Site/owa < owa/web.config',
    'Default Web Site/owa/Calendar < owa/web.config',
  ])
})

test('plain folders have files too, unless their virtual directory says no', (t) => {
  const file = OWA_WEB.replace('web.config', 'auth\\web.config')
  const files = { [HOST]: hostConfig(), [file]: webConfig('') }
  t.true(layersOf(files, 'Default Web Site/owa/auth').includes('Default Web Site/owa/auth < auth/web.config'))
  const closed = hostConfig().replace(
    '<applicationDefaults',
    '<virtualDirectoryDefaults allowSubDirConfig="false" /><applicationDefaults',
  )
  t.deepEqual(layersOf({ ...files, [HOST]: closed }, 'Default Web Site/owa/auth').slice(2), [])
})

test('a pool without overrides has no web.config files', (t) => {
  const files = {
    [HOST]: hostConfig({ owaPool: 'enableConfigurationOverride="false"' }),
    [ROOT_WEB]: webConfig(''),
    [ECP_WEB]: webConfig(''),
  }
  t.deepEqual(layersOf(files, 'Default Web Site').slice(2), [])
  t.is(layersOf(files, 'Default Web Site/ecp').length, 4)
})

test('one file that cannot be read makes the path unknown, and all files are asked for', (t) => {
  const files = { [HOST]: hostConfig(), [ROOT_WEB]: '<configuration>', [OWA_WEB]: null }
  t.regex(layersOf(files, 'Default Web Site/owa')[0] ?? '', /wwwroot\\web\.config:1:1/)
  const { see, asked } = machine(files)
  const host = configuration(see)
  if (host.is === 'known') layers(see, host.value, 'Default Web Site/owa')
  t.true(asked.some(({ name }) => name === OWA_WEB))
  t.regex(
    layersOf({ ...files, [ROOT_WEB]: webConfig('') }, 'Default Web Site/owa')[0] ?? '',
    /not looked at yet/,
  )
})

test('rules: those above first, and what clear and remove take away', (t) => {
  const files = {
    [HOST]: hostConfig({ locations: `<location path="Default Web Site">${rules(rule('host'))}</location>` }),
    [ROOT_WEB]: webConfig(rules(rule('a'), rule('b'))),
    [ECP_WEB]: webConfig(rules('<remove name="A" />', rule('own'))),
    [OWA_WEB]: webConfig(rules('<clear />', rule('only'))),
  }
  t.deepEqual(ruleNames(files, 'Default Web Site'), ['host', 'a', 'b'])
  t.deepEqual(ruleNames(files, 'default web site/ECP'), ['^host', '^b', 'own'])
  t.deepEqual(ruleNames(files, 'Default Web Site/owa'), ['only'])
})

test('operations name what they took away, duplicates both entries', (t) => {
  const { see } = machine({
    [HOST]: hostConfig(),
    [ROOT_WEB]: webConfig(rules(rule('a'))),
    [ECP_WEB]: webConfig(rules(rule('A'), '<remove name="a" />')),
  })
  const host = configuration(see)
  const read = host.is === 'known' ? collection(see, host.value, 'Default Web Site/ecp', RULES) : host
  if (read.is === 'unknown') return t.fail(read.why)
  const [duplicate] = read.value.duplicates
  t.is(duplicate?.entry.layer.file, ECP_WEB)
  t.is(duplicate?.earlier.layer.file, ROOT_WEB)
  t.like(read.value.operations[0], { is: 'remove', key: 'a' })
  t.is(read.value.operations[0]?.dropped.length, 2)
})

test('inheritInChildApplications="false" stops at applications, not at folders', (t) => {
  const files = {
    [HOST]: hostConfig(),
    [ROOT_WEB]: webConfig(`<location ${CLOSED}>${rules(rule('a'))}</location>`),
  }
  t.deepEqual(ruleNames(files, 'Default Web Site'), ['a'])
  t.deepEqual(ruleNames(files, 'Default Web Site/aspnet_client'), ['^a'])
  t.deepEqual(ruleNames(files, 'Default Web Site/owa'), [])
})

test('a setting: the last who says it, with its place, else the default', (t) => {
  const access = (flags: string) =>
    `<system.webServer><security><access sslFlags="${flags}" /></security></system.webServer>`
  const { see } = machine({
    [HOST]: hostConfig({
      locations: `<location path="Default Web Site">${access('ssl128,SSL')}</location><location path="Default Web Site/ecp">${access('')}</location>`,
    }),
  })
  const host = configuration(see)
  if (host.is === 'unknown') return t.fail(host.why)
  const at = (path: string) =>
    setting(see, host.value, path, ['system.webServer/security/access', 'sslFlags'])
  t.like(at('Default Web Site/owa'), { value: { value: ['Ssl', 'Ssl128'], text: 'ssl128,SSL' } })
  t.like(at('Default Web Site/ecp'), { value: { value: ['None'] } })
  t.like(at('Exchange Back End'), { value: { value: ['None'], text: null, layer: null } })
  t.is(at('Nowhere').is, 'unknown')
})

test('a value that IIS would not take is unknown, with its place', (t) => {
  const markup = '<httpErrors errorMode="Loud" />'
  const { see } = machine({
    [HOST]: hostConfig(),
    [ROOT_WEB]: webConfig(`<system.webServer>${markup}</system.webServer>`),
  })
  const host = configuration(see)
  if (host.is === 'unknown') return t.fail(host.why)
  const read = setting(see, host.value, 'Default Web Site', ['system.webServer/httpErrors', 'errorMode'])
  t.regex(read.is === 'unknown' ? read.why : '', /wwwroot\\web\.config:3:19: errorMode: "Loud" is none of/)
})

function lockOf(files: Files, at: string, ...subject: [path: string, attribute?: string]): string | null {
  const { see } = machine(files)
  const host = configuration(see)
  const read = host.is === 'known' ? locked(see, host.value, at, subject) : host
  return read.is === 'unknown' ? `unknown: ${read.why}` : (read.value?.why ?? null)
}

test('locks: by declaration, by location, lifted by a location of the same level', (t) => {
  const ecp = 'Default Web Site/ecp'
  const plain = { [HOST]: hostConfig() }
  t.regex(lockOf(plain, ecp, 'system.webServer/security/access') ?? '', /overrideModeDefault/)
  t.is(lockOf(plain, ecp, RULES), null)
  t.is(lockOf(plain, 'server', 'system.webServer/security/access'), null, 'the level that locks is free')
  t.is(lockOf(plain, ecp, 'system.webServer/modules'), null, 'unlocked by the location with the empty path')
  const location = (path: string, mode: string, inner: string) => ({
    [HOST]: hostConfig({ locations: `<location path="${path}" ${mode}>${inner}</location>` }),
  })
  t.regex(
    lockOf(location('Default Web Site', 'overrideMode="Deny"', rules()), ecp, RULES) ?? '',
    /is locked in/,
  )
  t.regex(
    lockOf(location('Default Web Site', 'allowOverride="false"', rules()), ecp, RULES) ?? '',
    /is locked in/,
  )
  t.is(lockOf(location('Exchange Back End', 'overrideMode="Deny"', rules()), ecp, RULES), null)
  t.is(
    lockOf(location('Default Web Site', 'overrideMode="Deny"', ''), ecp, RULES),
    null,
    'without the section',
  )
})

test('a lower level cannot lift the lock of a higher one', (t) => {
  const files = {
    [HOST]: hostConfig({
      locations: `<location path="Default Web Site" overrideMode="Deny">${rules()}</location>`,
    }),
    [ROOT_WEB]: webConfig(`<location path="ecp" overrideMode="Allow">${rules()}</location>`),
  }
  t.regex(lockOf(files, 'Default Web Site/ecp', RULES) ?? '', /applicationHost/)
})

test('locks of attributes and elements', (t) => {
  const errors = 'system.webServer/httpErrors'
  const files = {
    [HOST]: hostConfig({
      server:
        '<httpProtocol lockElements="customHeaders" /><httpRedirect lockAllAttributesExcept="enabled" /><security><requestFiltering lockItem="true" /></security>',
    }),
  }
  const at = 'Default Web Site'
  t.regex(lockOf(files, at, errors, 'defaultPath') ?? '', /attribute defaultPath is locked/)
  t.is(lockOf(files, at, errors, 'errorMode'), null)
  t.regex(
    lockOf(files, at, 'system.webServer/httpProtocol/customHeaders', 'x') ?? '',
    /element customHeaders is locked/,
  )
  t.is(lockOf(files, at, 'system.webServer/httpProtocol', 'allowKeepAlive'), null)
  t.regex(lockOf(files, at, 'system.webServer/httpRedirect', 'destination') ?? '', /destination is locked/)
  t.is(lockOf(files, at, 'system.webServer/httpRedirect', 'enabled'), null)
  t.regex(lockOf(files, at, 'system.webServer/security/requestFiltering') ?? '', /lockItem/)
})

const NAMES = ['a', 'B', 'c', 'D']

/** One child of a rules element; case is turned at random, for names have none. */
const step = fc
  .tuple(fc.constantFrom('add', 'add', 'remove', 'clear'), fc.constantFrom(...NAMES), fc.boolean())
  .map(([is, name, upper]) => ({ is, name: upper ? name.toUpperCase() : name.toLowerCase() }))
const level = fc.array(step, { maxLength: 6 })

function markupOf(steps: readonly { is: string; name: string }[]): string {
  return rules(
    ...steps.map(({ is, name }) => {
      if (is === 'add') return rule(name)
      return is === 'clear' ? '<clear />' : `<remove name="${name}" />`
    }),
  )
}

test('what is left of a collection is what its steps leave, one after another', (t) => {
  fc.assert(
    fc.property(level, level, level, (host, site, own) => {
      const files = {
        [HOST]: hostConfig({ locations: `<location path="Default Web Site">${markupOf(host)}</location>` }),
        [ROOT_WEB]: webConfig(markupOf(site)),
        [ECP_WEB]: webConfig(markupOf(own)),
      }
      let expected: readonly string[] = []
      for (const { is, name } of [...host, ...site, ...own]) {
        if (is === 'add') expected = [...expected, name]
        else if (is === 'clear') expected = []
        else expected = expected.filter((each) => each.toLowerCase() !== name.toLowerCase())
      }
      const found = ruleNames(files, 'Default Web Site/ecp').map((name) => name.replace('^', ''))
      t.deepEqual(found, expected)
    }),
    { numRuns: 150 },
  )
})
