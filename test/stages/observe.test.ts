import test from 'ava'
import { kinds } from '../../reconciler/kinds/registry.ts'
import type { Owned, ServerRecord } from '../../reconciler/model/record.ts'
import type { Fields, Json } from '../../reconciler/model/resource.ts'
import type { Decision } from '../../reconciler/model/verdict.ts'
import type { Past } from '../../reconciler/stages/diff/cause.ts'
import { diff } from '../../reconciler/stages/diff.ts'
import { observe } from '../../reconciler/stages/observe.ts'
import { Machine } from '../helpers/machine.ts'
import { decisionOf, plain } from '../helpers/world.ts'

const enforced: Decision = { ...decisionOf(plain), mitigation: 'M' }
const gone: Decision = { ...enforced, verdict: 'not-selected', effect: 'remove', selected: false }
const KEY = 'service:S'
const SPEC: Json = { kind: 'service', name: 'S', startType: 'Disabled', status: 'Stopped' }
const WANT: Fields = { startType: 'Disabled', status: 'Stopped' }
const BEFORE: Fields = { startType: 'Automatic', status: 'Running' }
const PAST: Past = { upgraded: false, moved: false, states: new Map(), lost: false }

function machine(fields: object | null): Machine {
  const made = new Machine({})
  if (fields !== null) made.set('service', 'S', { dependsOn: [], dependents: [], ...fields })
  return made
}

function owned(over: Partial<Owned> = {}): ServerRecord {
  const entry: Owned = {
    kind: 'service',
    mitigations: ['M'],
    spec: SPEC,
    before: { fields: BEFORE },
    want: WANT,
    revision: 'r',
    settled: true,
    ...over,
  }
  return { version: 1, server: 'ex01', instance: 'i', owned: { [KEY]: entry }, made: {} }
}

/** What is made of one service that `M` asks for, or (null) that only the record knows. */
function judge(see: Machine['see'], decision: Decision | null, record: ServerRecord | null, past = PAST) {
  const resource = kinds.find(({ name }) => name === 'service')?.resource(SPEC, 'M')
  if (resource === undefined) throw new Error('no kind service')
  const wanted = decision?.effect === 'converge'
  const resources =
    decision === null
      ? []
      : [{ resource, wantedBy: wanted ? [decision] : [], unwantedBy: wanted ? [] : [decision], order: 0 }]
  const desired = { decisions: decision === null ? [] : [decision], resources, until: null, warnings: [] }
  const orphan = (mitigation: string): Decision => ({ ...gone, mitigation })
  const found = diff(observe({ desired, record, kinds, orphan }, see), past).find(
    (one) => one.resource.key === KEY,
  )
  if (found === undefined) throw new Error('it was not observed')
  return found
}

const blind: Machine['see'] = () => ({ is: 'unknown', why: 'access denied' })

test('not there before, wanted: pending; and drift only where it was so once', (t) => {
  t.like(judge(machine(BEFORE).see, enforced, null), { state: 'pending', difference: { cause: 'pending' } })
  t.like(judge(machine(BEFORE).see, enforced, owned()), { state: 'drifted', difference: { cause: 'drift' } })
  t.like(judge(machine(BEFORE).see, enforced, owned(), { ...PAST, upgraded: true }), {
    state: 'pending',
    difference: { cause: 'upgrade' },
  })
  t.like(judge(machine(BEFORE).see, enforced, owned({ want: { status: 'Stopped' } })), { state: 'pending' })
})

test('what is as wanted is ours only where the record says so', (t) => {
  t.like(judge(machine(WANT).see, enforced, owned()), { state: 'in-sync', claim: 'keep', inEffect: true })
  t.like(judge(machine(WANT).see, enforced, null), { state: 'elsewhere', claim: 'keep', inEffect: true })
  t.like(judge(machine(WANT).see, enforced, null, { ...PAST, lost: true }), { claim: 'adopt' })
})

test('an intent counts when something came of it, and only then', (t) => {
  const intent = owned({ settled: false })
  t.is(judge(machine(BEFORE).see, enforced, intent).owned, null)
  t.like(judge(machine(WANT).see, enforced, intent), { state: 'in-sync', claim: 'adopt' })
  t.not(judge(machine({ startType: 'Disabled', status: 'Running' }).see, enforced, intent).owned, null)
  t.not(judge(blind, enforced, intent).owned, null, 'unknown is not as before')
})

test('unknown is never absent, wanted or not, and only matters where it is somebody’s', (t) => {
  t.like(judge(blind, enforced, null), { state: 'unknown', inEffect: false })
  t.like(judge(blind, gone, owned()), { state: 'unknown', claim: 'keep' })
  t.is(judge(blind, gone, owned()).difference, undefined)
  t.is(judge(blind, gone, null).state, 'absent')
})

test('not wanted any more: back where it is what we set, left where it is not, forgotten where it is as before', (t) => {
  t.like(judge(machine(WANT).see, gone, owned()), {
    state: 'pending',
    difference: { verb: 'undo', before: WANT, after: BEFORE },
  })
  t.like(judge(machine({ startType: 'Disabled', status: 'Running' }).see, gone, owned()).difference, {
    verb: 'undo',
  })
  t.like(judge(machine({ startType: 'Manual', status: 'Paused' }).see, gone, owned()), {
    state: 'leftover',
    claim: 'keep',
  })
  t.like(judge(machine(BEFORE).see, gone, owned()), { state: 'absent', claim: 'drop' })
  t.like(judge(machine(null).see, gone, owned()), { state: 'absent', claim: 'drop' })
})

test('what was never ours is not touched, whoever does not want it', (t) => {
  const one = judge(machine(WANT).see, gone, null)
  t.like(one, { state: 'absent', claim: 'keep' })
  t.is(one.difference, undefined)
})

test('what only the record knows is taken back; a mitigation that keeps, keeps', (t) => {
  t.like(judge(machine(WANT).see, null, owned()).difference, { verb: 'undo' })
  const kept = judge(machine(WANT).see, { ...gone, verdict: 'blocked', effect: 'keep' }, owned())
  t.like(kept, { state: 'kept', claim: 'keep', inEffect: true })
})

test('a service that is not on this server is nothing to do', (t) => {
  t.like(judge(machine(null).see, enforced, null), { state: 'absent', inEffect: true })
  t.like(judge(machine(null).see, enforced, owned()), { state: 'absent', claim: 'drop' })
})

test('fixed by the build is an upgrade; by a commit it is pending; a block that ran out is neither', (t) => {
  const fixed: Decision = { ...gone, verdict: 'fixed' }
  const cause = (decision: Decision, past: Partial<Past>) =>
    judge(machine(WANT).see, decision, owned(), { ...PAST, ...past }).difference?.cause
  t.is(cause(fixed, { upgraded: true, moved: true }), 'upgrade')
  t.is(cause(fixed, { moved: true }), 'pending')
  t.is(cause(gone, { moved: true }), 'pending')
  t.is(cause({ ...gone, expired: { block: 'b', hold: true } }, {}), 'expired')
})
