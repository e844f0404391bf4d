import test from 'ava'
import type { Catalogue, Mitigation } from '../../reconciler/model/catalogue.ts'
import type { Facts } from '../../reconciler/model/facts.ts'
import type { Decision, Verdict } from '../../reconciler/model/verdict.ts'
import { VERDICTS } from '../../reconciler/model/verdict.ts'
import type { Context } from '../../reconciler/policy/context.ts'
import { resolve } from '../../reconciler/stages/resolve.ts'
import {
  aSwitch,
  block,
  builds,
  catalogue,
  context,
  facts,
  KINDS,
  mitigation,
  policy,
  server,
  without,
} from '../helpers/catalogue.ts'

interface World {
  readonly catalogue: Catalogue
  readonly facts: Facts
  readonly context: Context
}

const plain: World = { catalogue: catalogue(), facts: facts(), context: context() }

function decisionOf(world: World): Decision {
  return resolve(world.catalogue, world.facts, KINDS, world.context).decisions[0]!
}

function edit(over: Partial<Mitigation>): (world: World) => World {
  return (world) => {
    const mitigations = world.catalogue.mitigations.map((one) => ({ ...one, ...over }))
    return { ...world, catalogue: { ...world.catalogue, mitigations } }
  }
}

function say(over: Partial<Catalogue>): (world: World) => World {
  return (world) => ({ ...world, catalogue: { ...world.catalogue, ...over } })
}

function be(over: Partial<Facts>): (world: World) => World {
  return (world) => ({ ...world, facts: { ...world.facts, ...over } })
}

const appliesTo = mitigation('M1').appliesTo
const origin = appliesTo.origin

/** What makes each verdict hold; independent of one another, so that any two can be had at once. */
const CAUSES: { readonly [verdict in Exclude<Verdict, 'unknown' | 'enforced'>]: (world: World) => World } = {
  disabled: say({
    organization: aSwitch('policies/org.yaml', {
      mitigationsEnabled: false,
      reason: 'migration',
      owner: 'me',
    }),
  }),
  'not-applicable': edit({ appliesTo: { ...appliesTo, roles: ['EdgeTransport'] } }),
  fixed: edit({ fixedIn: { ...builds({ '15.1.2507': '15.1.2507.6' }), origin } }),
  blocked: say({ blocks: [block('b')] }),
  'not-selected': say({ policies: [] }),
  unsupported: edit({ requires: { urlRewrite: '>=7.2' } }),
  audit: say({ servers: [server('ex01', { mode: 'audit' })] }),
}
const EFFECTS: { readonly [verdict in Verdict]: Decision['effect'] } = {
  unknown: 'keep',
  disabled: 'keep',
  'not-applicable': 'remove',
  fixed: 'remove',
  blocked: 'keep',
  'not-selected': 'remove',
  unsupported: 'keep',
  audit: 'converge',
  enforced: 'converge',
}
const LADDER = VERDICTS.filter((verdict) => verdict !== 'unknown' && verdict !== 'enforced')

for (const [index, verdict] of LADDER.entries()) {
  test(`${verdict} alone`, (t) => {
    const decision = decisionOf(CAUSES[verdict](plain))
    t.is(decision.verdict, verdict)
    t.is(decision.effect, EFFECTS[verdict])
    t.deepEqual(
      decision.questions.map((question) => question.verdict),
      LADDER.slice(0, index + 1),
    )
    t.deepEqual(
      decision.questions.filter(({ holds }) => holds).map((question) => question.verdict),
      [verdict],
    )
  })
  for (const later of LADDER.slice(index + 1)) {
    test(`${verdict} before ${later}`, (t) => {
      t.is(decisionOf(CAUSES[later](CAUSES[verdict](plain))).verdict, verdict)
      t.is(decisionOf(CAUSES[verdict](CAUSES[later](plain))).verdict, verdict)
    })
  }
}

test('enforced when nothing else holds, with every question asked', (t) => {
  const decision = decisionOf(plain)
  t.like(decision, {
    verdict: 'enforced',
    effect: 'converge',
    mode: 'enforce',
    applies: true,
    fixed: false,
    selected: true,
  })
  t.deepEqual(
    decision.questions.map(({ verdict }) => verdict),
    [...LADDER, 'enforced'],
  )
  t.is(decision.origin.file, 'policies/baseline.yaml')
  t.is(decision.reason, 'policy baseline selects it')
})

