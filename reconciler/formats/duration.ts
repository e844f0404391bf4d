const UNITS: { readonly [unit: string]: number } = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** What a duration looks like: whole numbers with units, such as `90s`, `1h30m`, `24h`. */
export const DURATION_PATTERN = '^(?:\\d{1,6}(?:ms|s|m|h|d))+$'

/** Milliseconds of a duration; null: it is none. */
export function parseDuration(text: string): number | null {
  if (!new RegExp(DURATION_PATTERN).test(text)) return null
  let total = 0
  for (const [, number, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g))
    total += Number(number) * (UNITS[unit ?? ''] ?? 0)
  return total
}
