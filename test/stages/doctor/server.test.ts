import test from 'ava'
import type { Examined } from '../../../reconciler/model/examined.ts'
import type { Facts } from '../../../reconciler/model/facts.ts'
import { RECORD_PATH } from '../../../reconciler/model/record.ts'
import { type AnySighting, type Service, seeing, thingKey } from '../../../reconciler/model/thing.ts'
import type { Decision, Verdict } from '../../../reconciler/model/verdict.ts'
import { configurationFindings } from '../../../reconciler/stages/doctor/configuration.ts'
import { decisionFindings } from '../../../reconciler/stages/doctor/decisions.ts'
import { EM_SERVICE, emServiceFindings } from '../../../reconciler/stages/doctor/em-service.ts'
import { exchangeFindings } from '../../../reconciler/stages/doctor/exchange.ts'
import { recordFindings } from '../../../reconciler/stages/doctor/record.ts'
import { sessionFindings } from '../../../reconciler/stages/doctor/session.ts'
import { systemFindings } from '../../../reconciler/stages/doctor/system.ts'
import { recordBytes } from '../../../reconciler/stages/record.ts'
import { HOST } from '../../helpers/embedded-server.ts'
import { flaws, linesOf } from '../../helpers/findings.ts'

const NOON = Date.UTC(2026, 10, 22, 12)

const EXAMINED: Examined = {
  user: 'CONTOSO\\svc-stopgap',
  elevated: true,
  computer: 'EX01',
  powershell: { version: '5.1.20348.2849', edition: 'Desktop' },
  languageMode: 'FullLanguage',
  is64Bit: true,
  clock: NOON,
  universalCrt: true,
  configurationRedirected: null,
  recordFolder: true,
}

const FACTS: Facts = {
  name: 'ex01',
  roles: ['Mailbox'],
  exchange: '15.2.1748.53',
  os: '10.0.20348',
  iis: '10.0',
  urlRewrite: '7.1.1993.2351',
  setup: 'idle',
  maintenance: false,
  eems: { installed: true, enabled: true, applied: [], blocked: [] },
  environment: { windir: 'C:\\Windows' },
}

/** What there is to see, by thing and name; everything else was looked for and is not there. */
function machine(things: readonly (readonly ['file' | 'service', string, unknown])[], facts: Facts = FACTS) {
  const here = (value: unknown) => ({ is: 'here', digest: 'sha256:x', value }) as AnySighting
  const seen = new Map<string, AnySighting>([[thingKey('facts', ''), here(facts)]])
  for (const [thing, name, value] of things)
    seen.set(thingKey(thing, name), here(typeof value === 'string' ? new TextEncoder().encode(value) : value))
  const see = seeing(seen)
  return ((thing, name) => {
    const found = see(thing, name)
    return found.is === 'unknown' ? { is: 'absent' } : found
  }) as typeof see
}

const session = test.macro({
  exec: (t, change: Partial<Examined>, expected: readonly string[]) => {
    t.deepEqual(
      flaws(sessionFindings({ ...EXAMINED, ...change }, { before: NOON - 50, after: NOON + 50 })),
      expected,
    )
  },
  title: (_, change) => `a session with ${JSON.stringify(change)}`,
})

test(session, {}, [])
test(session, { elevated: false }, ['warning user'])
test(session, { elevated: null }, ['warning user'])
test(session, { languageMode: 'ConstrainedLanguage' }, ['failure powershell 1'])
test(session, { is64Bit: false }, ['failure powershell 1'])
test(session, { powershell: { version: '4.0', edition: 'Desktop' } }, ['failure powershell 1'])
test(session, { powershell: { version: '7.6.0-preview.2', edition: 'Core' } }, [])
test(session, { powershell: null, languageMode: null, elevated: null }, [])
test(session, { clock: NOON - 59_000 }, [])
test(session, { clock: NOON - 70_000 }, ['warning clock'])
test(session, { clock: NOON + 3_600_000 }, ['warning clock'])

test('the clock of a server that takes long to answer is not held against it', (t) => {
  const slow = { before: NOON - 300_000, after: NOON + 300_000 }
  t.deepEqual(flaws(sessionFindings(EXAMINED, slow)), [])
  const behind = sessionFindings({ ...EXAMINED, clock: NOON - 7_200_000 }, { before: NOON, after: NOON })
  t.true(linesOf(behind).includes('warning clock: 2 h behind this machine'))
})

