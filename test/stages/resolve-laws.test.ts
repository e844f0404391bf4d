import test from 'ava'
import fc from 'fast-check'
import type {
  Block,
  Catalogue,
  Mitigation,
  MitigationSelector,
  Policy,
  ServerSelector,
} from '../../reconciler/model/catalogue.ts'
import type { Facts } from '../../reconciler/model/facts.ts'
import type { DesiredState } from '../../reconciler/model/verdict.ts'
import { exposed } from '../../reconciler/policy/exposed.ts'
import { resolve } from '../../reconciler/stages/resolve.ts'
import {
  at,
  block,
  builds,
  catalogue,
  context,
  facts,
  KINDS,
  mitigation,
  NOW,
  policy,
  server,
  without,
} from '../helpers/catalogue.ts'

const NAMES = ['M1', 'M2', 'M3'] as const

const servers: fc.Arbitrary<ServerSelector> = fc.oneof(
  fc.constant<ServerSelector>({ is: 'all' }),
  fc.constantFrom<ServerSelector>(
    { is: 'some', names: ['EX01'], labels: {} },
    { is: 'some', names: ['ex02'], labels: {} },
    { is: 'some', names: [], labels: { ring: 'canary' } },
  ),
)
const chosen: fc.Arbitrary<MitigationSelector> = fc.oneof(
  fc.constantFrom<MitigationSelector>(
    { is: 'all' },
    { is: 'severity', severity: ['critical'] },
    { is: 'labels', labels: { vendor: 'microsoft' } },
  ),
  fc.subarray([...NAMES], { minLength: 1 }).map((names): MitigationSelector => ({ is: 'names', names })),
)
const policies: fc.Arbitrary<Policy[]> = fc
  .array(
    fc.record({ servers, mitigations: chosen, mode: fc.constantFrom('enforce' as const, 'audit' as const) }),
    {
      maxLength: 4,
    },
  )
  .map((list) => list.map((over, index) => policy(`p${index}`, over)))
const oneBlock = fc.record({
  servers,
  mitigations: chosen,
  remove: fc.boolean(),
  end: fc.option(fc.integer({ min: -3, max: 3 }), { nil: null }),
})
const blocks: fc.Arbitrary<Block[]> = fc
  .array(oneBlock, { maxLength: 3 })
  .map((list) =>
    list.map(({ end, ...over }, index) =>
      block(`b${index}`, { ...over, ...(end === null ? {} : { expires: NOW + end * 3_600_000 }) }),
    ),
  )

function one(name: string): fc.Arbitrary<Mitigation> {
  const over = fc.record({
    optIn: fc.boolean(),
    severity: fc.constantFrom('critical' as const, 'low' as const),
    labels: fc.constantFrom({}, { vendor: 'microsoft' }),
    onFixed: fc.constantFrom('remove' as const, 'keep' as const),
    fixedIn: fc.constantFrom('15.1.2507.6', '15.1.2507.16').map((build) => ({
      ...builds({ '15.1.2507': build }),
      origin: at('m'),
    })),
    requires: fc.constantFrom({}, { urlRewrite: '>=7.1' }, { os: '>=11' }),
  })
  return over.map((values) =>
    mitigation(name, { ...values, resources: [{ kind: 'toy', entry: [name, 'shared'], origin: at('m') }] }),
  )
}

const world: fc.Arbitrary<Catalogue> = fc
  .record({ mitigations: fc.tuple(...NAMES.map(one)), policies, blocks })
  .map((over) =>
    catalogue({ ...over, servers: [server('ex01', { labels: { ring: 'canary' } }), server('ex02')] }),
  )
const here: fc.Arbitrary<Facts> = fc
  .subarray(['roles', 'exchange', 'os', 'urlRewrite'] as const)
  .chain((lost) => fc.constantFrom(without(lost), without(lost, facts({ urlRewrite: null }))))

const run = (of: Catalogue, seen: Facts): DesiredState => resolve(of, seen, KINDS, context())

/** Without functions, so that states compare by value. */
const plain = (state: DesiredState): unknown => JSON.parse(JSON.stringify(state))

test('the order of policies, blocks and servers does not matter', (t) => {
  fc.assert(
    fc.property(world, here, (of, seen) => {
      const turned = {
        ...of,
        policies: of.policies.toReversed(),
        blocks: of.blocks.toReversed(),
        servers: of.servers.toReversed(),
      }
      t.deepEqual(plain(run(turned, seen)), plain(run(of, seen)))
    }),
    { numRuns: 60 },
  )
})

test('the order of mitigations moves decisions, it does not change them', (t) => {
  fc.assert(
    fc.property(world, here, (of, seen) => {
      const turned = run({ ...of, mitigations: of.mitigations.toReversed() }, seen)
      t.deepEqual(turned.decisions.toReversed(), run(of, seen).decisions)
    }),
    { numRuns: 60 },
  )
})

test('a block more never puts anything into effect', (t) => {
  fc.assert(
    fc.property(world, here, oneBlock, (of, seen, { end: _, ...over }) => {
      const before = run(of, seen).decisions
      const after = run({ ...of, blocks: [...of.blocks, block('more', over)] }, seen).decisions
      for (const [index, decision] of after.entries()) {
        if (decision.effect === 'converge') t.deepEqual(decision, before[index]!)
        t.is(decision.selected, before[index]!.selected)
      }
    }),
    { numRuns: 100 },
  )
})

test('what is opt-in is in effect only where a policy names it', (t) => {
  fc.assert(
    fc.property(world, here, (of, seen) => {
      for (const [index, decision] of run(of, seen).decisions.entries()) {
        const { optIn, name } = of.mitigations[index]!
        const named = of.policies.some(({ mitigations: m }) => m.is === 'names' && m.names.includes(name))
        if (optIn && !named) t.not(decision.effect, 'converge')
      }
    }),
    { numRuns: 100 },
  )
})

test('with nothing known nothing is written, unless a question before could be answered', (t) => {
  fc.assert(
    fc.property(world, (of) => {
      const nothing = without(['roles', 'exchange', 'os', 'iis', 'urlRewrite'])
      for (const decision of run(of, nothing).decisions) {
        t.is(decision.verdict, 'unknown')
        t.is(decision.effect, 'keep')
        t.false(exposed(decision, false))
      }
    }),
    { numRuns: 50 },
  )
})

test('every decision has one question that holds, the last, and it is the verdict', (t) => {
  fc.assert(
    fc.property(world, here, (of, seen) => {
      for (const { questions, verdict, reason } of run(of, seen).decisions) {
        t.deepEqual(
          questions.map(({ holds }) => holds),
          questions.map((_, index) => index === questions.length - 1),
        )
        t.is(questions.at(-1)?.verdict, verdict)
        t.not(reason, '')
      }
    }),
    { numRuns: 60 },
  )
})

test('every mitigation stands with each resource it asks for, once', (t) => {
  fc.assert(
    fc.property(world, here, (of, seen) => {
      const state = run(of, seen)
      t.deepEqual(state.resources.map(({ resource }) => resource.key).toSorted(), [
        'toy:M1',
        'toy:M2',
        'toy:M3',
        'toy:shared',
      ])
      for (const { wantedBy, unwantedBy } of state.resources) {
        t.true(wantedBy.every(({ effect }) => effect === 'converge'))
        t.true(unwantedBy.every(({ effect }) => effect !== 'converge'))
      }
    }),
    { numRuns: 60 },
  )
})
