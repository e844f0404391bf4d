import { formatPatch, OMIT_HEADERS, structuredPatch } from 'diff'
import { printable } from '../../util/words.ts'
import type { Paint } from './paint.ts'

/**
 * The unified diff of one file, three lines around each hunk; null: the file is not there. Empty when equal.
 * Line ends are shown as in the file, so a change of line ends alone is a change too.
 */
export function makePatch(file: string, before: string | null, after: string | null): string {
  if (before === after) return ''
  const patch = structuredPatch('', '', before ?? '', after ?? '', undefined, undefined, { context: 3 })
  // The package's own headers quote every backslash, and Windows paths have many.
  const [from, to] = [before, after].map((text) => (text === null ? '(absent)' : file))
  return `--- ${from}\n+++ ${to}\n${formatPatch(patch, OMIT_HEADERS)}`
}

/** A patch for people: indented, coloured, one line stays one line whatever it holds. */
export function patchText(patch: string, paint: Paint, indent = '    '): string {
  const lines = patch.replace(/\n$/, '').split('\n')
  return lines.map((line) => indent + painted(printable(line.replace(/\r$/, '')), paint)).join('\n')
}

function painted(line: string, paint: Paint): string {
  if (line.startsWith('+++') || line.startsWith('---')) return paint('bold', line)
  if (line.startsWith('@@')) return paint('cyan', line)
  if (line.startsWith('+')) return paint('green', line)
  if (line.startsWith('-')) return paint('red', line)
  return line
}