const system = test.macro({
  exec: (t, facts: Partial<Facts>, crt: boolean | null, expected: readonly string[]) => {
    const findings = systemFindings({ ...FACTS, ...facts }, { ...EXAMINED, universalCrt: crt })
    t.deepEqual(flaws(findings), expected)
  },
  title: (_, facts, crt) => `a system with ${JSON.stringify(facts)}, runtime ${crt}`,
})

test(system, {}, null, [])
test(system, { os: '6.3.9600' }, true, [])
test(system, { os: '6.3.9600' }, false, ['failure universal-crt 1'])
test(system, { os: '6.3.9600' }, null, ['warning universal-crt'])
test(system, { urlRewrite: null }, null, ['failure url-rewrite 1'])
test(system, { urlRewrite: '7.0.6' }, null, ['failure url-rewrite 1'])
test(system, { roles: ['EdgeTransport'], urlRewrite: null }, null, [])

test('what nobody knows is a warning, never taken for absent', (t) => {
  const { os: _os, iis: _iis, urlRewrite: _rewrite, ...rest } = FACTS
  t.deepEqual(flaws(systemFindings(rest, null)), [
    'warning windows',
    'warning iis',
    'warning url-rewrite',
    'warning universal-crt',
  ])
  const { roles: _roles, exchange: _exchange, setup: _setup, maintenance: _maintenance, ...bare } = rest
  t.deepEqual(flaws(exchangeFindings('ex01', bare, null)), [
    'failure exchange 1',
    'failure roles 1',
    'warning setup',
    'warning maintenance',
  ])
})

test('Windows is called by its name, from its build', (t) => {
  const name = (os: string) => linesOf(systemFindings({ ...FACTS, os }, EXAMINED))[0]
  t.is(name('10.0.17763.6414'), 'ok windows: Windows Server 2019 (10.0.17763.6414)')
  t.is(name('6.2.9200'), 'ok windows: Windows Server 2012 (6.2.9200)')
  t.is(name('6.1.7601'), 'ok windows: Windows 6.1.7601')
})

test('a build is known by its lane, zero-padded or not; another lane is a warning', (t) => {
  const build = (exchange: string) => exchangeFindings('EX01', { ...FACTS, exchange }, null)
  t.is(
    linesOf(build('15.02.1748.053'))[1],
    'ok exchange: Exchange Server 2019 CU15 (15.02.1748.053), lane 15.2.1748',
  )
  t.deepEqual(flaws(build('15.2.2562.53')), [])
  t.deepEqual(flaws(build('15.2.3001.4')), ['warning exchange'])
})

test('another name is a fault of the configuration; Setup and maintenance are told', (t) => {
  const facts: Facts = { ...FACTS, name: 'ex02', setup: 'incomplete', maintenance: true }
  t.deepEqual(flaws(exchangeFindings('ex01', facts, null)), [
    'failure name 3',
    'warning setup',
    'warning maintenance',
  ])
})

const SITES =
  '<configuration><system.applicationHost><sites><site name="Default Web Site" id="1"></site></sites></system.applicationHost></configuration>'
const REDIRECTION = HOST.replace('applicationHost', 'redirection')

const iis = test.macro({
  exec: (
    t,
    files: readonly (readonly ['file', string, string])[],
    expected: RegExp,
    change: Partial<Examined> = {},
  ) => {
    const [finding] = linesOf(configurationFindings(machine(files), FACTS, { ...EXAMINED, ...change }))
    t.regex(finding ?? '', expected)
  },
  title: (given) => `configuration: ${given}`,
})

test('its own', iis, [['file', HOST, SITES]], /^ok configuration: .*applicationHost\.config, with 1 site$/)
test('none', iis, [], /^failure configuration: .* does not exist$/)
test(
  'malformed',
  iis,
  [['file', HOST, '<configuration>']],
  /^failure configuration: .*applicationHost\.config:1:/,
)
test(
  'shared',
  iis,
  [
    ['file', HOST, SITES],
    [
      'file',
      REDIRECTION,
      '<configuration><configurationRedirection enabled="true" path="\\\\fs\\iis" /></configuration>',
    ],
  ],
  /^failure configuration: .*shared and lies in \\\\fs\\iis$/,
)
test(
  'shared, as only the server knows',
  iis,
  [['file', HOST, SITES]],
  /^failure configuration: .*\\\\fs\\iis$/,
  {
    configurationRedirected: '\\\\fs\\iis',
  },
)

