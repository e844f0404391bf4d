import test from 'ava'
import { StopgapError } from '../../reconciler/errors/error.ts'
import { kinds } from '../../reconciler/kinds/registry.ts'
import { load } from '../../reconciler/stages/load.ts'
import { checkFiles, linesOf, mitigation, NOW, SOUND, snapshotOf } from '../helpers/policy.ts'

type Files = Parameters<typeof snapshotOf>[0]
const loaded = (files: Files): ReturnType<typeof load> => load(snapshotOf(files), kinds, { now: NOW })

const throws = test.macro((t, files: Files, code: string, words: RegExp) => {
  const error = t.throws(() => loaded(files), { instanceOf: StopgapError })
  t.is(error?.code, code)
  t.regex(error?.message ?? '', words)
})
test('no files', throws, {}, 'POLICY_EMPTY', /no Mitigation and no Policy at all/)
test('no policy', throws, { 'mitigations/a.yaml': mitigation('A') }, 'POLICY_EMPTY', /has no Policy at all/)
test(
  'a fault',
  throws,
  { ...SOUND, 'policies/x.yaml': 'a: [' },
  'POLICY_INVALID',
  /has 1 fault; .*x\.yaml:1:5/,
)
test(
  'a fault and no policy',
  throws,
  { 'mitigations/a.yaml': mitigation('-x') },
  'POLICY_INVALID',
  /has 2 faults/,
)

test('a catalogue with its defaults', (t) => {
  const { catalogue, warnings } = loaded(SOUND)
  t.deepEqual(warnings, [])
  t.is(catalogue.revision, 'dir@sha256:test')
  t.is(catalogue.organization, undefined)
  t.deepEqual(catalogue.policies[0]?.servers, { is: 'all' })
  t.deepEqual(catalogue.policies[0]?.mitigations, { is: 'all' })
  const file = 'mitigations/sound.yaml'
  t.deepEqual(catalogue.mitigations, [
    {
      name: 'Sound',
      labels: {},
      origin: { file, line: 3, column: 19 },
      title: 'A title',
      severity: 'low',
      cves: [],
      references: [],
      optIn: false,
      appliesTo: { roles: ['Mailbox'], from: {}, origin: { file, line: 5, column: 3 } },
      fixedIn: { is: 'permanent', text: 'nothing fixes it', origin: { file, line: 9, column: 3 } },
      onFixed: 'remove',
      requires: {},
      requiresOrigin: { file, line: 5, column: 3 },
      resources: [{ kind: 'ping', entry: { kind: 'ping' }, origin: { file, line: 8, column: 7 } }],
      sideEffects: [],
      checklist: [],
      tests: [],
    },
  ])
})

test('builds are normalised, and names are spelled as their objects spell them', (t) => {
  const objects = `apiVersion: stopgap/v1
kind: Server
metadata: { name: EX01, labels: { ring: "1" } }
spec: { mitigationsEnabled: false, reason: being moved, owner: ops }
---
apiVersion: stopgap/v1
kind: Policy
metadata: { name: p }
spec: { servers: { names: [ex01] }, mitigations: [m], mode: audit }
---
apiVersion: stopgap/v1
kind: Block
metadata: { name: b }
spec: { servers: { labels: { ring: "1" } }, mitigations: { severity: [low] }, reason: r, owner: o, expires: "2026-12-31" }
---
apiVersion: stopgap/v1
kind: Organization
spec: { mode: audit }
`
  const spec =
    '  fixedIn: { "15.2.1118": 15.02.1118.020 }\n  keepUntil: { "15.2.1118": 15.2.1118.021 }\n  sideEffects: [{ text: t }]\n'
  const { catalogue } = loaded({
    'mitigations/m.yaml': mitigation('M', spec),
    'policies/deep/down/p.yml': objects,
  })
  const [only] = catalogue.mitigations
  t.like(only, {
    fixedIn: { is: 'builds', lanes: { '15.2.1118': '15.2.1118.20' } },
    keepUntil: { is: 'builds', lanes: { '15.2.1118': '15.2.1118.21' } },
    sideEffects: [{ text: 't', requests: [], healthSets: [] }],
  })
  t.like(catalogue.policies[0], {
    servers: { is: 'some', names: ['EX01'], labels: {} },
    mitigations: { is: 'names', names: ['M'] },
    mode: 'audit',
  })
  t.like(catalogue.blocks[0], {
    servers: { is: 'some', names: [], labels: { ring: '1' } },
    mitigations: { is: 'severity', severity: ['low'] },
    expires: Date.UTC(2027, 0, 1),
    onExpiry: 'hold',
    remove: false,
  })
  t.like(catalogue.servers[0], {
    name: 'EX01',
    mitigationsEnabled: false,
    mode: 'enforce',
    reason: 'being moved',
  })
  t.like(catalogue.organization, { mitigationsEnabled: true, mode: 'audit' })
})

test('a byte order mark and CRLF move no position', (t) => {
  const text = `\uFEFF${mitigation('M', '  x: 1\n').replaceAll('\n', '\r\n')}`
  t.deepEqual(
    linesOf(checkFiles({ 'mitigations/m.yaml': text })).map((line) => line.slice(0, 28)),
    ['mitigations/m.yaml:9:3: unkn'],
  )
})
