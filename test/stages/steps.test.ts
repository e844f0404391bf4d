import test from 'ava'
import type { Part } from '../../reconciler/model/resource.ts'
import { thingKey } from '../../reconciler/model/thing.ts'
import { filesOf, stepsOf } from '../../reconciler/stages/steps.ts'
import { APPLICATION_HOST, Machine } from '../helpers/machine.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const service = { startType: 'Automatic', status: 'Running', dependsOn: [], dependents: [] } as const

function machine(): Machine {
  const made = new Machine({})
  made.write(APPLICATION_HOST, 'host')
  made.write('C:\\b\\web.config', 'b')
  made.write('C:\\A\\web.config', 'a')
  made.set('service', 'Up', { ...service, status: 'Stopped' })
  made.set('service', 'Down', service)
  made.set('pool', 'P', { state: 'Started' })
  return made
}

function parts(...all: readonly Part[]): ReadonlyMap<string, Part> {
  return new Map(all.map((part) => [thingKey(part.thing, part.name), part]))
}

const file = (name: string, become: string | 'absent'): Part => ({
  thing: 'file',
  name,
  become: become === 'absent' ? become : bytes(become),
})
const state = (name: string, become: Extract<Part, { thing: 'service' }>['become']): Part => ({
  thing: 'service',
  name,
  become,
  timeoutSeconds: 120,
})

test('services that stop, applicationHost.config, other files by path, pools, services that start', (t) => {
  const { see } = machine()
  const steps = stepsOf(
    parts(
      state('Up', { status: 'Running' }),
      { thing: 'pool', name: 'P', become: { state: 'Stopped' }, timeoutSeconds: 120 },
      file('C:\\b\\web.config', 'x'),
      file('C:\\A\\web.config', 'y'),
      file(APPLICATION_HOST, 'z'),
      state('Down', { status: 'Stopped', startType: 'Disabled' }),
    ),
    see,
  )
  t.deepEqual(
    steps.map(({ name }) => name),
    ['Down', APPLICATION_HOST, 'C:\\A\\web.config', 'C:\\b\\web.config', 'P', 'Up'],
  )
})

test('nothing where nothing differs, and of a service only what differs', (t) => {
  const { see } = machine()
  const same = parts(
    file(APPLICATION_HOST, 'host'),
    file('C:\\not-there.config', 'absent'),
    state('Down', { status: 'Running', startType: 'Automatic' }),
    { thing: 'pool', name: 'P', become: { state: 'Started' }, timeoutSeconds: 120 },
  )
  t.deepEqual(stepsOf(same, see), [])
  t.like(stepsOf(parts(state('Down', { status: 'Stopped', startType: 'Automatic' })), see)[0], {
    become: { status: 'Stopped' },
  })
})

test('a step expects what was seen, and a thing that cannot be seen has none', (t) => {
  const { see } = machine()
  const seen = see('file', APPLICATION_HOST)
  const steps = stepsOf(parts(file(APPLICATION_HOST, 'x'), file('C:\\new.config', 'n')), see)
  t.deepEqual(
    steps.map(({ expect }) => expect),
    [seen.is === 'here' ? seen.digest : 'absent', 'absent'],
  )
  t.deepEqual(stepsOf(parts(state('NoSuch', { status: 'Stopped' })), see), [])
  t.deepEqual(
    stepsOf(parts(file(APPLICATION_HOST, 'x')), () => ({ is: 'unknown', why: 'denied' })),
    [],
  )
})

test('what files held is told with the steps', (t) => {
  const { see } = machine()
  const steps = stepsOf(parts(file(APPLICATION_HOST, 'absent'), file('C:\\new.config', 'n')), see)
  t.deepEqual(filesOf(steps, see), [
    { file: APPLICATION_HOST, before: bytes('host'), after: null },
    { file: 'C:\\new.config', before: null, after: bytes('n') },
  ])
})
