import test from 'ava'
import type { Catalogue, Mitigation } from '../../reconciler/model/catalogue.ts'
import type { DesiredResource } from '../../reconciler/model/verdict.ts'
import { resolve } from '../../reconciler/stages/resolve.ts'
import { at, block, catalogue, context, facts, KINDS, mitigation, policy } from '../helpers/catalogue.ts'

function asking(name: string, keys: readonly string[], over: Partial<Mitigation> = {}): Mitigation {
  return mitigation(name, { resources: [{ kind: 'toy', entry: keys, origin: at('x') }], ...over })
}

function resourcesOf(over: Partial<Catalogue>): readonly DesiredResource[] {
  return resolve(catalogue(over), facts(), KINDS, context()).resources
}

const brief = ({ resource, wantedBy, unwantedBy, order }: DesiredResource) => ({
  key: resource.key,
  wanted: wantedBy.map(({ mitigation }) => mitigation),
  unwanted: unwantedBy.map(({ mitigation }) => mitigation),
  order,
})

test('entries become one resource per specification, in the order listed', (t) => {
  const mitigations = [asking('B', ['b2', 'b1']), asking('A', ['a'])]
  t.deepEqual(resourcesOf({ mitigations }).map(brief), [
    { key: 'toy:b2', wanted: ['B'], unwanted: [], order: 0 },
    { key: 'toy:b1', wanted: ['B'], unwanted: [], order: 1 },
    { key: 'toy:a', wanted: ['A'], unwanted: [], order: 2 },
  ])
})

test('a resource of several mitigations is one, whatever its case, and wanted while one wants it', (t) => {
  const mitigations = [asking('A', ['Shared', 'own']), asking('B', ['shared'])]
  const blocks = [block('b', { mitigations: { is: 'names', names: ['A'] } })]
  t.deepEqual(resourcesOf({ mitigations, blocks }).map(brief), [
    { key: 'toy:shared', wanted: ['B'], unwanted: ['A'], order: 0 },
    { key: 'toy:own', wanted: [], unwanted: ['A'], order: 1 },
  ])
})

test('the enforced one speaks for a shared resource before the audited one', (t) => {
  const mitigations = [asking('A', ['S']), asking('B', ['s'])]
  const only = (name: string, mode: 'audit' | 'enforce') =>
    policy(name, { mode, mitigations: { is: 'names', names: [name] } })
  const [shared] = resourcesOf({ mitigations, policies: [only('A', 'audit'), only('B', 'enforce')] })
  t.is(shared?.resource.mitigation, 'B')
  t.deepEqual(
    shared?.wantedBy.map(({ mode }) => mode),
    ['audit', 'enforce'],
  )
})

test('a mitigation that names a resource twice asks for it once', (t) => {
  const [resource, ...rest] = resourcesOf({ mitigations: [asking('A', ['x', 'X'])] })
  t.is(rest.length, 0)
  t.is(resource?.wantedBy.length, 1)
})

test('harmless is who only pings', (t) => {
  const ping = { kind: 'ping', entry: ['p'], origin: at('x') }
  const both = mitigation('B', { resources: [ping, { kind: 'toy', entry: ['t'], origin: at('x') }] })
  const { decisions } = resolve(
    catalogue({ mitigations: [mitigation('P', { resources: [ping] }), both] }),
    facts(),
    KINDS,
    context(),
  )
  t.deepEqual(
    decisions.map(({ harmless }) => harmless),
    [true, false],
  )
})

test('a kind that nobody registered is our bug', (t) => {
  t.throws(() => resolve(catalogue(), facts(), [], context()), { code: 'BUG' })
})
