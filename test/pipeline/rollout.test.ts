import { chmod } from 'node:fs/promises'
import test, { type ExecutionContext } from 'ava'
import { StopgapError } from '../../reconciler/errors/error.ts'
import type { Outcome } from '../../reconciler/model/report.ts'
import type { Target } from '../../reconciler/model/target.ts'
import { Rollout, type RolloutLimits } from '../../reconciler/pipeline/rollout.ts'
import { windowsTarget } from '../../reconciler/targets/windows/target.ts'
import { Limiter } from '../../reconciler/util/limit.ts'
import { ROOT } from '../helpers/embedded-server.ts'
import { enforcing, type Line, line } from '../helpers/line.ts'

const NAMES = ['ex01', 'ex02', 'ex03'] as const

/** Servers with a state folder each, and one rollout over all of them. */
class Fleet {
  readonly lines: readonly Line[]
  rollout: Rollout
  readonly #limits: RolloutLimits
  readonly #careful: boolean

  constructor(lines: readonly Line[], limits: RolloutLimits, careful: boolean) {
    this.lines = lines
    this.rollout = new Rollout(limits)
    this.#limits = limits
    this.#careful = careful
  }

  commit(...names: readonly string[]): void {
    for (const one of this.lines) one.commit(enforcing(...names))
  }

  target(one: Line): Target {
    return this.#careful ? { ...one.target, careful: true } : one.target
  }

  turn(one: Line, target = this.target(one)) {
    return this.rollout.turn(target, one.catalogue.revision)
  }

  /** One pass over each, one after another. */
  async inOrder(): Promise<readonly string[]> {
    const told: string[] = []
    for (const one of this.lines) told.push(await this.pass(one))
    return told
  }

  /** How it ended, and why what is held is held. */
  async pass(one: Line): Promise<string> {
    const { result, plan } = await one.pass({ turn: this.turn(one) })
    return [result, ...new Set(plan?.held.map(({ reason }) => reason))].join(' ')
  }

