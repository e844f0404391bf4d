import test from 'ava'
import { adviceOf } from '../../reconciler/model/advice.ts'
import { HELD_REASONS } from '../../reconciler/model/resource.ts'
import type { JournalLine } from '../../reconciler/model/store.ts'
import { applyText } from '../../reconciler/reporters/text/apply.ts'
import { explainText } from '../../reconciler/reporters/text/explain.ts'
import { journalText } from '../../reconciler/reporters/text/journal.ts'
import { colours, plain } from '../../reconciler/reporters/text/paint.ts'
import { makePatch } from '../../reconciler/reporters/text/patch.ts'
import { planText } from '../../reconciler/reporters/text/plan.ts'
import { statusText } from '../../reconciler/reporters/text/status.ts'
import { diagnosticsText, troubleText } from '../../reconciler/reporters/text/trouble.ts'
import {
  change,
  held,
  mitigation,
  NOW,
  PLAN_ID,
  plan,
  REVISION,
  report,
  resource,
  variedStatus,
} from '../helpers/reports.ts'

const FILE = 'C:\\inetpub\\wwwroot\\web.config'
const ESCAPE = '\u001b'

function planned(of: Parameters<typeof report>[0]) {
  return { revision: REVISION, id: `sha256:${'ab'.repeat(32)}`, servers: [report(of)] }
}

test('a plan shows verb, cause, resource, what becomes of it, what restarts, and the XML', (t) => {
  const patch = makePatch(FILE, '<a>\n</a>\n', '<a>\n  <rule />\n</a>\n')
  const text = planText(planned({ plan: plan([change()], [], [{ file: FILE, patch }]) }), plain)
  t.regex(
    text,
    /\+ put rewrite-rule:Default Web Site:PowerShell - inbound {2}\(pending: the repository moved\)/,
  )
  t.regex(text, /absent → pattern \.\*, stopProcessing true/)
  t.regex(text, /restarts Default Web Site\/owa/)
  t.regex(text, /^ {4}\+ {2}<rule \/>$/m)
  t.regex(text, /^ {4}--- C:\\inetpub\\wwwroot\\web\.config$/m)
  t.regex(text, /1 change on 1 server\./)
  t.regex(text, /stopgap apply --plan sha256:(ab){32}/)
})

test('many applications below one site are counted, few are named', (t) => {
  const below = ['owa', 'ecp', 'EWS', 'API'].map((name) => `Default Web Site/${name}`)
  const impact = {
    stops: ['Default Web Site', ...below],
    restarts: ['Exchange Back End', 'Exchange Back End/owa'],
  }
  const text = planText(planned({ plan: plan([change({ impact })]) }), plain)
  t.regex(text, /stops Default Web Site and 4 applications below it\n/)
  t.regex(text, /restarts Exchange Back End, Exchange Back End\/owa\n/)
})

test('fields that move are shown one by one, the others are not', (t) => {
  const moved = change({
    before: { status: 'Running', startType: 'Automatic' },
    after: { status: 'Stopped', startType: 'Automatic' },
  })
  const text = planText(planned({ plan: plan([moved]) }), plain)
  t.regex(text, /~ put/)
  t.regex(text, /^ {6}status: Running → Stopped$/m)
  t.false(text.includes('startType'))
})

test('a held change says why and what to do, with the id of its plan', (t) => {
  const text = planText(planned({ plan: plan([], [held()]) }), plain)
  t.regex(text, /! held unprotects undo/)
  t.true(text.includes('M1 is the last one'))
  t.true(text.includes(`stopgap allow ${PLAN_ID}`))
  t.regex(text, /Nothing to change, 1 held\./)
  t.false(text.includes('apply --plan'))
})

test('every reason has an advice, and only what allow releases names it', (t) => {
  const named = HELD_REASONS.filter((reason) => adviceOf(reason, 'ID').endsWith('stopgap allow ID'))
  t.deepEqual(named, ['limit', 'unprotects', 'fight', 'expired', 'rollout'])
})

