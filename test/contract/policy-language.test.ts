import { fileURLToPath } from 'node:url'
import test from 'ava'
import { stopgap } from '../helpers/command-line.ts'
import { endLabs, lab, mitigation, object, policy, rule } from '../helpers/policy-lab.ts'

test.after.always(endLabs)

const EXAMPLES = fileURLToPath(new URL('../fixtures/contract-policy', import.meta.url))
const R = mitigation('R', rule('r', 'rrr'))
const OPT_IN = mitigation('R', rule('r', 'rrr'), 'permanent: always\noptIn: true')
const LABELLED = R.replace('{ name: R }', '{ name: R, labels: { vendor: ms, tier: "1" } }')
const EX01 = object('Server', 'EX01', 'mode: enforce', ', labels: { ring: canary, site: berlin }')

test('every example of the contract is valid as it stands', async (t) => {
  const { code, out } = await stopgap(['validate', EXAMPLES, '--json'])
  t.is(code, 0, out)
  const { diagnostics } = JSON.parse(out) as { diagnostics: { severity: string; message: string }[] }
  t.deepEqual(
    diagnostics.filter(({ severity }) => severity === 'error'),
    [],
  )
})

const chosen = test.macro(async (t, objects: readonly string[], verdict: string) => {
  const one = await lab(t)
  await one.policy(...objects)
  const plan = await one.run('plan')
  t.is(plan.of('R').split('/')[0], verdict, plan.err)
})

const by = (spec: string) => policy(`${spec}\nmode: enforce`)
test('selects: opt-in by *', chosen, [OPT_IN, by("mitigations: ['*']")], 'not-selected')
test('selects: opt-in by severity', chosen, [OPT_IN, by('mitigations: { severity: [high] }')], 'not-selected')
test('selects: opt-in by name, in any case', chosen, [OPT_IN, by('mitigations:\n  - r')], 'enforced')
test('selects: all labels', chosen, [LABELLED, by('mitigations: { labels: { vendor: ms } }')], 'enforced')
test(
  'selects: one label differs',
  chosen,
  [LABELLED, by("mitigations: { labels: { vendor: ms, tier: '2' } }")],
  'not-selected',
)
test(
  'selects: a server by name or labels',
  chosen,
  [R, EX01, by("mitigations: ['*']\nservers: { names: [ex01], labels: { ring: rest } }")],
  'enforced',
)
test(
  'selects: a server needs all labels',
  chosen,
  [R, EX01, by("mitigations: ['*']\nservers: { labels: { ring: canary, site: rome } }")],
  'not-selected',
)
test(
  'selects: enforce beats audit',
  chosen,
  [R, policy("mitigations: ['*']\nmode: audit", 'a'), policy('mitigations: [R]\nmode: enforce', 'b')],
  'enforced',
)
test(
  'selects: audit of the server beats policies',
  chosen,
  [R, EX01.replace('enforce', 'audit'), policy()],
  'audit',
)

test('each fault refuses the revision with file, line and column', async (t) => {
  const one = await lab(t)
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['an unknown mitigation', [R, by('mitigations: [Rr]')], /did you mean 'R'/],
    ['a name without Server object', [R, by("mitigations: ['*']\nservers: { names: [ex01] }")], /no Server/],
    ['an empty selector', [R, by("mitigations: ['*']\nservers: {}")], /empty/],
    ['a build as number', [R.replace('permanent: always', 'fixedIn: { 15.1: 15.2 }'), policy()], /quotes/],
    [
      'a block without owner',
      [R, policy(), object('Block', 'b', 'mitigations: [R]\nreason: r')],
      /owner.*missing/,
    ],
    ['two of one name', [R, R.replace('name: R', 'name: r'), policy()], /another Mitigation named/],
    [
      'what takes Exchange down',
      [mitigation('R', '- { kind: service, name: w3svc, startType: Disabled }'), policy()],
      /optIn/,
    ],
    ['no policy', [R], /no Policy at all/],
  ]
  for (const [what, objects, words] of cases) {
    await one.policy(...objects)
    const plan = await one.run('plan')
    t.is(plan.code, 3, what)
    t.regex(plan.err, words, what)
    if (what !== 'no policy') t.regex(plan.err, /policies\/all\.yaml:\d+:\d+: /, what)
  }
})
