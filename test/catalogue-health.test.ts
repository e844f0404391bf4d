import test from 'ava'
import { enforcing, type Line, line } from './helpers/line.ts'

// Managed Availability starts Exchange services and pools again, so whatever stops one stops the health manager first.
const HEALTH = ['MSExchangeHM', 'MSExchangeHMRecovery'] as const
const SWITCHES = ['ProxyLogon-ECP', 'ProxyLogon-OAB', 'ProxyLogon-UM'] as const
const OFF = { startType: 'Disabled', status: 'Stopped' }
const ON = { startType: 'Automatic', status: 'Running' }

async function health(one: Line): Promise<readonly unknown[]> {
  const all = await Promise.all(HEALTH.map((name) => one.service(name)))
  return all.map(({ startType, status }) => ({ startType, status }))
}

async function owners(one: Line): Promise<readonly unknown[]> {
  const { owned = {} } = (await one.record()) ?? {}
  return HEALTH.map((name) => [...(owned[`service:${name}`]?.mitigations ?? [])].sort())
}

for (const name of SWITCHES) {
  test(`${name} stops the health manager before anything else, and starts it last`, async (t) => {
    const one = await line(t, { exchange: '15.1.2242.1' })
    const steps: string[][] = []
    const { act } = one.target
    one.target = {
      ...one.target,
      act: (all, ...rest) => {
        steps.push(all.flatMap((step) => (step.thing === 'file' ? [] : [step.name])))
        return act(all, ...rest)
      },
    }
    one.commit(enforcing('M1', name))
    await one.pass()
    t.deepEqual(steps[0]?.slice(0, 2), [...HEALTH])
    t.deepEqual(await health(one), [OFF, OFF])
    steps.length = 0
    one.commit(enforcing('M1'))
    t.is((await one.pass()).result, 'changed')
    t.deepEqual(steps[0]?.slice(-2), HEALTH.toReversed())
    t.deepEqual(await health(one), [ON, ON])
  })
}

test('several own the health manager together; it is back only when the last of them goes', async (t) => {
  const one = await line(t, { exchange: '15.1.2242.1' })
  const left: string[] = [...SWITCHES]
  one.commit(enforcing('M1', ...left))
  t.is((await one.pass()).result, 'changed')
  t.deepEqual(await owners(one), [[...SWITCHES], [...SWITCHES]])
  while (left.length > 1) {
    left.shift()
    one.commit(enforcing('M1', ...left))
    t.is((await one.pass()).result, 'changed')
    t.deepEqual(await health(one), [OFF, OFF], `${left.join(' and ')} need it`)
    t.deepEqual(await owners(one), [left, left])
  }
  one.commit(enforcing('M1'))
  t.is((await one.pass()).result, 'changed')
  t.deepEqual(await health(one), [ON, ON])
})

test('in maintenance the health manager is not started, and neither is a pool; both come with its end', async (t) => {
  const one = await line(t, { exchange: '15.1.2242.1' })
  one.commit(enforcing('M1', 'ProxyLogon-OAB'))
  await one.pass()
  await one.server((root) => {
    root.facts.maintenance = true
  })
  one.commit(enforcing('M1'))
  const { plan } = await one.pass()
  t.deepEqual(plan?.held.map(({ key, reason }) => `${key} ${reason}`).sort(), [
    'app-pool:MSExchangeOABAppPool maintenance',
    'service:MSExchangeHM maintenance',
    'service:MSExchangeHMRecovery maintenance',
  ])
  t.deepEqual(await health(one), [OFF, OFF])
  await one.server((root) => {
    root.facts.maintenance = false
  })
  t.is((await one.pass()).result, 'changed')
  t.deepEqual(await health(one), [ON, ON])
})
