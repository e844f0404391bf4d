import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { RECORD_PATH } from '../../../reconciler/model/record.ts'
import { updateServer } from '../../../reconciler/targets/embedded/create/update.ts'
import { Limiter } from '../../../reconciler/util/limit.ts'
import { ROOT } from '../../helpers/embedded-server.ts'
import { temporaryFolder } from '../../helpers/folder.ts'
import { enforcing, type Line, line, statesOf } from '../../helpers/line.ts'
import { ALL, converged, disabled, mainLine } from '../../helpers/main-line.ts'
import { requestsIn, standInTarget } from '../../helpers/stand-in.ts'
import { post } from '../../helpers/tower.ts'

const NAME = 'Stopgap M1 PowerShell - inbound'

interface Wired {
  readonly one: Line
  /** What the server was asked since the last time. */
  readonly trips: () => Promise<readonly string[]>
}

/** The same line as over a folder, but for how the server is reached. */
async function wired(
  t: ExecutionContext,
  variables: { readonly [name: string]: string } = {},
  exchange = '15.1.2507.6',
): Promise<Wired> {
  const one = await line(t, { exchange })
  const log = join(await temporaryFolder(t), 'requests')
  one.target = standInTarget(
    one.dir,
    { REQUESTS: log, ...variables },
    { pauses: [10, 50], answer: 5_000, file: 0 },
  )
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

test('everything is put, held against drift and retired as on an embedded server', (t) =>
  mainLine(t, (dir) => standInTarget(dir)))

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

test('a pass is one round trip where all is as wanted, and three at most where something changes', async (t) => {
  const { one, trips } = await wired(t)
  one.commit(ALL)
  const { worker, current } = post(t, one)
  const limiter = new Limiter(1)
  const pass = async () => {
    worker.want(true)
    await worker.run(limiter, current, new AbortController().signal)
    return trips()
  }
  t.deepEqual(await pass(), ['look', 'look', 'act'], 'the second look is at what the first one names')
  t.deepEqual(await pass(), ['look'])
  t.deepEqual(await pass(), ['look'])
  await one.edit(ROOT, disabled)
  t.deepEqual(await pass(), ['look', 'look', 'act'], 'the first look tells that something moved')
  t.deepEqual(await pass(), ['look'])
  one.commit(enforcing('PING1', 'M1'))
  t.deepEqual(await pass(), ['look', 'act'], 'a commit that takes something back')
  t.deepEqual(await pass(), ['look'])
  await updateServer({ dir: one.dir, exchange: '15.1.2507.39' })
  t.deepEqual(
    await pass(),
    ['look', 'look', 'act'],
    'what the update fixes is retired, and the record says so',
  )
  t.false((await one.text(ROOT)).includes(NAME))
  t.false((await one.text(RECORD_PATH)).includes('PowerShell'))
  t.deepEqual(await pass(), ['look'])
})

for (const name of ['ProxyLogon-UM', 'ProxyLogon-ECP', 'TokenCacheModule', 'BasicAuth-Autodiscover']) {
  test(`a first pass takes three round trips whatever it is about: ${name}`, async (t) => {
    const { one, trips } = await wired(t, {}, '15.1.2044.4')
    one.commit(enforcing(name))
    t.is((await one.pass()).result, 'changed')
    t.deepEqual(await trips(), ['look', 'look', 'act'])
  })
}

test('another process finds in its first look what the last one needed two for: at most three round trips', async (t) => {
  const { one, trips } = await wired(t)
  one.commit(enforcing('PING1', 'M1'))
  await one.pass()
  await trips()
  await one.pass()
  t.deepEqual(await trips(), ['look'])
  one.commit(enforcing('PING1', 'M1', 'M2'))
  t.is((await one.pass()).result, 'changed')
  t.deepEqual(await trips(), ['look', 'act'])
  await one.loseState()
  await one.pass({ takeOver: true })
  t.deepEqual((await trips()).slice(0, 2), ['look', 'look'], 'without a memory it takes two again')
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
    t.deepEqual(await one.files(), await (await converged(t, enforcing('M1', 'M2'))).files())
    t.true(Object.values((await one.record())?.owned ?? {}).every(({ settled }) => settled))
  })
}
