import test from 'ava'
import type { Part } from '../../reconciler/model/resource.ts'
import { type Machine as Laid, lay, machineOf } from '../../reconciler/stages/machine.ts'
import { Machine } from '../helpers/machine.ts'

const service = { startType: 'Automatic', status: 'Running', dependsOn: ['x'], dependents: [] } as const

function start(): Laid {
  const machine = new Machine({})
  machine.set('service', 'S', service)
  machine.set('pool', 'P', { state: 'Started' })
  machine.write('C:\\a', 'a')
  return machineOf(machine.see)
}

const settings = (become: Extract<Part, { thing: 'service' }>['become'], timeoutSeconds = 10): Part => ({
  thing: 'service',
  name: 'S',
  become,
  timeoutSeconds,
})

test('parts of one service add up field by field, with the longer patience', (t) => {
  const laid = lay(lay(start(), [settings({ status: 'Stopped' }, 90)]), [settings({ startType: 'Manual' })])
  t.deepEqual([...laid.parts.values()], [settings({ status: 'Stopped', startType: 'Manual' }, 90)])
  const seen = laid.see('service', 's')
  t.deepEqual(seen.is === 'here' && seen.value, { ...service, status: 'Stopped', startType: 'Manual' })
})

test('a file is what was laid last, whatever the case of its name; what was laid under it stays', (t) => {
  const below = start()
  const one = lay(below, [{ thing: 'file', name: 'C:\\A', become: new Uint8Array([1]) }])
  const two = lay(one, [{ thing: 'file', name: 'c:\\a', become: 'absent' }])
  t.is(two.parts.size, 1)
  t.deepEqual(two.see('file', 'C:\\a'), { is: 'absent' })
  t.like(one.see('file', 'c:\\A'), { is: 'here', value: new Uint8Array([1]) })
  t.is(below.parts.size, 0)
})

test('however much was laid, what was not is asked for once', (t) => {
  let asked = 0
  const below = start()
  const see: typeof below.see = (thing, name) => {
    asked += 1
    return below.see(thing, name)
  }
  let laid = machineOf(see)
  for (let at = 0; at < 20_000; at += 1) laid = lay(laid, [settings({ startType: 'Manual' })])
  t.is(laid.see('pool', 'P').is, 'here')
  t.is(asked, 1)
})

test('of what is not there or not known nothing can be laid', (t) => {
  const laid = lay(start(), [{ ...settings({ status: 'Stopped' }), name: 'T' } as Part])
  t.deepEqual(laid.see('service', 'T'), { is: 'absent' })
})

test('what was made replaces exactly the files it names', (t) => {
  const made = { x: [{ at: 'a', tail: null }], y: [] }
  const laid = lay({ ...start(), made }, [], { y: [{ at: 'b', tail: ' />' }] })
  t.deepEqual(laid.made, { x: [{ at: 'a', tail: null }], y: [{ at: 'b', tail: ' />' }] })
})
