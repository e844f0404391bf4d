const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** `3 min ago`; coarse on purpose. Both in milliseconds since 1970; a moment to come is `just now`, clocks differ. */
export function age(at: number, now: number): string {
  const passed = now - at
  if (passed < 2_000) return 'just now'
  return `${span(passed)} ago`
}

/** A length of time in milliseconds as one number and one unit. */
export function span(milliseconds: number): string {
  if (milliseconds < MINUTE) return `${Math.round(milliseconds / 1000)} s`
  if (milliseconds < HOUR) return `${Math.floor(milliseconds / MINUTE)} min`
  if (milliseconds < 2 * DAY) return `${Math.floor(milliseconds / HOUR)} h`
  return `${Math.floor(milliseconds / DAY)} days`
}

/** A moment for people: UTC, to the second. */
export function moment(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`
}

/** `1 change`, `2 changes`. */
export function count(n: number, word: string, plural = `${word}s`): string {
  return `${n} ${n === 1 ? word : plural}`
}

// Bidirectional controls are in it because they can make a line read as something else (Trojan Source, CVE-2021-42574).
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is what it is for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g

/** Text from outside on one line, with everything that could steer a terminal or forge a log line written as `\u…`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (char) =>
    char === '\t' ? ' ' : char === '\n' ? '\\n' : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
