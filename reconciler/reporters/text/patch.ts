import { createTwoFilesPatch } from 'diff'
import { printable } from '../../util/words.ts'
import type { Paint } from './paint.ts'

/**
 * The unified diff of one file, three lines around each hunk; null: the file is not there. Empty when equal.
 * Line ends are shown as in the file, so a change of line ends alone is a change too.
 */
export function makePatch(file: string, before: string | null, after: string | null): string {
  if (before === after) return ''
  const patch = createTwoFilesPatch(
    before === null ? '(absent)' : file,
    after === null ? '(absent)' : file,
    before ?? '',
    after ?? '',
    undefined,
    undefined,
    { context: 3 },
  )
  // The line of equals signs belongs to Subversion's format, not to a unified diff.
  return patch.replace(/^=+\r?\n/, '')
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
