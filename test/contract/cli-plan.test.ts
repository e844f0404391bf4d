import test from 'ava'
import { workplace } from '../helpers/workplace.ts'

// biome-ignore lint/suspicious/noExplicitAny: what a command printed, of which each test looks at a part
const parsed = (text: string): any => JSON.parse(text)

const RULE = 'rewrite-rule:Default Web Site:PowerShell - inbound'

test('a plan has what the contract names, and nothing is written', async (t) => {
  const place = await workplace(t, ['ex01'])
  const { stdout, code } = await place.run('plan', '--json')
  t.is(code, 2)
  const [server] = parsed(stdout).servers
  for (const key of ['server', 'facts', 'warnings', 'mitigations', 'plan']) t.true(key in server, key)
  const [m1] = server.mitigations
  t.like(m1, { name: 'M1', verdict: 'enforced', mode: 'enforce', state: 'pending' })
  t.like(m1.origin, { file: 'policies/baseline.yaml', line: 3 })
  t.deepEqual(m1.resources, [{ key: RULE, state: 'pending', owned: false }])
  const [change] = server.plan.changes
  t.like(change, { verb: 'put', key: RULE, cause: 'pending', before: null })
  t.like(change.after, { action: { type: 'AbortRequest' } })
  t.true(Array.isArray(change.impact.stops))
  t.true(change.impact.restarts.includes('Default Web Site/owa'), 'applications below inherit the rule')
  t.deepEqual(server.plan.held, [])
  t.is((await place.run('log', '--json')).stdout.trim(), '', 'no journal either')
})

test('ids say what changes, not which revision or state folder asks for it', async (t) => {
  const place = await workplace(t)
  const first = parsed((await place.run('plan', '--json')).stdout)
  await place.commit({ 'README.md': 'another revision\n' })
  const second = parsed((await place.run('plan', '--json', '--state', './elsewhere')).stdout)
  t.not(first.revision, second.revision)
  t.is(first.id, second.id)
  t.is(first.servers[0].plan.id, second.servers[0].plan.id)
  t.not(first.servers[0].plan.id, first.servers[1].plan.id)
})

test("with a server's id the servers not named are left alone", async (t) => {
  const place = await workplace(t)
  const [one, two] = [await place.read('ex01'), await place.read('ex02')]
  const planned = parsed((await place.run('plan', '--json')).stdout)
  const applied = await place.run('apply', '--json', '--plan', planned.servers[1].plan.id)
  t.is(applied.code, 0)
  t.deepEqual(parsed(applied.stdout).servers[0].outcome, [
    { key: RULE, verb: 'put', cause: 'pending', result: 'applied' },
  ])
  t.true(one.equals(await place.read('ex01')))
  t.false(two.equals(await place.read('ex02')))
  const outdated = await place.run('apply', '--plan', planned.id)
  t.is(outdated.code, 3, 'the plan of the whole run is another one now')
  t.true(one.equals(await place.read('ex01')))
})

test('the id that a filtered plan prints is carried out without the filter, and only on its servers', async (t) => {
  const place = await workplace(t)
  const two = await place.read('ex02')
  const { id } = parsed((await place.run('plan', '--only', 'EX01', '--json')).stdout)
  t.is((await place.run('apply', '--plan', id)).code, 0)
  t.regex((await place.read('ex01')).toString(), /Stopgap M1/)
  t.true(two.equals(await place.read('ex02')))
  t.is((await place.run('apply', '--plan', id)).code, 3, 'done once, it is nobody’s plan')
})

test('filters repeat, look at no case, and refuse what nobody is called', async (t) => {
  const place = await workplace(t)
  const both = await place.run('plan', '--only', 'EX01', '--only', 'ex02', '--mitigation', 'm1', '--json')
  t.deepEqual(
    parsed(both.stdout).servers.map((one: { server: string }) => one.server),
    ['ex01', 'ex02'],
  )
  for (const command of ['plan', 'apply']) {
    const none = await place.run(command, '--mitigation', 'M7', '--json')
    t.is(none.code, 3)
    t.regex(none.stderr, /no mitigation is called M7\n\s+There are: M1\./)
    t.is(none.stdout, '')
  }
  t.is((await place.run('plan', '--only', 'ex07')).code, 3)
  t.is((await place.run('status', '--mitigation', 'M7')).code, 0, 'nothing is known yet, so nobody can tell')
  await place.run('apply', '--yes')
  t.is((await place.run('status', '--mitigation', 'M7')).code, 3)
})
