import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { updateServer } from '../../../reconciler/targets/embedded/create/update.ts'
import { Limiter } from '../../../reconciler/util/limit.ts'
import { ROOT } from '../../helpers/embedded-server.ts'
import { temporaryFolder } from '../../helpers/folder.ts'
import {
  changesOf,
  enforcing,
  type Files,
  type Line,
  line,
  mitigationText,
  outcomesOf,
  policyText,
  services,
  statesOf,
} from '../../helpers/line.ts'
import { requestsIn, standInTarget } from '../../helpers/stand-in.ts'
import { post } from '../../helpers/tower.ts'

const NAME = 'Stopgap M1 PowerShell - inbound'
/** Rules, a section, a module, services, a pool: one of everything that takes a way of its own. */
const ALL: Files = {
  ...enforcing('PING1', 'M1', 'M2', 'TokenCacheModule'),
  'mitigations/UM.yaml': mitigationText('UM', services('MSExchangeUMCR', 'MSExchangeUM')),
  'mitigations/ECP.yaml': mitigationText(
    'ECP',
    '    - { kind: app-pool, name: MSExchangeECPAppPool, autoStart: false, state: Stopped }',
  ),
  'policies/all.yaml': policyText(
    'all',
    '{ mitigations: [PING1, M1, M2, TokenCacheModule, UM, ECP], mode: enforce }',
  ),
}
const disabled = (text: string) => text.replace('<rule name="Stopgap', '<rule enabled="false" name="Stopgap')

interface Wired {
  readonly one: Line
  /** What the server was asked since the last time. */
  readonly trips: () => Promise<readonly string[]>
}

/** The same line as over a folder, but for how the server is reached. */
async function wired(
  t: ExecutionContext,
  variables: { readonly [name: string]: string } = {},
): Promise<Wired> {
  const one = await line(t)
  const log = join(await temporaryFolder(t), 'requests')
  one.target = standInTarget(one.dir, { REQUESTS: log, ...variables }, { pauses: [10, 50], answer: 2_000 })
  t.teardown(() => one.target.close())
  let told = 0
  const trips = async () => {
    const all = await requestsIn(log)
    const news = all.slice(told)
    told = all.length
    return news
  }
  return { one, trips }
}

/** Services take as long as they do on a server; what is compared is what was written. */
async function withoutWires(t: ExecutionContext, files: Files): Promise<Line> {
  const one = await line(t)
  one.commit(files)
  await one.pass()
  return one
}

test('all shipped mitigations are put, held against drift and retired as on an embedded server', async (t) => {
  const { one } = await wired(t)
  const before = await one.files()
  one.commit(ALL)
  const planned = (await one.plan()).report
  t.deepEqual(await one.files(), before, 'a plan writes nothing')
  const first = await one.pass()
  t.is(first.result, 'changed')
  t.deepEqual(Object.keys(changesOf(first)), Object.keys(changesOf(planned)))
  t.log(Object.keys(changesOf(first)).join(', '))
  t.deepEqual([...new Set(Object.values(outcomesOf(first)))], ['applied'])
  t.deepEqual([...new Set(Object.values(statesOf(first)))], ['in-sync'])
  const good = await one.files()
  t.deepEqual(good, await (await withoutWires(t, ALL)).files())
  t.is((await one.pass()).result, 'converged')

  await one.edit(ROOT, disabled)
  t.is(statesOf((await one.plan()).report)['M1'], 'drifted')
  t.is((await one.pass()).result, 'changed')
  t.deepEqual(await one.files(), good)

  one.commit({ ...ALL, 'policies/all.yaml': policyText('all', '{ mitigations: [PING1], mode: enforce }') })
  const held = (await one.pass()).plan
  await one.allow(held?.id ?? '')
  await one.pass()
  t.deepEqual(await one.files(), before, 'every byte is back')
})

test('a build with the fix retires what it fixes', async (t) => {
  const { one } = await wired(t)
  const before = await one.text(ROOT)
  one.commit(enforcing('PING1', 'M1'))
  await one.pass()
  t.true((await one.text(ROOT)).includes(NAME))
  await updateServer({ dir: one.dir, exchange: '15.1.2507.39' })
  t.is((await one.pass()).result, 'changed')
  t.is(await one.text(ROOT), before)
})

test('a pass is one round trip where all is as wanted, and three where something drifted; a first one is four', async (t) => {
  const { one, trips } = await wired(t)
  one.commit(ALL)
  const { worker, current } = post(t, one)
  const limiter = new Limiter(1)
  const pass = async () => {
    worker.want(true)
    await worker.run(limiter, current, new AbortController().signal)
    return trips()
  }
  t.deepEqual(await pass(), ['look', 'look', 'act', 'act'], 'the second look is at what the first one names')
  t.deepEqual(await pass(), ['look'])
  t.deepEqual(await pass(), ['look'])
  await one.edit(ROOT, disabled)
  t.deepEqual(await pass(), ['look', 'look', 'act'], 'the first look tells that something moved')
  t.deepEqual(await pass(), ['look'])
})

for (const [mischief, code] of [
  ['die-in-act', 'SESSION_LOST'],
  ['hang-in-act', 'SESSION_LOST'],
] as const) {
  test(`${mischief} in the middle of a pass: the next one looks again, and ends as if nothing had been`, async (t) => {
    const once = join(await temporaryFolder(t), 'once')
    const { one } = await wired(t, { MISCHIEF: mischief, MISCHIEF_ONCE: once })
    t.truthy(one.target)
    one.commit(enforcing('M1', 'M2'))
    const error = await t.throwsAsync(one.apply(), { message: /act/ })
    t.is((error as { code?: string }).code, code)
    const report = await one.pass()
    t.deepEqual([...new Set(Object.values(statesOf(report)))], ['in-sync'])
    t.deepEqual(await one.files(), await (await withoutWires(t, enforcing('M1', 'M2'))).files())
    t.true(Object.values((await one.record())?.owned ?? {}).every(({ settled }) => settled))
  })
}
