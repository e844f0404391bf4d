import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { schemaFaults } from '../../reconciler/formats/schema.ts'
import { attribute, type Element, parseText } from '../../reconciler/iis/document.ts'
import { wellFormed } from '../../reconciler/iis/wellformed.ts'
import { cli } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { mitigation, SOUND } from '../helpers/policy.ts'
import { SARIF_SUBSET } from '../helpers/sarif-schema.ts'
import { inboundRule, testLines } from '../helpers/tryout.ts'

const rule = (name: string): string => inboundRule(name, '^evil', '{ type: AbortRequest }').trimEnd()
const GOOD = mitigation('Good', testLines(['GET /evil', 'blocked'], ['GET /owa/', 'passed']), rule('stop'))
const FAILING = mitigation(
  'Failing',
  testLines(['GET /evil', 'passed'], ['GET /owa/?a=<b>', 'blocked']),
  rule('halt'),
)
// The whole of Outlook on the web.
const WIDE = mitigation('Wide', '', inboundRule('wide', '^owa/', '{ type: AbortRequest }').trimEnd())

async function policy(t: ExecutionContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder(t)
  for (const [path, text] of Object.entries({ ...SOUND, ...files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

test('all as expected: 0, and a line for each mitigation', async (t) => {
  const folder = await policy(t, { 'mitigations/good.yaml': GOOD })
  const { code, stdout, stderr } = await cli(folder, 'test')
  t.is(code, 0, stdout + stderr)
  t.is(stderr, '')
  t.regex(
    stdout,
    /^Good {2}passed {2}2 of 2 tests; \d{3} ordinary requests, none affected {2}\(Exchange 15\.2\.2562\.17\)$/m,
  )
  t.regex(stdout, /^Sound {2}passed {2}no rules to test; \d{3} ordinary requests, none affected/m)
  t.regex(stdout, /^2 mitigations, 2 tests passed, 0 failed, 0 warnings$/m)
})

test('a failed test: 2, with everything that is needed to understand it', async (t) => {
  const folder = await policy(t, { 'mitigations/good.yaml': GOOD, 'mitigations/failing.yaml': FAILING })
  const { code, stdout } = await cli(folder, 'test', '.')
  t.is(code, 2)
  t.true(
    stdout.includes(`  mitigations/failing.yaml:14:7: test-failed: Failing: test 1
    request   GET /evil
    expected  passed: the request arrives unchanged in meaning
    happened  the connection is cut
    because   the rule 'Stopgap Failing halt' matched
  mitigations/failing.yaml:17:7: test-failed: Failing: test 2
    request   GET /owa/?a=<b>
    expected  blocked: the connection is cut, or the answer is an error
    happened  it passes
    because   none of the rules at Default Web Site/owa matched: 'Stopgap Failing halt', since the URL does not match '^evil'
`),
    stdout,
  )
  t.regex(stdout, /^3 mitigations, 2 tests passed, 2 failed, 0 warnings$/m)
})

test('a rule that stops ordinary traffic: 2, the first three in full and the others counted', async (t) => {
  const folder = await policy(t, { 'mitigations/wide.yaml': WIDE })
  const { code, stdout } = await cli(folder, 'test')
  t.is(code, 2)
  t.is(stdout.match(/^ {2}mitigations\/wide\.yaml:8:7: false-positive: Wide: /gm)?.length, 3)
  t.regex(stdout, /^ {2}and \d+ more of false-positive; --json lists all$/m)
  t.regex(stdout, /^Rules without any test: Wide$/m)
  const declared = `  sideEffects: [{ text: No Outlook on the web., requests: ['* /owa/*'] }]\n`
  await writeFile(
    join(folder, 'mitigations/wide.yaml'),
    WIDE.replace('  permanent:', `${declared}  permanent:`),
  )
  const again = await cli(folder, 'test')
  t.is(again.code, 0, again.stdout)
  t.regex(again.stdout, /^Wide {2}passed {2}no tests; \d+ ordinary requests, \d+ affected, as declared /m)
})

test('only what was asked for; a name that nobody has is a slip', async (t) => {
  const folder = await policy(t, { 'mitigations/good.yaml': GOOD, 'mitigations/failing.yaml': FAILING })
  t.is((await cli(folder, 'test', '--mitigation', 'good')).code, 0)
  const { code, stderr } = await cli(folder, 'test', '--mitigation', 'goood')
  t.is(code, 3)
  t.regex(stderr, /no mitigation is called goood/)
})

test('a folder that does not validate: 3, and its faults everywhere', async (t) => {
  const folder = await policy(t, { 'mitigations/bad.yaml': GOOD.replace('severity: low', 'severity: huge') })
  const { code, stdout } = await cli(folder, 'test', '--sarif', 'out.sarif', '--junit', 'out.xml')
  t.is(code, 3)
  t.regex(stdout, /^mitigations\/bad\.yaml:6:13: error: /m)
  const log = JSON.parse(await readFile(join(folder, 'out.sarif'), 'utf8'))
  t.deepEqual(schemaFaults(SARIF_SUBSET, log), [])
  t.like(log.runs[0].results[0], { ruleId: 'invalid', level: 'error' })
  const xml = await readFile(join(folder, 'out.xml'), 'utf8')
  t.is(wellFormed(xml), null)
  t.regex(xml, /<testsuite name="validate" tests="1" failures="1"/)
  const json = await cli(folder, 'test', '--json')
  t.like(JSON.parse(json.stdout), { valid: false, passed: false, mitigations: [] })
})

test('JSON has every result', async (t) => {
  const folder = await policy(t, { 'mitigations/failing.yaml': FAILING })
  const { code, stdout } = await cli(folder, 'test', '--json')
  t.is(code, 2)
  const { valid, passed, counts, mitigations } = JSON.parse(stdout)
  t.deepEqual([valid, passed, counts], [true, false, { passed: 0, failed: 2, warnings: 0 }])
  const failing = mitigations.find((one: { name: string }) => one.name === 'Failing')
  t.like(failing, { build: '15.2.2562.17', rules: 1, tests: 2 })
  t.deepEqual(failing.results[0], {
    code: 'test-failed',
    level: 'error',
    name: 'test 1',
    origin: { file: 'mitigations/failing.yaml', line: 14, column: 7 },
    request: 'GET /evil',
    expected: 'passed: the request arrives unchanged in meaning',
    happened: 'the connection is cut',
    because: "the rule 'Stopgap Failing halt' matched",
  })
})

test('JUnit has a case for every test, and the failures in full', async (t) => {
  const folder = await policy(t, { 'mitigations/good.yaml': GOOD, 'mitigations/failing.yaml': FAILING })
  t.is((await cli(folder, 'test', '--junit', 'out.xml')).code, 2)
  const xml = await readFile(join(folder, 'out.xml'), 'utf8')
  t.is(wellFormed(xml), null)
  const read = parseText(xml)
  if (read.is !== 'document') return t.fail(read.why)
  t.deepEqual(
    read.root.children.map((suite: Element) => [
      attribute(suite, 'name'),
      attribute(suite, 'tests'),
      attribute(suite, 'failures'),
    ]),
    [
      ['Failing', '3', '2'],
      ['Good', '3', '0'],
      ['Sound', '1', '0'],
    ],
  )
  t.true(xml.includes('request: GET /owa/?a=&lt;b&gt;'))
})

test('SARIF has its paths from where the command runs', async (t) => {
  const folder = await policy(t, { 'mitigations/failing.yaml': FAILING })
  const above = dirname(folder)
  const name = folder.slice(above.length + 1)
  t.is((await cli(above, 'test', name, '--sarif', join(folder, 'out.sarif'))).code, 2)
  const log = JSON.parse(await readFile(join(folder, 'out.sarif'), 'utf8'))
  t.deepEqual(schemaFaults(SARIF_SUBSET, log), [])
  const [first] = log.runs[0].results
  t.is(first.ruleId, 'test-failed')
  t.is(log.runs[0].tool.driver.rules[first.ruleIndex].id, 'test-failed')
  t.deepEqual(first.locations[0].physicalLocation, {
    artifactLocation: { uri: `${name}/mitigations/failing.yaml`, uriBaseId: '%SRCROOT%' },
    region: { startLine: 14, startColumn: 7 },
  })
})

test('a report that cannot be written is an error of its own', async (t) => {
  const folder = await policy(t, { 'mitigations/good.yaml': GOOD })
  const { code, stderr } = await cli(folder, 'test', '--junit', 'no/such/folder/out.xml')
  t.is(code, 1)
  t.regex(
    stderr,
    /REPORT_UNWRITABLE: the report no\/such\/folder\/out\.xml cannot be written: no such file or directory/,
  )
})
