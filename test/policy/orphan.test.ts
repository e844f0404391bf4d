import test from 'ava'
import { orphanDecision } from '../../reconciler/policy/orphan.ts'
import { aSwitch, block, catalogue, context, NOW, server } from '../helpers/catalogue.ts'

const gone = { name: 'OLD', harmless: false }

test('what the repository no longer has is removed', (t) => {
  const decision = orphanDecision(gone, catalogue(), context())
  t.like(decision, {
    verdict: 'not-selected',
    effect: 'remove',
    mode: 'enforce',
    reason: 'no longer in the repository',
  })
  t.false(decision.selected)
})

test('not while mitigations are switched off', (t) => {
  const organization = aSwitch('org.yaml', { mitigationsEnabled: false, reason: 'lab', owner: 'me' })
  t.like(orphanDecision(gone, catalogue({ organization }), context()), {
    verdict: 'disabled',
    effect: 'keep',
  })
  const servers = [server('ex01', { mitigationsEnabled: false, reason: 'lab', owner: 'me' })]
  t.like(orphanDecision(gone, catalogue({ servers }), context()), {
    verdict: 'disabled',
    origin: servers[0]!.origin,
  })
})

test('audit of the server shows in its mode', (t) => {
  const servers = [server('ex01', { mode: 'audit' })]
  t.like(orphanDecision(gone, catalogue({ servers }), context()), { effect: 'remove', mode: 'audit' })
})

test('a block for everything keeps it or removes it, others do not know it', (t) => {
  const decide = (over: Parameters<typeof block>[1]) =>
    orphanDecision(gone, catalogue({ blocks: [block('b', over)] }), context())
  t.like(decide({}), { verdict: 'blocked', effect: 'keep' })
  t.like(decide({ remove: true }), { verdict: 'blocked', effect: 'remove' })
  t.like(decide({ mitigations: { is: 'severity', severity: ['high'] } }), { verdict: 'not-selected' })
  t.like(decide({ expires: NOW }), { verdict: 'not-selected', expired: { block: 'b', hold: true } })
})
