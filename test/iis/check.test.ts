import test from 'ava'
import { type Fault, faults, newFaults } from '../../reconciler/iis/check.ts'
import { effort } from '../helpers/effort.ts'
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

const CLOSED = 'path="." inheritInChildApplications="false"'
const OUTBOUND =
  '<system.webServer><rewrite><outboundRules><rule name="Stopgap M2"><match serverVariable="RESPONSE_A" pattern="(.*)" /><action type="Rewrite" value="x" /></rule></outboundRules></rewrite></system.webServer>'

function judged(files: Files, ...touched: readonly string[]): readonly Fault[] {
  return faults(machine({ [HOST]: hostConfig(), ...files }).see, touched)
}

/** Path, code and first words of each fault. */
function brief(found: readonly Fault[], words = 4): readonly string[] {
  return found.map(({ path, code, what }) => `${path}: ${code} ${what.split(' ').slice(0, words).join(' ')}`)
}

test('a sound server has no faults', (t) => {
  const files = {
    [ROOT_WEB]: webConfig(rules(rule('a'))),
    [OWA_WEB]: webConfig(`<location ${CLOSED}>${OUTBOUND}</location>`),
  }
  t.deepEqual(judged(files, HOST, ROOT_WEB, OWA_WEB), [])
})

test('applications on one folder read a rule in its file twice', (t) => {
  const found = judged({ [OWA_WEB]: webConfig(OUTBOUND) }, OWA_WEB)
  t.deepEqual(
    found.map(({ path, code }) => [path, code]),
    ['Calendar', 'Integrated', 'oma'].map((name) => [`Default Web Site/owa/${name}`, '0x800700b7']),
  )
  t.like(found[0], { file: OWA_WEB, line: 3 })
  t.regex(
    found[0]?.what ?? '',
    /^Cannot add duplicate collection entry of type 'rule' with unique key attribute 'name' set to 'Stopgap M2'/,
  )
})

test('inside its location that no child application inherits, it is read once', (t) => {
  t.deepEqual(judged({ [OWA_WEB]: webConfig(`<location ${CLOSED}>${OUTBOUND}</location>`) }, OWA_WEB), [])
  const open = judged({ [OWA_WEB]: webConfig(`<location path=".">${OUTBOUND}</location>`) }, OWA_WEB)
  t.is(open.length, 3, 'a location that is inherited does not help')
})

test('a clear in front of the rule saves the applications on one folder as well', (t) => {
  t.deepEqual(judged({ [OWA_WEB]: webConfig(OUTBOUND.replace('<rule ', '<clear /><rule ')) }, OWA_WEB), [])
})

test('in a location of applicationHost.config it is read once too', (t) => {
  const locations = `<location path="Default Web Site/owa">${OUTBOUND}</location>`
  t.deepEqual(judged({ [HOST]: hostConfig({ locations }) }, HOST), [])
})

test('a name that a level above has already', (t) => {
  const files = { [ROOT_WEB]: webConfig(rules(rule('Same'))), [ECP_WEB]: webConfig(rules(rule('same'))) }
  t.deepEqual(brief(judged(files, ROOT_WEB)), [
    'Default Web Site/ecp: 0x800700b7 Cannot add duplicate collection',
  ])
  const removed = { ...files, [ECP_WEB]: webConfig(rules('<remove name="SAME" />', rule('same'))) }
  t.deepEqual(judged(removed, ROOT_WEB), [])
})

test('two rules of one name on one level', (t) => {
  const found = judged({ [ROOT_WEB]: webConfig(rules(rule('a'), rule('b'), rule('A'))) }, ROOT_WEB)
  t.deepEqual(brief(found), ['Default Web Site: 0x800700b7 Cannot add duplicate collection'])
  t.is(found[0]?.line, 6)
})

test('sections that are not declared: the module is not installed', (t) => {
  const found = judged(
    { [HOST]: hostConfig({ rewrite: false }), [ROOT_WEB]: webConfig(rules(rule('a'))) },
    ROOT_WEB,
  )
  t.is(found[0]?.code, '0x8007000d')
  t.regex(found[0]?.what ?? '', /'system\.webServer\/rewrite' cannot be read because it is missing/)
})