test('all verdicts at once give the first, taken away one by one the next', (t) => {
  for (let from = 0; from < LADDER.length; from += 1) {
    const world = LADDER.slice(from).reduce((made, verdict) => CAUSES[verdict](made), plain)
    t.is(decisionOf(world).verdict, LADDER[from]!)
  }
})

const ORIGINS: { readonly [verdict: string]: string } = {
  disabled: 'policies/org.yaml:1',
  'not-applicable': 'mitigations/M1.yaml:10',
  fixed: 'mitigations/M1.yaml:10',
  blocked: 'policies/b.yaml:1',
  'not-selected': 'mitigations/M1.yaml:1',
  unsupported: 'mitigations/M1.yaml:30',
  audit: 'policies/ex01.yaml:1',
}
for (const verdict of LADDER) {
  test(`${verdict} points at what decided it and says why`, (t) => {
    const decision = decisionOf(CAUSES[verdict](plain))
    t.is(`${decision.origin.file}:${decision.origin.line}`, ORIGINS[verdict]!)
    t.true(decision.reason.length > 10)
  })
}

const unknown = test.macro({
  title: (_, what: string) => `unknown: ${what}`,
  exec(t, _: string, world: World, reason: RegExp) {
    const decision = decisionOf(world)
    t.like(decision, { verdict: 'unknown', effect: 'keep' })
    t.regex(decision.reason, reason)
    t.is(decision.questions.at(-1)?.verdict, 'unknown')
  },
})
const lacking =
  (...names: (keyof Facts)[]) =>
  (world: World): World => ({ ...world, facts: without(names, world.facts) })
const byFile = edit({
  fixedIn: { is: 'file', file: 'C:\\x.dll', versions: { '10.0.17763': '10.0.17763.4968' }, origin },
})

test(unknown, 'roles', lacking('roles')(plain), /roles could not be read/)
test(unknown, 'build', lacking('exchange')(plain), /Exchange build could not be read/)
test(unknown, 'a build that is none', be({ exchange: 'Version 15.1 (Build 2507.6)' })(plain), /is no version/)
test(unknown, 'a file nobody looked at', byFile(plain), /C:\\x\.dll could not be read \(not looked at yet\)/)
test(
  unknown,
  'URL Rewrite',
  lacking('urlRewrite')(edit({ requires: { urlRewrite: '>=7' } })(plain)),
  /URL Rewrite could not be read/,
)
test(
  unknown,
  'Windows',
  lacking('os')(edit({ requires: { os: '>=10' } })(plain)),
  /Windows could not be read/,
)
test(
  unknown,
  'a build needed for a range',
  lacking('exchange')(
    edit({ fixedIn: { is: 'permanent', text: 'x', origin }, appliesTo: { ...appliesTo, builds: '>=15' } })(
      plain,
    ),
  ),
  /build/,
)

const known = test.macro({
  title: (_, what: string, __: World, verdict: Verdict) => `${verdict} although unknown: ${what}`,
  exec(t, _: string, world: World, verdict: Verdict) {
    t.is(decisionOf(world).verdict, verdict)
  },
})
const everything = ['roles', 'exchange', 'os', 'iis', 'urlRewrite'] as const
const permanent = edit({ fixedIn: { is: 'permanent', text: 'a hardening', origin } })
test(known, 'everything, switched off', CAUSES.disabled(lacking(...everything)(plain)), 'disabled')
test(
  known,
  'build, but the role is another',
  CAUSES['not-applicable'](lacking('exchange')(plain)),
  'not-applicable',
)
test(known, 'build, which a permanent one does not need', permanent(lacking('exchange')(plain)), 'enforced')
test(
  known,
  'build of a permanent one that nobody selects',
  CAUSES['not-selected'](permanent(lacking('exchange')(plain))),
  'not-selected',
)
test(
  known,
  'build, but it is kept when fixed',
  edit({ onFixed: 'keep' })(lacking('exchange')(plain)),
  'enforced',
)
test(
  known,
  'URL Rewrite, but it is blocked',
  CAUSES.blocked(edit({ requires: { urlRewrite: '>=7' } })(lacking('urlRewrite')(plain))),
  'blocked',
)
test(
  known,
  'URL Rewrite, but nobody selects it',
  CAUSES['not-selected'](edit({ requires: { urlRewrite: '>=7' } })(lacking('urlRewrite')(plain))),
  'not-selected',
)
test(
  known,
  'Windows, but URL Rewrite is too old',
  edit({ requires: { urlRewrite: '>=8', os: '>=10' } })(lacking('os')(plain)),
  'unsupported',
)

