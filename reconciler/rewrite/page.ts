import type { Pattern } from './pattern.ts'

/** Finds every match of a pattern in a page; null for a wildcard, which only ever matches the whole of a text. */
export function pageSearch({ text, syntax, ignoreCase }: Pattern): RegExp | null {
  if (syntax === 'Wildcard') return null
  // In a page an exact match is searched for, elsewhere it is compared with the whole.
  const source = syntax === 'ExactMatch' ? text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&') : text
  return new RegExp(source, ignoreCase ? 'gi' : 'g')
}

/**
 * The page with every match replaced by what `replacement` makes of its captures (the whole match first); null leaves it
 * as it is. `enough` is asked before each search.
 */
export function replaceMatches(
  page: string,
  search: RegExp,
  replacement: (captures: readonly string[]) => string | null,
  enough: () => boolean,
): string {
  let text = ''
  let kept = 0
  let last = -1
  search.lastIndex = 0
  while (!enough()) {
    const match = search.exec(page)
    if (match === null) break
    const end = match.index + match[0].length
    if (match[0] === '') search.lastIndex = end + 1
    // `.*` matches nothing once more where its match ended.
    if (match[0] === '' && end === last) continue
    last = end
    const value = replacement(Array.from(match, (group: string | undefined) => group ?? ''))
    if (value === null) continue
    text += page.slice(kept, match.index) + value
    kept = end
  }
  return text + page.slice(kept)
}

/** The page with other texts in these places, which are apart and in order. */
export function splice(
  page: string,
  changes: readonly { readonly start: number; readonly end: number; readonly value: string }[],
): string {
  let text = ''
  let kept = 0
  for (const { start, end, value } of changes) {
    text += page.slice(kept, start) + value
    kept = end
  }
  return text + page.slice(kept)
}
