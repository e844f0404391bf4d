import assert from 'node:assert/strict'
import test from 'ava'
import fc from 'fast-check'
import type { Example, ExampleMachine } from '../../reconciler/kinds/example.ts'
import { examplesByKind } from '../../reconciler/kinds/examples.ts'
import { kinds } from '../../reconciler/kinds/registry.ts'
import type { Before, Resource } from '../../reconciler/model/resource.ts'
import { Machine } from '../helpers/machine.ts'

/** The resources of all examples of all kinds, on any machine: those that a machine does not have stay out. */
function everything(): readonly Resource[] {
  const found = new Map<string, Resource>()
  for (const kind of kinds) {
    for (const { entry, mitigation } of examplesByKind[kind.name] ?? []) {
      for (const spec of kind.split(entry)) {
        const resource = kind.resource(spec, mitigation)
        if (!found.has(resource.key.toLowerCase())) found.set(resource.key.toLowerCase(), resource)
      }
    }
  }
  return [...found.values()]
}

const machines: readonly ExampleMachine[] = kinds.flatMap((kind) =>
  (examplesByKind[kind.name] ?? []).map(({ before }: Example) => before),
)

test('whatever is put in whatever order, and taken back in whatever order, leaves no trace', (t) => {
  const all = everything()
  const order = fc.shuffledSubarray(all.map((_, index) => index))
  const run = fc.record({ machine: fc.nat(machines.length - 1), order, back: fc.infiniteStream(fc.nat()) })
  let changes = 0
  fc.assert(
    fc.property(run, ({ machine: which, order: puts, back }) => {
      const machine = new Machine(machines[which] ?? {})
      const first = machine.snapshot()
      const texts = machine.texts()
      const owned: { resource: Resource; before: Before }[] = []
      for (const resource of puts.flatMap((index) => all[index] ?? [])) {
        const reading = resource.read(machine.see)
        if (reading.is === 'unknown' || reading.is === 'missing' || reading.is === 'elsewhere') continue
        const wish = resource.put(machine.see, machine.made)
        if (wish.is !== 'wish' || wish.parts.length === 0) continue
        machine.apply(wish)
        owned.push({ resource, before: wish.before })
        changes += 1
      }
      while (owned.length > 0) {
        const [{ resource, before } = owned[0]!] = owned.splice((back.next().value ?? 0) % owned.length, 1)
        machine.apply(resource.undo(machine.see, before, machine.made, resource.want))
      }
      assert.deepEqual(machine.texts(), texts)
      assert.deepEqual(machine.snapshot(), first)
      assert.deepEqual(Object.values(machine.made).flat(), [])
    }),
    { numRuns: 120, seed: 20260721, interruptAfterTimeLimit: 12_000 },
  )
  t.true(changes > 100, `only ${changes} changes were made`)
})
