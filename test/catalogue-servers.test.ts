import test, { type ExecutionContext } from 'ava'
import { kinds } from '../reconciler/kinds/registry.ts'
import type { Mitigation } from '../reconciler/model/catalogue.ts'
import type { Reading, Resource, Wish } from '../reconciler/model/resource.ts'
import { type AnySighting, type Query, seeing, thingKey } from '../reconciler/model/thing.ts'
import type { CreateOptions } from '../reconciler/targets/embedded/create/create.ts'
import { embeddedTarget } from '../reconciler/targets/embedded/target.ts'
import { embeddedServer } from './helpers/embedded-server.ts'
import { shipped } from './helpers/shipped.ts'

interface Seen {
  readonly mitigation: string
  readonly key: string
  readonly reading: Reading
  readonly wish: Wish
}

function resourcesOf(mitigation: Mitigation): readonly Resource[] {
  return mitigation.resources.flatMap(({ kind: name, entry }) => {
    const kind = kinds.find((one) => one.name === name)
    return (kind?.split(entry) ?? []).map((spec) => kind?.resource(spec, mitigation.name) as Resource)
  })
}

/** Every resource of the shipped catalogue on a created server: how it reads, and what putting it would take. */
async function look(t: ExecutionContext, options: Partial<CreateOptions>): Promise<readonly Seen[]> {
  const dir = await embeddedServer(t, options)
  const target = embeddedTarget({ name: 'ex01', dir })
  const sightings = new Map<string, AnySighting>()
  const resources = shipped().mitigations.flatMap((mitigation) => resourcesOf(mitigation))
  const readAll = (asked: Query[]): readonly Seen[] => {
    const see = seeing(sightings, (query) => asked.push(query))
    return resources.map((resource) => ({
      mitigation: resource.mitigation,
      key: resource.key,
      reading: resource.read(see),
      wish: resource.put(see, {}),
    }))
  }
  for (let round = 0; round < 6; round += 1) {
    const asked: Query[] = []
    const seen = readAll(asked)
    if (asked.length === 0) return seen
    const found = await target.look(asked, new Map(), AbortSignal.timeout(30_000))
    for (const query of asked) {
      const key = thingKey(query.thing, query.name)
      const sighting = found.sightings.get(key)
      if (sighting !== undefined) sightings.set(key, sighting)
    }
  }
  return t.fail('there is always more to look at') as never
}

const readable = test.macro(async (t, options: Partial<CreateOptions>) => {
  for (const { mitigation, key, reading, wish } of await look(t, options)) {
    const what = `${mitigation} ${key}: ${JSON.stringify(reading).slice(0, 300)}`
    t.not(reading.is, 'unknown', what)
    if (reading.is !== 'missing' && reading.is !== 'elsewhere')
      t.is(wish.is, 'wish', `${what} ${JSON.stringify(wish).slice(0, 300)}`)
  }
})
test('all can be read and put on Exchange 2016 CU23', readable, { exchange: '15.1.2507.6' })
test('all can be read and put on Exchange 2019 CU12', readable, { exchange: '15.2.1118.7' })
test('all can be read and put on Exchange SE', readable, { exchange: '15.2.2562.45' })

test('of the rules of the EM service, M2 counts as ours; the published form of M1 is not enough', async (t) => {
  const seen = await look(t, { exchange: '15.1.2507.6', with: ['eems-m1', 'eems-m2'] })
  const readings = seen.filter(({ mitigation }) => mitigation === 'M1' || mitigation === 'M2')
  t.deepEqual(
    readings.map(({ mitigation, reading }) => `${mitigation} ${reading.is}`),
    ['M1 absent', 'M2 elsewhere'],
  )
})
