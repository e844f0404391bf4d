import type { ServerReport } from '../../model/report.ts'
import { mask } from '../../util/mask.ts'
import { printable } from '../../util/words.ts'
import type { Paint } from './paint.ts'

const UNDECIDED = ['unknown', 'unsupported']

/**
 * What makes a server fail although nothing was tried there: decisions that could not be made and resources that could
 * not be read. No change and no outcome speaks of them, and without them nobody could tell what is wrong.
 */
export function unreadableLines(report: ServerReport, paint: Paint): readonly string[] {
  const told = new Set((report.outcome ?? []).map(({ key }) => key))
  const held = new Set((report.plan?.held ?? []).map(({ key }) => key))
  const lines = new Map<string, string>()
  for (const { name, verdict, reason, resources } of report.mitigations) {
    if (UNDECIDED.includes(verdict)) lines.set(name, because(`${verdict} ${name}`, reason, paint))
    for (const { key, state, reason: why } of resources) {
      if ((state !== 'unknown' && state !== 'failed') || told.has(key) || held.has(key)) continue
      lines.set(key, because(`${state} ${key}`, why ?? reason, paint))
    }
  }
  return lines.size === 0 ? [] : [...lines.values(), `      ${REMEDY}`]
}

const REMEDY =
  'Nothing is written where that is so, and what was applied stays. Correct it on the server; it is looked at again.'

function because(what: string, why: string, paint: Paint): string {
  return `  ${paint('red', '?')} ${printable(what)}\n      ${printable(mask(why))}`
}
