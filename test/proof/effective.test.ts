import test from 'ava'
import { configuration } from '../../reconciler/iis/configuration.ts'
import { layers } from '../../reconciler/iis/layers.ts'
import { effective, ruleCount } from '../../reconciler/proof/effective.ts'
import {
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

function at(path: string, files: Files) {
  const { see } = machine({ [HOST]: hostConfig(), ...files })
  const read = configuration(see)
  if (read.is === 'unknown') throw new Error(read.why)
  const found = layers(see, read.value, path)
  if (found.is === 'unknown') throw new Error(found.why)
  return effective(found.value, path)
}

function source(path: string, files: Files) {
  const found = at(path, files)
  if (found.is !== 'rules') throw new Error(found.is === 'refused' ? found.fault.what : found.why)
  return found.source
}

const named = (list: readonly { readonly name: string; readonly base: string }[]) =>
  list.map(({ name, base }) => `${name}@${base}`)

test('a section in a file of its own hides its rules, wherever it is inherited', (t) => {
  const away = (section: string) =>
    webConfig(
      `<system.webServer><rewrite><${section} configSource="x.config" /></rewrite></system.webServer>`,
    )
  for (const section of ['rules', 'outboundRules', 'rewriteMaps']) {
    const found = at('Default Web Site/owa', { [ROOT_WEB]: away(section), [OWA_WEB]: webConfig('') })
    t.is(found.is, 'unknown', section)
    if (found.is === 'unknown') t.true(found.why.includes(`<${section}>`))
    t.is(at('Default Web Site', { [ROOT_WEB]: webConfig(''), [OWA_WEB]: away(section) }).is, 'rules')
  }
})

test('rules of levels above come first, each with the folder it was defined for', (t) => {
  const files = { [ROOT_WEB]: webConfig(rules(rule('site'))), [OWA_WEB]: webConfig(rules(rule('owa'))) }
  t.deepEqual(named(source('Default Web Site/owa', files).rules), ['site@', 'owa@owa'])
  t.deepEqual(named(source('Default Web Site', files).rules), ['site@'])
  t.deepEqual(named(source('Default Web Site/owa', files).rules), ['site@', 'owa@owa'])
})

test('a rule in a location belongs to the path of the location, whichever file it stands in', (t) => {
  const inHost = hostConfig({
    locations: `<location path="Default Web Site/owa/auth">${rules(rule('host'))}</location>`,
  })
  const inSite = webConfig(`<location path="owa/auth">${rules(rule('site'))}</location>`)
  const files = { [HOST]: inHost, [ROOT_WEB]: inSite }
  t.deepEqual(named(source('Default Web Site/owa/auth', files).rules), ['host@owa/auth', 'site@owa/auth'])
  t.deepEqual(named(source('Default Web Site/owa', files).rules), [])
})

test('clear and remove take rules away, disabled ones do not count', (t) => {
  const off = '<rule name="off" enabled="false"><match url=".*" /><action type="None" /></rule>'
  const root = { [ROOT_WEB]: webConfig(rules(rule('a'), rule('b'), off)) }
  t.deepEqual(named(source('Default Web Site', root).rules), ['a@', 'b@'])
  const removed = { ...root, [OWA_WEB]: webConfig(rules('<remove name="a" />', rule('c'))) }
  t.deepEqual(named(source('Default Web Site/owa', removed).rules), ['b@', 'c@owa'])
  const cleared = { ...root, [OWA_WEB]: webConfig(rules('<clear />', rule('a'))) }
  t.deepEqual(named(source('Default Web Site/owa', cleared).rules), ['a@owa'])
})

test('a location that does not inherit stops at the next application', (t) => {
  const only = `<location path="." inheritInChildApplications="false">${rules(rule('own'))}</location>`
  const files = { [ROOT_WEB]: webConfig(only) }
  t.deepEqual(named(source('Default Web Site', files).rules), ['own@'])
  t.deepEqual(named(source('Default Web Site/owa', files).rules), [])
})

test('global rules are those of the server alone, and stand for every site', (t) => {
  const globalRules = `<rewrite><globalRules>${rule('g')}</globalRules></rewrite>`
  const files = { [HOST]: hostConfig({ server: globalRules }), [ROOT_WEB]: webConfig(rules(rule('a'))) }
  const found = source('Exchange Back End/ecp', files)
  t.deepEqual([named(found.globalRules), named(found.rules)], [['g@'], []])
  t.is(ruleCount(source('Default Web Site', files)), 2)
})

test('maps, tags, pre-conditions and allowed variables', (t) => {
  const markup = `<system.webServer><rewrite>
    <rewriteMaps><rewriteMap name="M" defaultValue="d" ignoreCase="false">
      <add key="a" value="1" /><add key="b" value="2" /><remove key="a" /><add key="&amp;" /></rewriteMap></rewriteMaps>
    <outboundRules>
      <rule name="o" preCondition="Page"><match filterByTags="A, CustomTags" customTags="Mine" pattern="x" /><action type="Rewrite" value="y" /></rule>
      <preConditions><preCondition name="page"><add input="{RESPONSE_CONTENT_TYPE}" pattern="html" /></preCondition></preConditions>
      <customTags><tags name="Mine"><tag name="video" attribute="src" /></tags></customTags>
    </outboundRules></rewrite></system.webServer>`
  const allowed = `<location path="Default Web Site"><system.webServer><rewrite><allowedServerVariables><add name="HTTP_X" /></allowedServerVariables></rewrite></system.webServer></location>`
  const found = source('Default Web Site', {
    [HOST]: hostConfig({ locations: allowed }),
    [ROOT_WEB]: webConfig(markup),
  })
  t.deepEqual(found.rewriteMaps, [
    {
      name: 'M',
      defaultValue: 'd',
      ignoreCase: false,
      entries: [
        ['b', '2'],
        ['&', ''],
      ],
    },
  ])
  t.deepEqual(found.customTags, { mine: [{ name: 'video', attribute: 'src' }] })
  t.deepEqual(found.allowedServerVariables, ['HTTP_X'])
  t.like(found.outboundRules[0]?.fields, { preCondition: { logicalGrouping: 'MatchAll' } })
})

test('a rule that IIS refuses is a fault with its place', (t) => {
  const bad = '<rule name="bad"><match url=".*" ignoreCase="perhaps" /><action type="None" /></rule>'
  const found = at('Default Web Site/owa', { [ROOT_WEB]: webConfig(rules(rule('a'), bad)) })
  t.is(found.is, 'refused')
  if (found.is !== 'refused') return
  t.like(found.fault, { file: ROOT_WEB, line: 5, code: '0x8007000d' })
  t.regex(found.fault.what, /'bad' is not valid: ignoreCase/)
})

test('a pre-condition that is not there is a fault too', (t) => {
  const markup = `<system.webServer><rewrite><outboundRules><rule name="o" preCondition="gone"><match pattern="x" /><action type="None" /></rule></outboundRules></rewrite></system.webServer>`
  const found = at('Default Web Site', { [ROOT_WEB]: webConfig(markup) })
  t.regex(found.is === 'refused' ? found.fault.what : '', /no pre-condition gone/)
})
