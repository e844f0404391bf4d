/** Line and column, both from 1; a column counts UTF-16 units, as editors do. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** Where a value of a document stands: offsets of its key (if it has one) and of itself, and the same of its children. */
export interface Place {
  readonly key: number | null
  readonly value: number
  readonly children: Map<string, Place>
}

/** Offset to line and column; LF, CRLF and a lone CR end a line, as in YAML. */
export function positionIn(text: string): (offset: number) => Position {
  let starts: readonly number[] | undefined
  return (offset) => {
    starts ??= lineStarts(text)
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 }
  }
}

function lineStarts(text: string): readonly number[] {
  const starts = [0]
  for (const match of text.matchAll(/\r\n|\n|\r/g)) starts.push(match.index + match[0].length)
  return starts
}

/** A JSON pointer (RFC 6901) from its parts. */
export function pointer(...parts: readonly (string | number)[]): string {
  return parts.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** The parts of a JSON pointer. */
function pointerParts(text: string): readonly string[] {
  if (text === '') return []
  return text
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Offset of what a pointer names, or of the nearest thing around it that is there. */
export function offsetOf(root: Place, at: string, of: 'key' | 'value'): number {
  let place = root
  for (const part of pointerParts(at)) {
    const child = place.children.get(part)
    if (child === undefined) return place.value
    place = child
  }
  return of === 'key' ? (place.key ?? place.value) : place.value
}