  /** Another process, with what the state folders remember. */
  async restart(): Promise<void> {
    this.rollout = new Rollout(this.#limits)
    for (const one of this.lines) {
      const { stores, close } = one.options()
      const failedUnder = (await stores.memory(one.name))?.failedUnder
      await close()
      if (failedUnder !== undefined) this.rollout.recall(one.target, failedUnder)
    }
  }
}

async function fleet(
  t: ExecutionContext,
  { limits = {}, careful = true }: { readonly limits?: RolloutLimits; readonly careful?: boolean } = {},
): Promise<Fleet> {
  const lines: Line[] = []
  for (const name of NAMES) lines.push(await line(t, { name }))
  return new Fleet(lines, limits, careful)
}

const lock = (one: Line) => chmod(one.path(ROOT), 0o444)
const unlock = (one: Line) => chmod(one.path(ROOT), 0o644)
const disable = (one: Line) =>
  one.edit(ROOT, (text) => text.replace('<rule name="Stopgap', '<rule enabled="false" name="Stopgap'))

test('careful servers are looked at side by side and written one at a time', async (t) => {
  const some = await fleet(t)
  some.commit('M1')
  const under = { look: 0, act: 0 }
  const all = { look: 0, act: 0 }
  const most = { look: 0, act: 0 }
  const counted = async <T>(what: 'look' | 'act', task: () => Promise<T>): Promise<T> => {
    all[what] += 1
    most[what] = Math.max(most[what], ++under[what])
    await new Promise((resolve) => setTimeout(resolve, 30))
    const result = await task()
    under[what] -= 1
    return result
  }
  const { lines } = some
  const place = new Limiter(8)
  const reports = await Promise.all(
    lines.map((one) => {
      const { look, act } = one.target
      one.target = {
        ...one.target,
        careful: true,
        look: (...args) => counted('look', () => look(...args)),
        act: (...args) => counted('act', () => act(...args)),
      }
      const turn = some.rollout.turn(one.target, one.catalogue.revision, place)
      return place.run(() => one.pass({ turn }))
    }),
  )
  t.deepEqual(
    reports.map(({ result }) => result),
    ['changed', 'changed', 'changed'],
  )
  t.is(most.act, 1)
  t.true(most.look > 1)
  t.is(all.act, 3)
  t.true(all.look <= 2 + 3 + 3, 'two to get to know a server, and one more for who had to wait')
})

test('after a write that failed the rest of that revision is held; what is made good lets it go on', async (t) => {
  const some = await fleet(t)
  const [one, two] = some.lines as [Line, Line]
  some.commit('M1')
  await lock(one)
  t.deepEqual(await some.inOrder(), ['failed', 'held rollout', 'held rollout'])
  t.false((await two.text(ROOT)).includes('Stopgap'))
  t.is((await two.journal()).filter(({ is }) => is === 'change').length, 0, 'nothing was tried there')
  t.deepEqual(await some.inOrder(), ['failed', 'held rollout', 'held rollout'])
  await unlock(one)
  t.deepEqual(await some.inOrder(), ['changed', 'changed', 'changed'])
})

test('the detail names the server that failed, and a plan shows it without writing', async (t) => {
  const some = await fleet(t)
  const [one, two] = some.lines as [Line, Line]
  some.commit('M1')
  await lock(one)
  await some.pass(one)
  const { report } = await two.plan({ turn: some.turn(two) })
  t.is(report.plan?.held[0]?.reason, 'rollout')
  t.regex(report.plan?.held[0]?.detail ?? '', /\bex01\b/)
  t.is(report.mitigations[0]?.state, 'held')
})

test('another revision begins anew', async (t) => {
  const some = await fleet(t)
  const [one, two] = some.lines as [Line, Line]
  some.commit('M1')
  await lock(one)
  t.deepEqual([await some.pass(one), await some.pass(two)], ['failed', 'held rollout'])
  some.commit('M1', 'PING1')
  t.is(await some.pass(two), 'changed')
})

test('what was good under the revision is put back on the others all the same', async (t) => {
  const some = await fleet(t)
  const [one, two, three] = some.lines as [Line, Line, Line]
  some.commit('M1')
  t.is(await some.pass(two), 'changed')
  await lock(one)
  t.is(await some.pass(one), 'failed')
  await disable(two)
  t.is(await some.pass(two), 'changed')
  t.false((await two.text(ROOT)).includes('enabled="false"'))
  t.is(await some.pass(three), 'held rollout')
})

test('a drift that cannot be corrected on one server holds nobody', async (t) => {
  const some = await fleet(t)
  const [one, two] = some.lines as [Line, Line]
  some.commit('M1')
  await some.pass(one)
  await disable(one)
  await lock(one)
  t.is(await some.pass(one), 'failed')
  t.is(await some.pass(two), 'changed')
})

test('an operator can let it go on', async (t) => {
  const some = await fleet(t)
  const [one, two] = some.lines as [Line, Line]
  some.commit('M1')
  await lock(one)
  await some.pass(one)
  const { plan } = await two.pass({ turn: some.turn(two) })
  await two.allow(plan?.id ?? '')
  t.is(await some.pass(two), 'changed')
})

test('what failed is known after a restart, until it is made good', async (t) => {
  const some = await fleet(t)
  const [one, two] = some.lines as [Line, Line]
  some.commit('M1')
  await lock(one)
  await some.pass(one)
  await some.restart()
  t.true(some.rollout.hasFailed(one.target, one.catalogue.revision))
  t.is(await some.pass(two), 'held rollout')
  await unlock(one)
  t.is(await some.pass(one), 'changed')
  await some.restart()
  t.is(await some.pass(two), 'changed')
})

test('a server that is lost over a write has failed; one that could not be looked at has not', async (t) => {
  const some = await fleet(t)
  const [one, two, three] = some.lines as [Line, Line, Line]
  some.commit('M1')
  const lost = async () => {
    throw new StopgapError('SESSION_LOST', { server: 'ex01', asked: 'act', what: 'the power went' })
  }
  const real = one.target
  one.target = { ...real, careful: true, look: lost }
  await t.throwsAsync(one.pass({ turn: some.turn(one, one.target) }), { code: 'SESSION_LOST' })
  t.is(await some.pass(two), 'changed')
  one.target = { ...real, careful: true, act: lost }
  await t.throwsAsync(one.pass({ turn: some.turn(one, one.target) }), { code: 'SESSION_LOST' })
  t.is(await some.pass(three), 'held rollout')
  await some.restart()
  t.is(await some.pass(three), 'held rollout', 'and that was written down')
  one.target = real
  t.is(await some.pass(one), 'changed')
  t.is(await some.pass(three), 'changed')
})

test('a conflict is no failure: the next server follows', async (t) => {
  const some = await fleet(t)
  const [one, two] = some.lines as [Line, Line]
  some.commit('M1')
  const real = one.target
  one.target = {
    ...real,
    careful: true,
    act: async (...args) => {
      await one.edit(ROOT, (text) => text.replace('<configuration>', '<configuration><!-- x -->'))
      return real.act(...args)
    },
  }
  t.is((await one.pass({ turn: some.turn(one, one.target) })).result, 'conflict')
  t.is(await some.pass(two), 'changed')
})

test('whoever waited sees what became of the others meanwhile', async (t) => {
  const some = await fleet(t)
  const [one, two] = some.lines as [Line, Line]
  some.commit('M1')
  await lock(one)
  const gate = Promise.withResolvers<void>()
  const writing = Promise.withResolvers<void>()
  const real = one.target
  one.target = {
    ...real,
    careful: true,
    act: async (...args) => {
      writing.resolve()
      await gate.promise
      return real.act(...args)
    },
  }
  const first = one.pass({ turn: some.turn(one, one.target) })
  await writing.promise
  const second = two.pass({ turn: some.turn(two) })
  setTimeout(() => gate.resolve(), 200)
  t.is((await first).result, 'failed')
  const waited = await second
  t.deepEqual([waited.result, waited.plan?.held[0]?.reason], ['held', 'rollout'])
  t.is(waited.outcome as readonly Outcome[] | undefined, undefined)
})

test('a Windows server is careful, an embedded one is not', async (t) => {
  const open = () => Promise.reject(new Error('never'))
  t.true(windowsTarget({ name: 'ex01', transport: { open } }).careful)
  t.is((await line(t)).target.careful, undefined)
})

test('servers that are not careful wait for nobody, until a limit is named', async (t) => {
  const free = await fleet(t, { careful: false })
  free.commit('M1')
  await lock(free.lines[0]!)
  t.deepEqual(await free.inOrder(), ['failed', 'changed', 'changed'])
  const bound = await fleet(t, { careful: false, limits: { stopAfterFailures: 2 } })
  bound.commit('M1')
  await lock(bound.lines[0]!)
  await lock(bound.lines[1]!)
  t.deepEqual(await bound.inOrder(), ['failed', 'failed', 'held rollout'])
})

test('waiting for a turn takes no place from those that look', async (t) => {
  const rollout = new Rollout({ writesAtOnce: 1 })
  const place = new Limiter(2)
  const turn = (name: string) => rollout.turn({ name } as Target, 'r', place)
  const gate = Promise.withResolvers<void>()
  const order: string[] = []
  const write = (name: string) =>
    place.run(() =>
      turn(name).write(async (waited) => {
        order.push(`${name} ${waited}`)
        if (name === 'a') await gate.promise
      }),
    )
  const writing = Promise.all([write('a'), write('b'), write('c')])
  // With `a` at it and `b` and `c` waiting, two places would be taken by those who wait.
  await place.run(async () => void order.push('looked'))
  gate.resolve()
  await writing
  t.deepEqual(order, ['a false', 'looked', 'b true', 'c true'])
  await Promise.all([place.run(async () => undefined), place.run(async () => undefined)])
  t.false(place.isFull, 'every place was given back')
})
