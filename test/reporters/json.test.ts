import { readFileSync } from 'node:fs'
import test from 'ava'
import { schemaFaults } from '../../reconciler/formats/schema.ts'
import { CHECKS, type Check, type Examination } from '../../reconciler/model/finding.ts'
import type { JsonSchema } from '../../reconciler/model/resource.ts'
import type { Run } from '../../reconciler/model/status.ts'
import { doctorJson } from '../../reconciler/reporters/doctor.ts'
import { applyJson, type JsonObject, planJson, runId, statusJson } from '../../reconciler/reporters/json.ts'
import {
  change,
  held,
  PLAN_ID,
  plan,
  REVISION,
  report,
  source,
  status,
  variedStatus,
} from '../helpers/reports.ts'

const file = new URL('../../reconciler/formats/schema/output.schema.json', import.meta.url)
const schema = JSON.parse(readFileSync(file, 'utf8')) as JsonSchema

/** As a program on the other side of the pipe sees it. */
function printed(object: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(object)) as JsonObject
}

const faultless = test.macro((t, object: () => JsonObject) => {
  t.deepEqual(schemaFaults(schema, printed(object())), [])
})

function run(): Run {
  const servers = [
    report({
      plan: plan([change()], [held()], [{ file: 'C:\\a', patch: '@@' }]),
      outcome: [{ key: 'k', verb: 'put', cause: 'drift', result: 'failed', error: 'full' }],
    }),
    ...variedStatus().servers,
  ]
  return { revision: REVISION, id: runId(servers), servers }
}

/** Every check, each as it may turn out. */
function examinations(): readonly Examination[] {
  return Object.entries(CHECKS).map(([of, checks]) => ({
    of: of as Examination['of'],
    name: 'ex01',
    findings: checks.flatMap((check: Check): Examination['findings'] => [
      { is: 'ok', check, what: 'w' },
      { is: 'warning', check, what: 'w', remedy: 'r' },
      { is: 'failure', check, what: 'w', remedy: 'r', exit: 3 },
    ]),
  }))
}

test('plan --json is as published', faultless, () => planJson(run()))
test('apply --json is as published', faultless, () => applyJson(run()))
test('status --json is as published', faultless, () => statusJson(variedStatus()))
test('status --json before anything happened is as published', faultless, () =>
  statusJson(
    status([], {
      revision: null,
      source: source({ signature: null, committed: null, seen: null, lastFetch: null }),
    }),
  ),
)
test('doctor --json is as published, each check', faultless, () => doctorJson(examinations(), 3))

test('the schema refuses what is not as published', (t) => {
  const good = printed(planJson(run()))
  for (const bad of [
    { ...good, id: 7 },
    { ...good, servers: [{ server: 'ex01' }] },
    { ...good, extra: true },
    {
      exit: 0,
      examinations: [{ of: 'server', name: 'a', findings: [{ is: 'warning', check: 'reach', what: 'w' }] }],
    },
    {
      exit: 0,
      examinations: [{ of: 'server', name: 'a', findings: [{ is: 'ok', check: 'none', what: 'w' }] }],
    },
    {},
  ]) {
    t.not(schemaFaults(schema, bad).length, 0, JSON.stringify(bad).slice(0, 80))
  }
})

test('the object holds what the contract names', (t) => {
  const [server] = planJson(run())['servers'] as readonly JsonObject[]
  const { mitigations, plan: planned } = server as { mitigations: JsonObject[]; plan: JsonObject }
  t.like(mitigations[0], {
    name: 'M1',
    verdict: 'enforced',
    mode: 'enforce',
    origin: { file: 'policies/baseline.yaml', line: 4 },
    state: 'in-sync',
  })
  t.like(planned, { id: PLAN_ID })
  t.like((planned['changes'] as JsonObject[])[0], {
    verb: 'put',
    cause: 'pending',
    before: null,
    impact: { stops: [] },
  })
  t.like((planned['held'] as JsonObject[])[0], {
    verb: 'undo',
    reason: 'unprotects',
    detail: 'M1 is the last one',
  })
  t.false(JSON.stringify(server).includes('windir'), 'variables of the server stay inside')
})

test('a server that could not be reached has no plan, and says why', (t) => {
  const servers = [
    report({ result: 'unreachable', error: { code: 'X', message: 'https://a:secret12@h/ down', hint: 'h' } }),
  ]
  const { plan: _, ...lost } = servers[0] ?? report()
  const [server] = planJson({ revision: REVISION, id: 'x', servers: [lost] })[
    'servers'
  ] as readonly JsonObject[]
  t.is(server?.['plan'], null)
  t.false(JSON.stringify(server).includes('secret12'))
})

test('the id of a run depends on the plans alone, not on their order', (t) => {
  const a = report({ server: 'a' })
  const b = report({ server: 'b', plan: { ...plan([]), id: `sha256:${'22'.repeat(32)}` } })
  t.is(runId([a, b]), runId([b, { ...a, revision: 'other', at: 0 }]))
  t.not(runId([a, b]), runId([a]))
})
