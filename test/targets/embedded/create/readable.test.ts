import test, { type ExecutionContext } from 'ava'
import { configuration } from '../../../../reconciler/iis/configuration.ts'
import { layers } from '../../../../reconciler/iis/layers.ts'
import { pathFaults } from '../../../../reconciler/iis/path-faults.ts'
import { namedPaths } from '../../../../reconciler/iis/readers.ts'
import { type AnySighting, type Query, seeing, thingKey } from '../../../../reconciler/model/thing.ts'
import type { CreateOptions } from '../../../../reconciler/targets/embedded/create/create.ts'
import { embeddedTarget } from '../../../../reconciler/targets/embedded/target.ts'
import { embeddedServer } from '../../../helpers/embedded-server.ts'

/** What IIS would refuse on a server, path by path, as `path: what`. */
async function faultsOf(t: ExecutionContext, options: Partial<CreateOptions>): Promise<string[]> {
  const target = embeddedTarget({ name: 'ex01', dir: await embeddedServer(t, options) })
  const sightings = new Map<string, AnySighting>()
  let asked: Query[] = []
  const see = seeing(sightings, (query) => asked.push(query))
  const evaluate = () => {
    const read = configuration(see)
    if (read.is === 'unknown') return [read.why]
    return namedPaths(read.value).flatMap((path) => {
      const all = layers(see, read.value, path)
      if (all.is === 'unknown') return [`${path}: ${all.why}`]
      return pathFaults(read.value, all.value, path).map(({ what }) => `${path}: ${what}`)
    })
  }
  for (;;) {
    asked = []
    const faults = evaluate()
    if (asked.length === 0) return faults
    const look = await target.look(asked, new Map(), new AbortController().signal)
    for (const { thing, name } of asked)
      sightings.set(thingKey(thing, name), look.sightings.get(thingKey(thing, name))!)
  }
}

for (const exchange of ['15.0.1497.2', '15.1.2507.6', '15.2.1118.7', '15.2.2562.45']) {
  test(`IIS takes every path of a server of build ${exchange}, with and without rules of others`, async (t) => {
    t.deepEqual(await faultsOf(t, { exchange }), [])
    t.deepEqual(await faultsOf(t, { exchange, without: ['url-rewrite'] }), [])
    t.deepEqual(await faultsOf(t, { exchange, with: ['eems-m1', 'foreign-rules', 'second-site'] }), [])
  })
}

test('a server of each role is one that IIS takes', async (t) => {
  for (const role of ['Mailbox', 'ClientAccess', 'EdgeTransport'] as const) {
    t.deepEqual(await faultsOf(t, { exchange: '15.0.1497.2', roles: [role] }), [])
  }
})

test('M2 as the EM service places it is read twice below /owa, as on real servers', async (t) => {
  const faults = await faultsOf(t, { with: ['eems-m2'] })
  t.deepEqual(
    [...new Set(faults.map((fault) => fault.split(':')[0]))].sort(),
    ['owa/Calendar', 'owa/Integrated', 'owa/oma'].map((path) => `Default Web Site/${path}`),
  )
})
