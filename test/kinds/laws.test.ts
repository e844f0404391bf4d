import test from 'ava'
import type { Example } from '../../reconciler/kinds/example.ts'
import { examplesByKind } from '../../reconciler/kinds/examples.ts'
import { kinds } from '../../reconciler/kinds/registry.ts'
import type { Before, Kind, Resource } from '../../reconciler/model/resource.ts'
import { blind, Machine } from '../helpers/machine.ts'

interface Done {
  readonly resource: Resource
  readonly before: Before
}

function resourcesOf(kind: Kind, example: Example): readonly Resource[] {
  return kind.split(example.entry).map((spec) => kind.resource(spec, example.mitigation))
}

function putAll(machine: Machine, resources: readonly Resource[]): readonly Done[] {
  return resources.map((resource) => {
    const wish = resource.put(machine.see, machine.made)
    machine.apply(wish)
    return { resource, before: wish.is === 'wish' ? wish.before : { fields: null } }
  })
}

function undoAll(machine: Machine, done: readonly Done[]): void {
  // As a record would: what was there before has been through JSON.
  for (const { resource, before } of done.toReversed()) {
    const remembered = JSON.parse(JSON.stringify(before)) as Before
    machine.apply(resource.undo(machine.see, remembered, machine.made, resource.want))
  }
}

const readAfterPut = test.macro((t, kind: Kind, example: Example) => {
  const machine = new Machine(example.before)
  const resources = resourcesOf(kind, example)
  putAll(machine, resources)
  for (const resource of resources) {
    const reading = resource.read(machine.see)
    t.is(reading.is, 'present', JSON.stringify(reading))
    if (reading.is === 'present') t.deepEqual(reading.fields, resource.want)
  }
})

const putTwice = test.macro((t, kind: Kind, example: Example) => {
  const machine = new Machine(example.before)
  const resources = resourcesOf(kind, example)
  putAll(machine, resources)
  const once = machine.snapshot()
  const made = machine.made
  for (const resource of resources) {
    const again = resource.put(machine.see, machine.made)
    t.is(again.is, 'wish')
    if (again.is === 'wish') t.deepEqual(again.parts, [], `${resource.key} writes again`)
    machine.apply(again)
  }
  t.deepEqual(machine.snapshot(), once)
  t.deepEqual(machine.made, made)
})

const undoAfterPut = test.macro((t, kind: Kind, example: Example) => {
  const machine = new Machine(example.before)
  const start = machine.snapshot()
  const done = putAll(machine, resourcesOf(kind, example))
  if (kind.name !== 'ping') t.notDeepEqual(machine.snapshot(), start, 'the example must change something')
  undoAll(machine, done)
  t.deepEqual(machine.snapshot(), start)
  t.true(
    Object.values(machine.made).every((made) => made.length === 0),
    JSON.stringify(machine.made),
  )
  undoAll(machine, done)
  t.deepEqual(machine.snapshot(), start, 'undone twice is undone once')
})

const foreignEdit = test.macro((t, kind: Kind, example: Example) => {
  const foreign = example.foreign
  if (foreign === undefined) throw new Error('only for examples with a foreign edit')
  const expected = new Machine(example.before)
  expected.edit(foreign.file, foreign.find, foreign.become)
  const machine = new Machine(example.before)
  const done = putAll(machine, resourcesOf(kind, example))
  machine.edit(foreign.file, foreign.find, foreign.become)
  undoAll(machine, done)
  t.is(machine.text(foreign.file), expected.text(foreign.file))
})

const fromNothing = test.macro((t, kind: Kind, example: Example) => {
  const machine = new Machine(example.before)
  for (const resource of resourcesOf(kind, example)) {
    const cold = machine.cold(resource.read, (reading) => reading.is !== 'unknown')
    t.true(cold.rounds <= 4, `${resource.key}: ${cold.rounds} rounds, ${JSON.stringify(cold.result)}`)
    t.deepEqual(cold.result, resource.read(machine.see))
    t.is(resource.read(blind).is, 'unknown')
    t.is(resource.put(blind, {}).is, kind.name === 'ping' ? 'wish' : 'unknown')
    t.is(
      resource.undo(blind, { fields: null }, {}, resource.want).is,
      kind.name === 'ping' ? 'wish' : 'unknown',
    )
    t.deepEqual(resource.impact(blind), { stops: [], restarts: [] })
  }
})

const wellSpecified = test.macro((t, kind: Kind, example: Example) => {
  t.deepEqual(kind.faults(example.entry, example.optIn), [])
  const keys = new Set<string>()
  const machine = new Machine(example.before)
  for (const [index, resource] of resourcesOf(kind, example).entries()) {
    t.is(resource.kind, kind.name)
    t.false(keys.has(resource.key.toLowerCase()), resource.key)
    keys.add(resource.key.toLowerCase())
    const again = kind.resource(JSON.parse(JSON.stringify(resource.spec)), example.mitigation)
    t.is(again.key, resource.key)
    t.deepEqual(again.want, resource.want)
    t.deepEqual(kind.split(resource.spec), [resource.spec], 'an atomic specification splits into itself')
    if (index > 0) continue
    const reading = resource.read(machine.see)
    if (example.reads === undefined) t.is(reading.is, 'absent', JSON.stringify(reading))
    else if (reading.is === 'present') t.deepEqual(reading.fields, example.reads)
    else t.fail(JSON.stringify(reading))
  }
})

for (const kind of kinds) {
  for (const example of examplesByKind[kind.name] ?? []) {
    const title = `${kind.name}: ${example.name}`
    test(`${title} – is well specified and its resources can be made again`, wellSpecified, kind, example)
    test(`${title} – read after put is what was wanted`, readAfterPut, kind, example)
    test(`${title} – put twice is put once`, putTwice, kind, example)
    test(`${title} – undo after put gives back the bytes`, undoAfterPut, kind, example)
    test(
      `${title} – asks for all it needs within few rounds; blind, it knows nothing`,
      fromNothing,
      kind,
      example,
    )
    if (example.foreign !== undefined) {
      test(`${title} – a foreign edit in between survives`, foreignEdit, kind, example)
    }
  }
}

test('every kind has examples', (t) => {
  for (const kind of kinds) t.true((examplesByKind[kind.name] ?? []).length > 0, kind.name)
})
