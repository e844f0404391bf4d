import { Daemon } from './daemon.ts'
import type { Estate } from './estate.ts'
import { median } from './measure.ts'

/** What a daemon with many servers takes and answers. Memory in MB, times in milliseconds. */
export interface Residence {
  /** From the start of the process until a pass was tried on each server. */
  readonly ready: number
  /** At its highest, all scrapes included; null where the system does not tell. */
  readonly memory: number | null
  /** The median of the scrapes. */
  readonly scrape: number
  /** MB of one scrape. */
  readonly size: number
}

/** Starts the daemon as everybody does, lets it look at all servers, and scrapes it several times. */
export async function residence({ config }: Estate, runs: number): Promise<Residence> {
  const start = performance.now()
  const daemon = await Daemon.start(config)
  try {
    await daemon.ready()
    const ready = performance.now() - start
    const scrapes: number[] = []
    let size = 0
    for (let run = 0; run < runs; run++) {
      const { text, wall } = await daemon.scrape()
      scrapes.push(wall)
      size = Buffer.byteLength(text) / 1e6
    }
    return { ready, memory: daemon.memory()?.highest ?? null, scrape: median(scrapes), size }
  } finally {
    await daemon.stop()
  }
}