test('an unknown fact leaves applies and fixed open', (t) => {
  t.like(decisionOf(lacking('exchange')(plain)), { applies: null, fixed: null })
  t.like(decisionOf(lacking('roles')(plain)), { applies: null, fixed: false })
  t.like(decisionOf(CAUSES['not-applicable'](lacking('exchange')(plain))), { applies: false, fixed: null })
})

test('rules of ours go when URL Rewrite is gone, and stay when it is too old', (t) => {
  const needs = edit({ requires: { urlRewrite: '>=7.1' } })(plain)
  t.like(decisionOf(be({ urlRewrite: null })(needs)), { verdict: 'unsupported', effect: 'remove' })
  t.like(decisionOf(be({ urlRewrite: '7.0' })(needs)), { verdict: 'unsupported', effect: 'keep' })
})

test('the organization hides the server', (t) => {
  const off = server('EX01', { mitigationsEnabled: false, reason: 'lab', owner: 'x' })
  t.regex(decisionOf(say({ servers: [off] })(plain)).reason, /this server: lab \(x\)/)
  t.regex(
    decisionOf(CAUSES.disabled(say({ servers: [off] })(plain))).reason,
    /the organization: migration \(me\)/,
  )
  const on = aSwitch('o', { mitigationsEnabled: true })
  t.is(decisionOf(say({ servers: [off], organization: on })(plain)).verdict, 'disabled')
})

test('ranges of builds and lowest builds of a feature', (t) => {
  const ranged = edit({ appliesTo: { ...appliesTo, builds: '>=15.0.1497 <15.2' } })(plain)
  t.is(decisionOf(ranged).verdict, 'enforced')
  t.is(decisionOf(be({ exchange: '15.2.1118.7' })(ranged)).verdict, 'not-applicable')
  const from = edit({
    appliesTo: { ...appliesTo, from: { '15.1.2507': '15.1.2507.12', '15.2.1118': '15.2.1118.11' } },
  })(plain)
  t.regex(decisionOf(from).reason, /feature it needs is missing: 15\.1\.2507\.6 is below/)
  t.is(decisionOf(be({ exchange: '15.1.2507.12' })(from)).verdict, 'enforced')
  t.is(decisionOf(be({ exchange: '15.2.986.40' })(from)).verdict, 'not-applicable')
})

test('a file version decides where the fix is in a file', (t) => {
  const seen = (versions: Context['versions']): Verdict =>
    decisionOf({ ...byFile(plain), context: context({ versions }) }).verdict
  t.is(
    seen(() => ({ is: 'here', digest: 'sha256:0', value: '10.0.17763.4967' })),
    'enforced',
  )
  t.is(
    seen(() => ({ is: 'here', digest: 'sha256:0', value: '10.0.17763.4968' })),
    'fixed',
  )
  t.is(
    seen(() => ({ is: 'here', digest: 'sha256:0', value: '10.0.26100.1' })),
    'fixed',
  )
  t.is(
    seen(() => ({ is: 'here', digest: 'sha256:0', value: '6.1.7601.1' })),
    'enforced',
  )
  t.is(
    seen(() => ({ is: 'absent' })),
    'enforced',
  )
  t.is(
    seen(() => ({ is: 'unknown', why: 'access denied' })),
    'unknown',
  )
})

