/**
 * The processor time that some synchronous work takes, in milliseconds. A machine that is busy with others or stands still
 * does not count, so this tells linear work from quadratic everywhere.
 */
export function effort(work: () => unknown): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

/** The time of the quickest of three tries, in milliseconds; tries end when one took less than `enough`. */
export async function quickest(enough: number, attempt: () => Promise<number>): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let tries = 0; tries < 3 && best >= enough; tries += 1) best = Math.min(best, await attempt())
  return best
}
