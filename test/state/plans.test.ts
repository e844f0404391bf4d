import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import type { Change } from '../../reconciler/model/plan.ts'
import { serverFolder } from '../../reconciler/state/folder.ts'
import { findPlans, REMEMBERED, rememberPlan, rememberRun } from '../../reconciler/state/plans.ts'
import { temporaryFolder } from '../helpers/folder.ts'

const change: Change = {
  verb: 'put',
  key: 'ping:server:x',
  kind: 'ping',
  mitigations: ['M1'],
  cause: 'pending',
  before: null,
  after: {},
  impact: { stops: [], restarts: [] },
  id: 'c1',
}

function plan(id: string, server = 'ex01'): Parameters<typeof rememberPlan>[1] {
  const held = [{ ...change, id: 'c2', reason: 'limit' as const, detail: '' }]
  return { id, server, changes: [change], held }
}

test('an id stands for its plan, that of a run for all of its plans', async (t) => {
  const state = { path: await temporaryFolder(t) }
  await rememberPlan(state, plan('sha256:a', 'ex01'), 1)
  await rememberPlan(state, plan('sha256:b', 'ex02'), 1)
  await rememberRun(state, {
    id: 'sha256:r',
    at: 1,
    plans: [plan('sha256:a', 'EX01'), plan('sha256:b', 'ex02')],
  })
  t.deepEqual(await findPlans(state, 'sha256:a'), [
    {
      id: 'sha256:a',
      server: 'ex01',
      at: 1,
      changes: ['c1', 'c2'],
      held: [{ id: 'c2', key: change.key, reason: 'limit' }],
    },
  ])
  t.deepEqual(
    (await findPlans(state, 'sha256:r')).map(({ server }) => server),
    ['ex01', 'ex02'],
  )
})

for (const id of ['sha256:x', '', '../../state', 'a'.repeat(5000), '%2e%2e']) {
  test(`an id that nobody has is told so: ${JSON.stringify(id.slice(0, 20))}`, async (t) => {
    const state = { path: await temporaryFolder(t) }
    await rememberPlan(state, plan('sha256:a'), 1)
    const error = await t.throwsAsync(findPlans(state, id), { code: 'ID_UNKNOWN' })
    t.is((error as unknown as { exit: number }).exit, 3)
  })
}

test('the newest 100 of a server are remembered, and other servers cost it none', async (t) => {
  const state = { path: await temporaryFolder(t) }
  await rememberPlan(state, plan('old', 'ex02'), 0)
  await rememberPlan(state, plan('plan0'), 999)
  for (let index = 1; index < 130; index += 1) await rememberPlan(state, plan(`plan${index}`), index)
  const names = await readdir(join(serverFolder(state, 'ex01'), 'plans'))
  t.true(names.length >= REMEMBERED && names.length <= REMEMBERED + 20)
  for (const id of ['plan0', 'plan129', 'plan50', 'old']) t.is((await findPlans(state, id)).length, 1)
  await t.throwsAsync(findPlans(state, 'plan1'), { code: 'ID_UNKNOWN' })
})

test('a damaged file is a plan that nobody remembers', async (t) => {
  const state = { path: await temporaryFolder(t) }
  await rememberPlan(state, plan('a'), 1)
  await writeFile(join(serverFolder(state, 'ex01'), 'plans', 'a.json'), '{"id":"a"')
  await t.throwsAsync(findPlans(state, 'a'), { code: 'ID_UNKNOWN' })
})