test('the checklist is shown before a first apply only', (t) => {
  const checklists = new Map([['M1', ['Nobody uses OWA Light']]])
  const text = (owned: boolean) =>
    planText(
      planned({ plan: plan([change()]), mitigations: [mitigation({ resources: [resource({ owned })] })] }),
      plain,
      checklists,
    )
  t.regex(text(false), /Before the first apply, check:\n {2}\[ \] M1 Nobody uses OWA Light/)
  t.false(text(true).includes('OWA Light'))
})

test('an empty plan says so', (t) => {
  t.regex(planText(planned({}), plain), /nothing to do: 1 enforced/)
})

test('a server that could not be looked at is counted, and not as one with nothing to change', (t) => {
  const text = planText(planned({ result: 'failed' }), plain)
  t.regex(text, /Nothing to change, 1 server failed\./)
})

test('apply says what became of each change', (t) => {
  const outcome = [
    { key: 'service::A', verb: 'put', cause: 'drift', result: 'applied' },
    { key: 'service::B', verb: 'undo', cause: 'pending', result: 'failed', error: 'access denied' },
  ] as const
  const text = applyText(planned({ result: 'failed', outcome }), plain)
  t.regex(text, /applied put service::A {2}\(drift: the server moved away\)/)
  t.regex(text, /failed undo service::B.*\n {6}access denied/)
  t.regex(text, /1 change applied, 1 not, 1 server failed\./)
})

test('status shows source, age, verdicts and what is wrong, without secrets', (t) => {
  const text = statusText(variedStatus(), plain)
  t.regex(text, /revision {2}main@sha1:\w+ of 2026-06-30 12:00:00Z {2}UNSIGNED/)
  t.regex(text, /fetched {3}20 s ago/)
  t.regex(text, /fetch fails \(dns\) since 10 min ago, 12 times/)
  t.regex(text, /refused \(invalid\): main@sha1:dead/)
  t.regex(text, /^ex01 +converged +3 min ago +15\.1\.2507\.6$/m)
  t.regex(
    text,
    /^ex02\.contoso\.example +M1 +critical +enforced +drifted +EXPOSED +selected by policy baseline; the rule is gone$/m,
  )
  t.regex(text, /^ex05 +not looked at yet$/m)
  t.regex(text, /^ex02\.contoso\.example\n {2}! held unprotects undo/m)
  t.false(text.includes('hunter22'))
})

test('explain shows every question with its place, owned values and the newest backup', (t) => {
  const text = explainText(
    {
      server: 'ex01',
      mitigation: mitigation(),
      revision: REVISION,
      at: NOW - 5000,
      now: NOW,
      owned: {
        'service::X': {
          kind: 'service',
          mitigations: ['M1'],
          spec: null,
          before: { fields: { status: 'Running' } },
          want: { status: 'Running' },
          was: { status: 'Stopped' },
          revision: REVISION,
          settled: false,
        },
      },
      backup: { file: FILE, path: 'backups/1', at: NOW },
    },
    plain,
  )
  t.regex(text, /decided {3}policies\/baseline\.yaml:4/)
  t.regex(
    text,
    /fixed +Has the build the fix\? +no, 15\.1\.2507\.6 is below 15\.1\.2507\.16 +mitigations\/m1\.yaml:12/,
  )
  t.regex(text, /→ +enforced/)
  t.regex(text, /before {2}status Running\n {2}set {5}status Stopped/)
  t.regex(text, /backup {4}backups\/1 of C:\\inetpub/)
})

test('the journal in words', (t) => {
  const about = { at: '2026-07-01T12:00:00Z', revision: 'main@sha1:1', actor: 'daemon' }
  const lines: readonly JournalLine[] = [
    {
      ...about,
      is: 'plan',
      server: 'ex01',
      id: 'sha256:p',
      changes: [],
      held: [{ verb: 'undo', key: 'k', cause: 'pending', held: 'limit' }],
    },
    {
      ...about,
      is: 'change',
      server: 'ex01',
      plan: 'p',
      verb: 'put',
      key: 'k',
      cause: 'drift',
      mitigations: ['M1'],
      reason: 'selected',
      result: 'applied',
    },
    { ...about, is: 'revision', from: null, reason: 'newest' },
    { ...about, is: 'refused', reason: 'empty' },
    { ...about, is: 'allow', plan: 'p', server: 'ex01', changes: ['c'] },
    { ...about, is: 'accept' },
    { ...about, is: 'take-over', server: 'ex01', from: 'other' },
  ]
  const text = journalText(lines, plain).split('\n')
  t.is(text.length, lines.length)
  t.is(
    text[0],
    '2026-07-01T12:00:00Z ex01 planned 0 changes, held: k (limit); plan sha256:p (daemon, main@sha1:1)',
  )
  t.is(
    text[1],
    '2026-07-01T12:00:00Z ex01 applied put k for M1 because the server moved away (selected) (daemon, main@sha1:1)',
  )
  t.regex(text[3] ?? '', /refused main@sha1:1: empty/)
})

