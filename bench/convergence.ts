import { Daemon } from './daemon.ts'
import { commitMitigation, type Estate } from './estate.ts'
import { median } from './measure.ts'

/** Above the numbers of the mitigations that an estate begins with. */
const FIRST = 5_000

/**
 * The median time (milliseconds) from the start of `git commit` to the moment at which the daemon reports every server as
 * converged with that commit, which adds one rule to each.
 */
export async function convergence(estate: Estate, runs: number): Promise<number> {
  const daemon = await Daemon.start(estate.config)
  try {
    await daemon.ready()
    const times: number[] = []
    for (let run = 0; run < runs; run++) {
      const start = performance.now()
      const revision = commitMitigation(estate, FIRST + run)
      await daemon.converged(estate.servers.length, revision)
      times.push(performance.now() - start)
    }
    return median(times)
  } finally {
    await daemon.stop()
  }
}
