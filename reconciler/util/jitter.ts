/**
 * An interval moved by up to `share` of it either way, so that many daemons do not ask one server at the same moment.
 * `random` is a number from 0 up to, but not including, 1. Never below 1 ms.
 */
export function jittered(interval: number, share: number, random: number): number {
  return Math.max(1, Math.round(interval * (1 + share * (2 * random - 1))))
}

/** The pause before attempt `failures + 1`: doubles from `shortest` with each failure in a row, up to `longest` (ms). */
export function backOff(failures: number, shortest: number, longest: number): number {
  // 2 ** 1024 is Infinity, and Infinity times 0 would be NaN.
  return failures <= 0 ? 0 : Math.min(longest, shortest * 2 ** Math.min(failures - 1, 50))
}