const record = test.macro({
  exec: (t, text: string | null, instance: string | null, expected: readonly string[]) => {
    const see = machine(text === null ? [] : [['file', RECORD_PATH, text]])
    t.deepEqual(flaws(recordFindings('ex01', see, { examined: EXAMINED, instance })), expected)
  },
  title: (given) => `record: ${given}`,
})

const OURS = new TextDecoder().decode(
  recordBytes({ version: 1, server: 'ex01', instance: 'mine', owned: {}, made: {} }),
)
test('none', record, null, null, [])
test('ours', record, OURS, 'mine', [])
test('of another instance', record, OURS, 'another', ['warning record'])
test('ours, of a state folder that is gone', record, OURS, null, ['warning record'])
test('damaged', record, OURS.slice(0, 40), 'mine', ['warning record'])
test('newer', record, OURS.replace('"version": 1', '"version": 9'), 'mine', ['failure record 1'])

test('a folder for the record that cannot be written to is a failure', (t) => {
  const examined = { ...EXAMINED, recordFolder: 'access is denied' }
  t.deepEqual(linesOf(recordFindings('ex01', machine([]), { examined, instance: null })), [
    'failure record-folder: access is denied',
    'ok record: none: nothing on this server is ours',
  ])
})

function decision(mitigation: string, verdict: Verdict): Decision {
  return {
    mitigation,
    verdict,
    mode: 'enforce',
    reason: 'because',
    origin: { file: 'a.yaml', line: 1, column: 1 },
    questions: [],
    effect: 'converge',
    applies: true,
    fixed: false,
    keeps: false,
    selected: true,
    harmless: false,
  }
}

const RUNNING: Service = { startType: 'Automatic', status: 'Running', dependsOn: [], dependents: [] }

const emService = test.macro({
  exec: (
    t,
    eems: Facts['eems'] | null,
    {
      service = RUNNING,
      verdicts = {},
    }: { service?: Service | null; verdicts?: Readonly<Record<string, Verdict>> },
    expected: readonly string[],
  ) => {
    const { eems: _, ...rest } = FACTS
    const facts = eems === null || eems === undefined ? rest : { ...rest, eems }
    const see = machine(service === null ? [] : [['service', EM_SERVICE, service]], facts)
    const decisions = Object.entries(verdicts).map(([name, verdict]) => decision(name, verdict))
    t.deepEqual(flaws(emServiceFindings(facts, see, { decisions })), expected)
  },
  title: (given) => `the EM service ${given}`,
})

const ON = { installed: true, enabled: true, applied: ['M1.1', 'M2.1.0'], blocked: [] }
test('is on, and we apply the same', emService, ON, { verdicts: { M1: 'enforced', M2: 'enforced' } }, [])
test('applies what a block forbids', emService, ON, { verdicts: { M1: 'blocked' } }, ['warning em-overlap'])
test('applies what the build fixes', emService, ON, { verdicts: { M2: 'fixed' } }, ['warning em-overlap'])
test(
  'applies M21, which is not M2',
  emService,
  { ...ON, applied: ['M21'] },
  { verdicts: { M2: 'blocked' } },
  [],
)
test(
  'is off, so nothing comes back',
  emService,
  { ...ON, enabled: false },
  { verdicts: { M1: 'blocked' } },
  [],
)
test(
  'has blocked what we enforce',
  emService,
  { ...ON, applied: [], blocked: ['M1'] },
  { verdicts: { M1: 'enforced' } },
  ['warning em-overlap'],
)
test('is on and stopped', emService, ON, { service: { ...RUNNING, status: 'Stopped' } }, [
  'warning em-service',
])
test(
  'is off and stopped',
  emService,
  { ...ON, enabled: false },
  { service: { ...RUNNING, status: 'Stopped' } },
  [],
)
test('is not there', emService, { installed: false }, { service: null, verdicts: { M1: 'blocked' } }, [])
test('is not there, as the list of services says', emService, null, { service: null }, [])
test('is there, and says nothing', emService, null, {}, ['warning em-service'])

test('what nothing can be decided about is a failure, what is unsupported a warning', (t) => {
  const decisions = [decision('M1', 'enforced'), decision('M2', 'unknown'), decision('M3', 'unsupported')]
  const findings = decisionFindings({ decisions, warnings: ['no policy selects the server ex01'] })
  t.deepEqual(linesOf(findings), [
    'ok decisions: mitigations: 1 enforced, 1 unsupported, 1 unknown',
    'failure decisions: M2: because',
    'warning decisions: M3: because',
    'warning decisions: no policy selects the server ex01',
  ])
})
