import { setTimeout as sleepFor } from 'node:timers/promises'

/** Wall clock, milliseconds since 1970. */
export function now(): number {
  return Date.now()
}

/** Milliseconds that only ever grow, whatever the wall clock does. */
export function monotonic(): number {
  return performance.now()
}

/** Milliseconds of processor time that this process has used. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/** Resolves early, without an error, when the signal is aborted. */
export async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleepFor(milliseconds, undefined, { signal }).catch(() => undefined)
}
