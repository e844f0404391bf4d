const DAY = /^(\d{4})-(\d{2})-(\d{2})$/
const TIME =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/

/**
 * The first moment (milliseconds since 1970) at which something that `expires` no longer holds: `2026-12-31` ends with
 * that day in UTC, an RFC 3339 time is the moment itself. Null when the text is neither, or no such day exists.
 */
export function parseExpiry(text: string): number | null {
  const day = DAY.exec(text)
  if (day !== null) {
    const start = startOfDay(day)
    return start === null ? null : start + 86_400_000
  }
  const time = TIME.exec(text)
  return time === null ? null : momentOf(time)
}

function startOfDay(match: RegExpExecArray): number | null {
  const [year, month, date] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const start = Date.UTC(year, month - 1, date)
  // Date.UTC rolls 31 February over into March instead of refusing it.
  const back = new Date(start)
  return back.getUTCFullYear() === year && back.getUTCMonth() === month - 1 && back.getUTCDate() === date
    ? start
    : null
}

function momentOf(match: RegExpExecArray): number | null {
  const start = startOfDay(match)
  const [hour, minute, second] = [Number(match[4]), Number(match[5]), Number(match[6])]
  const [offsetHour, offsetMinute] = [Number(match[9] ?? 0), Number(match[10] ?? 0)]
  // RFC 3339 allows 60 for a leap second; it is taken as the first moment of the next minute.
  if (start === null || hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59)
    return null
  const fraction = Math.floor(Number(`0.${match[7] ?? '0'}`) * 1000)
  const offset = (offsetHour * 60 + offsetMinute) * 60_000 * (match[8] === '-' ? -1 : 1)
  return start + ((hour * 60 + minute) * 60 + second) * 1000 + fraction - offset
}
