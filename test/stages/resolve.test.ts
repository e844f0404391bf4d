import test from 'ava'
import { type Decision, VERDICTS, type Verdict } from '../../reconciler/model/verdict.ts'
import {
  appliesTo,
  be,
  byFile,
  CAUSES,
  decisionOf,
  edit,
  lacking,
  origin,
  plain,
  type World,
} from '../helpers/world.ts'

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
