import type { Change, FileDiff, Held } from '../../reconciler/model/plan.ts'
import type { MitigationReport, ResourceReport, ServerReport } from '../../reconciler/model/report.ts'
import type { SourceStatus, Status } from '../../reconciler/model/status.ts'

/** A fixed now, so that texts can be compared. */
export const NOW = Date.UTC(2026, 6, 1, 12, 0, 0)
export const REVISION = `main@sha1:${'a1b2'.repeat(10)}`
export const PLAN_ID = `sha256:${'0f'.repeat(32)}`

export function resource(of: Partial<ResourceReport> = {}): ResourceReport {
  return {
    key: 'rewrite-rule:Default Web Site:PowerShell - inbound',
    kind: 'rewrite-rule',
    state: 'in-sync',
    owned: true,
    ...of,
  }
}

export function mitigation(of: Partial<MitigationReport> = {}): MitigationReport {
  return {
    name: 'M1',
    title: 'ProxyNotShell, keep Autodiscover requests from reaching PowerShell',
    severity: 'critical',
    verdict: 'enforced',
    mode: 'enforce',
    reason: 'selected by policy baseline',
    origin: { file: 'policies/baseline.yaml', line: 4 },
    state: 'in-sync',
    exposed: false,
    fixedButPresent: false,
    resources: [resource()],
    questions: [
      {
        verdict: 'fixed',
        asked: 'Has the build the fix?',
        answer: 'no, 15.1.2507.6 is below 15.1.2507.16',
        holds: false,
        origin: { file: 'mitigations/m1.yaml', line: 12, column: 3 },
      },
      { verdict: 'enforced', asked: 'Is it selected?', answer: 'by policy baseline', holds: true },
    ],
    ...of,
  }
}

export function change(of: Partial<Change> = {}): Change {
  return {
    verb: 'put',
    key: 'rewrite-rule:Default Web Site:PowerShell - inbound',
    kind: 'rewrite-rule',
    mitigations: ['M1'],
    cause: 'pending',
    before: null,
    after: { pattern: '.*', stopProcessing: true },
    impact: { stops: [], restarts: ['Default Web Site/owa'] },
    id: `sha256:${'11'.repeat(32)}`,
    ...of,
  }
}

export function held(of: Partial<Held> = {}): Held {
  return { ...change({ verb: 'undo' }), reason: 'unprotects', detail: 'M1 is the last one', ...of }
}

/** The `plan` of a report. */
export function plan(
  changes: readonly Change[],
  holds: readonly Held[] = [],
  diffs: readonly FileDiff[] = [],
) {
  return { id: PLAN_ID, changes, held: holds, diffs }
}

export function report(of: Partial<ServerReport> = {}): ServerReport {
  return {
    server: 'ex01',
    revision: REVISION,
    at: NOW - 180_000,
    result: 'converged',
    facts: {
      name: 'ex01',
      roles: ['Mailbox'],
      exchange: '15.1.2507.6',
      os: '10.0.17763',
      setup: 'idle',
      maintenance: false,
      environment: { windir: 'C:\\Windows' },
    },
    lane: '15.1.2507',
    enabled: true,
    warnings: [],
    mitigations: [mitigation()],
    plan: plan([]),
    ...of,
  }
}

export function source(of: Partial<SourceStatus> = {}): SourceStatus {
  return {
    name: 'https://git.contoso.example/ops/policy.git main',
    signature: 'unsigned',
    committed: NOW - 86_400_000,
    seen: REVISION,
    lastFetch: NOW - 20_000,
    failing: null,
    rejected: null,
    ...of,
  }
}

export function status(servers: readonly ServerReport[], of: Partial<Status> = {}): Status {
  return {
    at: NOW,
    revision: REVISION,
    source: source(),
    waiting: [],
    servers,
    ...of,
  }
}

/** An estate with one of everything that a page or table has to show, hostile names among it. */
export function variedStatus(): Status {
  const hostile = '<img src=x onerror="alert(1)">'
  const drifted = mitigation({
    state: 'drifted',
    exposed: true,
    resources: [resource({ state: 'drifted', due: 'drift', fighting: true, reason: 'the rule is gone' })],
  })
  const m2 = (of: Partial<MitigationReport>) =>
    mitigation({ name: 'M2', severity: 'high', title: 'OWA content policy', ...of })
  const um = (of: Partial<MitigationReport>) =>
    mitigation({
      name: 'CVE-2021-26857-um',
      severity: 'medium',
      title: 'Switch unified messaging off',
      ...of,
    })
  const gone = mitigation({
    name: 'PING1',
    severity: 'info',
    title: 'Shows that the line works',
    resources: [resource({ key: 'ping::', kind: 'ping', owned: false })],
  })
  return status(
    [
      report({
        mitigations: [
          gone,
          mitigation(),
          m2({}),
          um({
            verdict: 'blocked',
            state: 'absent',
            exposed: true,
            reason: 'blocked by keep-um: voice mail is needed',
          }),
        ],
      }),
      report({
        server: 'ex02.contoso.example',
        result: 'held',
        warnings: [`no policy selects ${hostile}`],
        mitigations: [
          gone,
          drifted,
          m2({ state: 'held', verdict: 'not-selected', reason: 'no policy selects it' }),
          um({ verdict: 'not-applicable', state: 'absent', reason: 'no UM since 15.2' }),
        ],
        plan: plan([], [held({ mitigations: ['M2'], detail: `the last one; ${hostile}` })]),
      }),
      report({
        server: 'ex03',
        facts: { name: 'ex03', exchange: '15.2.2562.17', setup: 'idle', environment: {} },
        mitigations: [
          gone,
          mitigation({
            verdict: 'fixed',
            state: 'absent',
            resources: [],
            reason: 'the build has the fix since 15.2.1118.20',
          }),
          m2({
            state: 'pending',
            resources: [resource({ kind: 'outbound-rule', state: 'pending', due: 'pending' })],
          }),
          um({ verdict: 'audit', state: 'held', mode: 'audit', reason: 'policy watch is in audit' }),
        ],
      }),
      report({
        server: `ex04${hostile}`,
        result: 'unreachable',
        at: NOW - 7_200_000,
        enabled: false,
        error: {
          code: 'SERVER_UNREACHABLE',
          message: `cannot read ${hostile}`,
          hint: 'What was applied stays. Check the folder.',
        },
        mitigations: [
          gone,
          mitigation({ state: 'unknown', verdict: 'unknown', reason: 'the build could not be read' }),
        ],
      }),
    ],
    {
      source: source({
        failing: {
          since: NOW - 600_000,
          at: NOW - 20_000,
          times: 12,
          reason: 'dns',
          trouble: {
            code: 'FETCH_DNS',
            message: 'cannot resolve https://joe:hunter22@git.contoso.example/',
            hint: 'The last good revision stays in force.',
          },
        },
        rejected: {
          revision: `main@sha1:${'dead'.repeat(10)}`,
          at: NOW - 60_000,
          reason: 'invalid',
          trouble: {
            code: 'POLICY_INVALID',
            message: 'revision has 1 fault',
            hint: 'Correct the files and commit.',
          },
          faults: [
            { severity: 'error', file: 'policies/a.yaml', line: 3, column: 9, message: 'M9 does not exist.' },
          ],
        },
      }),
      waiting: ['ex05'],
    },
  )
}
