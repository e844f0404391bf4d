import test from 'ava'
import type { Catalogue } from '../../reconciler/model/catalogue.ts'
import type { Verdict } from '../../reconciler/model/verdict.ts'
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
} from '../helpers/catalogue.ts'
import { appliesTo, be, byFile, CAUSES, decisionOf, edit, origin, plain, say } from '../helpers/world.ts'

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

test('an answer that nothing in the repository says has no place', (t) => {
  const placeOf = (world: typeof plain, verdict: Verdict) =>
    decisionOf(world).questions.find((question) => question.verdict === verdict)?.origin?.file
  t.is(placeOf(plain, 'disabled'), undefined)
  t.is(placeOf(plain, 'blocked'), undefined)
  const organization = aSwitch('o', {})
  t.is(placeOf(say({ organization })(plain), 'disabled'), organization.origin.file)
  const own = server('EX01', {})
  t.is(placeOf(say({ organization, servers: [own] })(plain), 'disabled'), own.origin.file)
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
