/**
 * One figure. `target` is what the project promised, at most or (for what is counted in a second, `/s`) at least; a figure
 * without one is there for comparison.
 */
export interface Figure {
  readonly what: string
  readonly value: number
  readonly unit: 'ms' | 's' | 'MB' | '/s'
  readonly target?: number
  readonly remark?: string
}

/** Figures in columns, each with its target and whether it was met. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map(({ what, value, unit, target, remark }) => [
    what,
    `${rounded(value)} ${unit}`,
    target === undefined ? '' : `${unit === '/s' ? '>=' : '<='} ${target} ${unit}`,
    target === undefined ? '' : isMet(value, target, unit) ? 'met' : 'MISSED',
    remark ?? '',
  ])
  const all = [['', 'median', 'target', '', ''], ...rows]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths[column] ?? 0
          return column === 1 ? cell.padStart(width) : cell.padEnd(width)
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function isMet(value: number, target: number, unit: Figure['unit']): boolean {
  return unit === '/s' ? value >= target : value <= target
}

/** Three digits that count. */
function rounded(value: number): string {
  if (value >= 100) return value.toFixed(0)
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