test('keepUntil keeps it between the fix and a later build', (t) => {
  const kept = edit({
    fixedIn: {
      ...builds({ '15.1.2507': '15.1.2507.6', '15.2.1544': '15.2.1544.41', '15.2.1748': '15.2.1748.46' }),
      origin,
    },
    keepUntil: { ...builds({ '15.1.2507': '15.1.2507.71', '15.2.1748': '15.2.1748.48' }), origin },
  })(plain)
  t.like(decisionOf(kept), { verdict: 'enforced', fixed: true, keeps: true, applies: false })
  t.regex(decisionOf(kept).reason, /kept, since 15\.1\.2507\.6 is below 15\.1\.2507\.71/)
  t.like(decisionOf(be({ exchange: '15.1.2507.71' })(kept)), { verdict: 'fixed', fixed: true, keeps: false })
  t.like(decisionOf(be({ exchange: '15.2.1544.41' })(kept)), { verdict: 'fixed', keeps: false })
  t.like(decisionOf(be({ exchange: '15.2.2562.17' })(kept)), { verdict: 'fixed', keeps: false })
  t.like(decisionOf(be({ exchange: '15.2.1748.45' })(kept)), {
    verdict: 'enforced',
    fixed: false,
    keeps: false,
  })
  t.like(decisionOf(CAUSES['not-selected'](kept)), { verdict: 'not-selected', fixed: true, keeps: true })
})

test('onFixed: keep goes on to the next questions', (t) => {
  t.like(decisionOf(edit({ onFixed: 'keep' })(CAUSES.fixed(plain))), {
    verdict: 'enforced',
    fixed: true,
    keeps: true,
  })
  t.like(decisionOf(CAUSES.audit(edit({ onFixed: 'keep' })(CAUSES.fixed(plain)))), { verdict: 'audit' })
})

test('enforce beats audit, and a switch in audit beats both', (t) => {
  const both = say({ policies: [policy('a', { mode: 'audit' }), policy('z')] })(plain)
  t.like(decisionOf(both), { verdict: 'enforced', mode: 'enforce', origin: { file: 'policies/z.yaml' } })
  t.like(decisionOf(say({ policies: [policy('a', { mode: 'audit' })] })(plain)), {
    verdict: 'audit',
    mode: 'audit',
  })
  const organization = aSwitch('policies/org.yaml', { mode: 'audit' })
  t.like(decisionOf(say({ organization })(both)), {
    verdict: 'audit',
    mode: 'audit',
    origin: { file: 'policies/org.yaml' },
  })
})

test('removals are in audit mode where the organization is', (t) => {
  const organization = aSwitch('policies/org.yaml', { mode: 'audit' })
  for (const verdict of ['not-applicable', 'fixed', 'not-selected'] as const) {
    const decision = decisionOf(say({ organization })(CAUSES[verdict](plain)))
    t.like(decision, { verdict, effect: 'remove', mode: 'audit' })
  }
  t.like(decisionOf(CAUSES['not-selected'](plain)), { effect: 'remove', mode: 'enforce' })
  t.like(decisionOf(say({ policies: [policy('a', { mode: 'audit' })] })(CAUSES.fixed(plain))), {
    effect: 'remove',
    mode: 'audit',
  })
})

test('what is opt-in is selected by its name alone, and blocked by anything', (t) => {
  const optIn = edit({ optIn: true })(plain)
  t.like(decisionOf(optIn), { verdict: 'not-selected', selected: false, optIn: true })
  const named = say({ policies: [policy('p', { mitigations: { is: 'names', names: ['m1'] } })] })(optIn)
  t.like(decisionOf(named), { verdict: 'enforced', selected: true })
  t.is(
    decisionOf(say({ blocks: [block('b', { mitigations: { is: 'severity', severity: ['high'] } })] })(named))
      .verdict,
    'blocked',
  )
})

test('several blocks: one that removes wins, all reasons are shown', (t) => {
  const blocks = [block('b', { reason: 'first', remove: true }), block('a', { reason: 'second' })]
  const decision = decisionOf(say({ blocks })(plain))
  t.like(decision, { verdict: 'blocked', effect: 'remove', origin: { file: 'policies/a.yaml' } })
  t.regex(decision.reason, /block a: second .*block b: first/)
})

test('a server that no policy selects is a warning', (t) => {
  const names = (name: string) => policy('p', { servers: { is: 'some', names: [name], labels: {} } })
  const warnings = (over: Partial<Catalogue>) => resolve(catalogue(over), facts(), KINDS, context()).warnings
  t.deepEqual(warnings({}), [])
  t.deepEqual(warnings({ policies: [names('EX01')] }), [])
  t.deepEqual(warnings({ policies: [names('ex02')] }), ['no policy selects the server ex01'])
  t.is(warnings({ mitigations: [mitigation('M1', { optIn: true })] }).length, 1)
})
