import type { ExecutionContext } from 'ava'
import { Loop, type LoopParts } from '../../reconciler/loop.ts'
import type { Event } from '../../reconciler/model/event.ts'
import type { ServerReport } from '../../reconciler/model/report.ts'
import type { Target } from '../../reconciler/model/target.ts'
import { type Current, Worker, type WorkerParts } from '../../reconciler/worker.ts'
import type { Line } from './line.ts'

/** Waits until it holds; fails after a minute. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** The worker of a line's server, and what it tells. */
export interface Post {
  readonly worker: Worker
  readonly events: Event[]
  readonly current: (epoch?: string) => Current
}

export function post(
  t: ExecutionContext,
  one: Line,
  target: Target = one.target,
  over: Partial<WorkerParts> = {},
): Post {
  const { stores, world, close } = one.options()
  const events: Event[] = []
  const worker = new Worker({
    target,
    stores,
    emit: (event) => events.push(event),
    interval: () => 60_000,
    ...over,
  })
  t.teardown(async () => {
    await worker.close()
    await close()
  })
  const current = (epoch = one.catalogue.revision) => ({
    world: { ...world, catalogue: one.catalogue, now: { time: one.time, trusted: true } },
    epoch,
  })
  return { worker, events, current }
}

/** The reports of the passes that ended, with whether they were quiet. */
export function passes(events: readonly Event[]): readonly (ServerReport & { readonly quiet: boolean })[] {
  return events.flatMap((event) =>
    event.is === 'pass-ended' ? [{ ...event.report, quiet: event.quiet }] : [],
  )
}

/** A loop over some servers that runs until the test ends, or `stop` is called. */
export function running(
  t: ExecutionContext,
  one: Line,
  posts: readonly Post[],
  over: Partial<LoopParts> = {},
) {
  const events: Event[] = []
  const stopping = new AbortController()
  const { world } = one.options()
  const loop = new Loop({
    workers: posts.map(({ worker }) => worker),
    renew: async () => one.catalogue,
    worldOf: async (catalogue) => ({ ...world, catalogue }),
    approvals: async () => '',
    rollout: () => '',
    emit: (event) => events.push(event),
    interval: () => 60_000,
    patience: 5_000,
    ...over,
  })
  const ended = loop.run(stopping.signal)
  const stop = async () => {
    stopping.abort()
    await ended
  }
  t.teardown(stop)
  return { loop, events, stop, signal: stopping.signal }
}
