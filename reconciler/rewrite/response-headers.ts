import type { Headers } from './exchange.ts'

/** The values of a header in their order, its name without case; none when it is not there. */
export function headerValues(headers: Headers, name: string): readonly string[] {
  const key = name.toLowerCase()
  return Object.entries(headers).flatMap(([each, value]) => (each.toLowerCase() === key ? value : []))
}

/**
 * The headers with this one replaced, its place and its spelling kept; a new one stands last. A value that is empty is
 * one less: a header cannot be set to nothing, it goes.
 */
export function withHeader(headers: Headers, name: string, values: readonly string[]): Headers {
  const key = name.toLowerCase()
  const left = values.filter((value) => value !== '')
  const value = left.length === 1 ? left[0] : left
  const entries: (readonly [string, string | readonly string[]])[] = []
  let placed = left.length === 0
  for (const [each, before] of Object.entries(headers)) {
    if (each.toLowerCase() !== key) entries.push([each, before])
    else if (!placed && value !== undefined) {
      entries.push([each, value])
      placed = true
    }
  }
  if (!placed && value !== undefined) entries.push([name, value])
  return Object.fromEntries(entries)
}

/** The header that a variable such as `RESPONSE_Content_Type` stands for; null for any other variable. */
export function responseHeader(variable: string): string | null {
  if (!/^RESPONSE_./i.test(variable)) return null
  return variable.slice('RESPONSE_'.length).replaceAll('_', '-')
}
