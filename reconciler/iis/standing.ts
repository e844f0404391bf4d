import type { Element, XmlDocument } from './document.ts'

/** Where an element starts, for people; both count from 1. */
export interface Standing {
  readonly line: number
  readonly column: number
}

const starts = new WeakMap<XmlDocument, readonly number[]>()

/**
 * Line and column of an element's start. The starts of lines are found once per document: a file can have as many faults
 * as lines, and counting lines from its beginning for each would be quadratic.
 */
export function standing(document: XmlDocument, { start }: Pick<Element, 'start'>): Standing {
  const lines = lineStarts(document)
  let [low, high] = [0, lines.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((lines[middle] ?? 0) <= start) low = middle
    else high = middle - 1
  }
  return { line: low + 1, column: start - (lines[low] ?? 0) + 1 }
}

function lineStarts(document: XmlDocument): readonly number[] {
  const before = starts.get(document)
  if (before !== undefined) return before
  const found = [0]
  for (let at = document.text.indexOf('\n'); at >= 0; at = document.text.indexOf('\n', at + 1))
    found.push(at + 1)
  starts.set(document, found)
  return found
}
