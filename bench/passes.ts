import { worldOf } from '../reconciler/commands/estate.ts'
import { compose, configOf, type Parts } from '../reconciler/compose.ts'
import type { Config } from '../reconciler/config.ts'
import type { World } from '../reconciler/stages/assess.ts'
import { Limiter } from '../reconciler/util/limit.ts'
import { Worker } from '../reconciler/worker.ts'
import type { Estate } from './estate.ts'
import { type Cost, medianCost } from './measure.ts'

const HOUR = 3_600_000
/** As many at once as the daemon does. */
const AT_ONCE = 8

/** What the passes of the daemon over an estate cost when nothing has moved, medians in milliseconds. */
export interface PassCosts {
  /** A look and a comparison: nothing has moved since the last pass. */
  readonly quiet: Cost
  /** Everything is evaluated anew, as after a commit, and nothing has to be changed. */
  readonly full: Cost
}

/** Passes over all servers of an estate, in this process, by the worker that the daemon has for each server. */
export async function passCosts({ config: file }: Estate, runs: number): Promise<PassCosts> {
  const config: Config = await configOf({ config: file })
  const retry = { retries: 0, shortest: 1, longest: 1 }
  const parts = await compose(config, { emit: () => undefined, lockFor: 'bench', only: null, retry })
  try {
    return await costsOf(parts, runs)
  } finally {
    await parts.close()
  }
}

async function costsOf(parts: Parts, runs: number): Promise<PassCosts> {
  const signal = new AbortController().signal
  const now = { time: Date.now(), trusted: true }
  const { catalogue } = await parts.renew(now, signal)
  if (catalogue === null) throw new Error('no revision is in force')
  const world: World = { ...worldOf(parts, catalogue, {}), now }
  const limiter = new Limiter(AT_ONCE)
  const changed: string[] = []
  const workers = parts.targets.map(
    (target) =>
      new Worker({
        target,
        stores: parts.stores,
        interval: () => HOUR,
        emit: (event) => {
          if (event.is === 'pass-ended' && event.report.result !== 'converged')
            changed.push(event.report.result)
        },
      }),
  )
  let epoch = 0
  const sweep = () =>
    Promise.all(workers.map((worker) => worker.run(limiter, () => ({ world, epoch: `${epoch}` }), signal)))
  await sweep()
  // Something else than what is said to be measured would have been.
  if (changed.length > 0) throw new Error(`the estate has not converged: ${changed[0]}`)
  const quiet = await medianCost(runs, sweep)
  const full = await medianCost(runs, () => {
    epoch++
    return sweep()
  })
  return { quiet, full }
}