test('sections of .NET and sections that the file declares are none of our business', (t) => {
  const declared =
    '<configSections><sectionGroup name="system.webServer"><section name="own" type="x" /></sectionGroup></configSections><system.webServer><own a="b" /></system.webServer><system.web><anything /></system.web><appSettings />'
  t.deepEqual(judged({ [ROOT_WEB]: webConfig(declared) }, ROOT_WEB), [])
})

test('locked sections, attributes and entries', (t) => {
  const inside = (markup: string) =>
    judged({ [ROOT_WEB]: webConfig(`<system.webServer>${markup}</system.webServer>`) }, ROOT_WEB)
  const cannot = ['Default Web Site: 0x80070021 This configuration section cannot']
  t.deepEqual(brief(inside('<security><access sslFlags="Ssl" /></security>')), cannot)
  t.deepEqual(
    brief(
      inside('<rewrite><allowedServerVariables><add name="HTTP_X" /></allowedServerVariables></rewrite>'),
    ),
    cannot,
  )
  t.deepEqual(brief(inside('<rewrite><globalRules /></rewrite>')), cannot)
  t.deepEqual(brief(inside('<httpErrors defaultPath="x" />')), cannot)
  t.deepEqual(inside('<httpErrors errorMode="Custom" />'), [])
  t.deepEqual(brief(inside('<modules><remove name="RewriteModule" /></modules>'), 2), [
    'Default Web Site: 0x80070021 Lock violation:',
  ])
  t.deepEqual(inside('<modules><remove name="RequestFilteringModule" /></modules>'), [])
})

test('a section for roots of applications below one', (t) => {
  const locations =
    '<location path="Default Web Site/owa/auth"><system.webServer><modules /></system.webServer></location>'
  const [fault] = judged({ [HOST]: hostConfig({ locations }) }, HOST)
  t.like(fault, { path: 'Default Web Site/owa/auth', code: '0x80070021' })
  t.regex(fault?.what ?? '', /root of an application/)
})

const alone = test.macro<[string, RegExp]>({
  exec(t, markup, expected) {
    const [fault, ...others] = judged({ [ECP_WEB]: webConfig(markup) }, ECP_WEB)
    t.regex(fault?.what ?? 'no fault', expected)
    t.like(fault, { path: 'Default Web Site/ecp', file: ECP_WEB })
    t.deepEqual(others, [])
  },
  title: (_, markup) => `by itself: ${markup}`,
})

test(
  alone,
  rules('<rule name="a" patternSyntax="Regular Expressions" />'),
  /'patternSyntax' attribute is invalid/,
)
test(alone, rules('<rule name="a" stop="true" />'), /Unrecognized attribute 'stop'/)
test(alone, rules('<rule name="a"><conditions><clear /></conditions></rule>'), /Unrecognized element 'clear'/)
test(alone, rules('<rule><match url="x" /></rule>'), /Missing required attribute 'name'/)
test(alone, rules('<remove />'), /Missing required attribute 'name'/)
test(alone, rules() + rules(), /duplicate 'system\.webServer\/rewrite\/rules' section/)
test(
  alone,
  `${rules()}<location path="">${rules()}</location>`,
  /duplicate 'system\.webServer\/rewrite\/rules' section/,
)
test(
  alone,
  `<location path="A">${rules()}</location><location path="a/">${rules()}</location>`,
  /duplicate '/,
)
test(alone, '<location path="a" overrideMode="Allow" allowOverride="true" />', /not both/)
test(alone, '<appSettings /><configSections />', /Only one <configSections>/)
test(
  alone,
  rules('<rule name="a"><serverVariables><set name="X" /><set name="x" /></serverVariables></rule>'),
  /duplicate collection entry of type 'set'/,
)

test('two groups side by side with different sections are fine', (t) => {
  const markup = `${rules(rule('a'))}<system.webServer><httpErrors /></system.webServer>`
  t.deepEqual(judged({ [ECP_WEB]: webConfig(markup) }, ECP_WEB), [])
})

