import type { Now } from './context.ts'

/**
 * Whether time may change anything: not after a jump of the clock, and not while the clock is earlier than the
 * commit in force, since one of the two is wrong then.
 */
export function clockHolds(now: Now, commitTime: number): boolean {
  return now.trusted && now.time >= commitTime
}

/** When to look again because of a moment; with a clock that does not hold: as soon as it may hold again. */
export function lookAgainAt(moment: number, now: Now, commitTime: number): number {
  return clockHolds(now, commitTime) ? moment : Math.max(moment, commitTime, now.time)
}

/** RFC 3339; for moments beyond what a calendar can say, words. */
export function inWords(moment: number): string {
  return Math.abs(moment) <= 8.64e15 ? new Date(moment).toISOString() : 'a time beyond any calendar'
}