test('the journal counts what is only audited, and shortens commits', (t) => {
  const revision = `main@sha1:${'0123456789'.repeat(4)}`
  const one = { verb: 'put', key: 'k', cause: 'pending' } as const
  const held = [
    { ...one, held: 'audit: only audited' },
    { ...one, key: 'l', held: 'limit: 6' },
  ]
  const about = { at: '2026-07-01T12:00:00Z', revision, actor: 'daemon', server: 'ex01', id: 'p' }
  const text = journalText([{ ...about, is: 'plan', changes: [], held }], plain)
  t.is(
    text,
    '2026-07-01T12:00:00Z ex01 planned 0 changes, held: l (limit: 6), only audited: 1; plan p (daemon, main@sha1:012345678901)',
  )
})

test('faults are file:line:column, with counts', (t) => {
  const fault = { file: 'a.yaml', line: 3, column: 9, message: 'M9 does not exist.' }
  const text = diagnosticsText(
    [
      { ...fault, severity: 'error' },
      { ...fault, severity: 'warning' },
    ],
    plain,
  )
  t.is(
    text,
    'a.yaml:3:9: error: M9 does not exist.\na.yaml:3:9: warning: M9 does not exist.\n1 error, 1 warning',
  )
  t.is(diagnosticsText([], plain), '0 errors, 0 warnings')
})

test('an error is its message and its hint, without secrets', (t) => {
  const text = troubleText(
    { code: 'FETCH_DENIED', message: 'https://x:topsecret@h/ said no', hint: 'Check the token.' },
    plain,
  )
  t.is(text, 'error FETCH_DENIED: https://***@h/ said no\n  Check the token.')
})

test('no text from outside steers the terminal', (t) => {
  const hostile = `x${ESCAPE}]0;owned\u0007\r\n\u202e`
  const servers = [
    report({
      server: hostile,
      warnings: [hostile],
      error: { code: 'X', message: hostile, hint: hostile },
      mitigations: [
        mitigation({
          name: hostile,
          title: hostile,
          reason: hostile,
          resources: [resource({ key: hostile, reason: hostile })],
        }),
      ],
      plan: plan(
        [
          change({
            key: hostile,
            mitigations: [hostile],
            before: { [hostile]: hostile },
            after: { [hostile]: 1 },
            impact: { stops: [hostile], restarts: [hostile] },
          }),
        ],
        [held({ detail: hostile })],
        [{ file: hostile, patch: makePatch('f', '', `${ESCAPE}[2J\r\n`) }],
      ),
      outcome: [{ key: hostile, verb: 'put', cause: 'drift', result: 'failed', error: hostile }],
    }),
  ]
  const run = { revision: hostile, id: 'id', servers }
  const status = { ...variedStatus(), revision: hostile, servers, waiting: [hostile] }
  const checks = new Map([[hostile, [hostile]]])
  for (const text of [planText(run, plain, checks), applyText(run, plain), statusText(status, plain)]) {
    for (const char of [ESCAPE, '\u0007', '\r', '\u202e']) t.false(text.includes(char))
  }
})

test('colours are there when asked for, and take nothing but themselves', (t) => {
  const run = planned({ plan: plan([change()], [held()]) })
  const coloured = planText(run, colours)
  t.true(coloured.includes(ESCAPE))
  t.is(coloured.replaceAll(new RegExp(`${ESCAPE}\\[\\d+m`, 'g'), ''), planText(run, plain))
})