test('conditions may be equal in rules, not in globalRules', (t) => {
  const twice =
    '<rule name="a"><match url="x" /><conditions><add input="a" pattern="b" /><add input="a" pattern="b" negate="False" /></conditions></rule>'
  t.deepEqual(judged({ [ECP_WEB]: webConfig(rules(twice)) }, ECP_WEB), [])
  const server = `<rewrite><globalRules>${twice}</globalRules></rewrite>`
  t.deepEqual(brief(judged({ [HOST]: hostConfig({ server }) }, HOST)), [
    ': 0x800700b7 Cannot add duplicate collection',
  ])
})

test('a location in a web.config is judged at its own path', (t) => {
  const files = {
    [ROOT_WEB]: webConfig(rules(rule('a'))),
    [ECP_WEB]: webConfig(`<location path="ping.ecp">${rules(rule('A'))}</location>`),
  }
  t.deepEqual(brief(judged(files, ECP_WEB)), [
    'Default Web Site/ecp/ping.ecp: 0x800700b7 Cannot add duplicate collection',
  ])
})

test('malformed files, with their place', (t) => {
  const found = judged({ [ROOT_WEB]: '<configuration>\n<a></b></configuration>' }, ROOT_WEB)
  t.like(found[0], { path: 'Default Web Site', line: 2, column: 4, code: '0x8007000d' })
  t.regex(found[0]?.what ?? '', /not well-formed/)
  const host = faults(machine({ [HOST]: '<configuration>' }).see, [HOST])
  t.like(host[0], { path: '', file: HOST })
})

test('a plain folder that no configuration names is judged as well', (t) => {
  const file = ECP_WEB.replace('web.config', 'scripts\\web.config')
  const files = { [ROOT_WEB]: webConfig(rules(rule('a'))), [file]: webConfig(rules(rule('a'))) }
  t.deepEqual(brief(judged(files, file)), [
    'Default Web Site/ecp/scripts: 0x800700b7 Cannot add duplicate collection',
  ])
})

test('only what a change brings is new, wherever it moved', (t) => {
  const old = { [HOST]: hostConfig(), [ROOT_WEB]: webConfig(rules(rule('a'), rule('a'))) }
  const moved = { ...old, [ROOT_WEB]: webConfig(rules(rule('first'), rule('a'), rule('a'))) }
  const worse = { ...old, [ROOT_WEB]: webConfig(rules(rule('a'), rule('a'), rule('a'))) }
  const before = machine(old).see
  t.is(newFaults(before, machine(moved).see, [ROOT_WEB]).length, 0)
  t.is(newFaults(before, machine(worse).see, [ROOT_WEB]).length, 1)
  t.is(newFaults(machine(worse).see, before, [ROOT_WEB]).length, 0)
  t.is(newFaults(before, machine({ ...old, [ROOT_WEB]: '<' }).see, [ROOT_WEB]).length, 1)
})

test('what nobody has looked at yet is asked for and not judged', (t) => {
  const { see, asked } = machine({
    [HOST]: hostConfig(),
    [ROOT_WEB]: webConfig(rules(rule('a'))),
    [ECP_WEB]: null,
  })
  t.deepEqual(faults(see, [ROOT_WEB]), [])
  const names = asked.map(({ name }) => name)
  t.true([ECP_WEB, OWA_WEB].every((file) => names.includes(file)))
})

test('a file of some megabytes is judged in time, faults and all', (t) => {
  const many = Array.from({ length: 20_000 }, (_, index) => `${rule(`r${index}`)}<remove name="R${index}" />`)
  const twice = Array.from({ length: 5_000 }, () => rule('same'))
  const { see } = machine({ [HOST]: hostConfig(), [ECP_WEB]: webConfig(rules(...many, ...twice)) })
  const took = effort(() => t.is(faults(see, [ECP_WEB]).length, 4_999))
  t.true(took < 5_000, `${took} ms`)
})
