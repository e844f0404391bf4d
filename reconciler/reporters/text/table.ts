import { printable } from '../../util/words.ts'
import type { Paint, Style } from './paint.ts'
import { padEnd, widthOf } from './width.ts'

/** A cell: its text, and how it looks on a terminal. */
export interface Cell {
  readonly text: string
  readonly style?: Style
}

/**
 * Columns side by side, two spaces apart, each as wide as its widest cell. Colours are laid on after the
 * padding, so they never shift a column; the last column is not padded, so nothing wraps for blanks alone.
 */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], paint: Paint): string {
  const lines = [head.map((text): Cell => ({ text, style: 'bold' })), ...rows.map((row) => row.map(clean))]
  const widths = head.map((_, at) =>
    lines.reduce((most, line) => Math.max(most, widthOf(line[at]?.text ?? '')), 0),
  )
  return lines.map((line) => drawn(line, widths, paint)).join('\n')
}

function clean(cell: Cell): Cell {
  return { ...cell, text: printable(cell.text) }
}

function drawn(line: readonly Cell[], widths: readonly number[], paint: Paint): string {
  return line
    .map((cell, at) => {
      const text = at === line.length - 1 ? cell.text : padEnd(cell.text, widths[at] ?? 0)
      return cell.style === undefined ? text : paint(cell.style, text)
    })
    .join('  ')
    .trimEnd()
}
