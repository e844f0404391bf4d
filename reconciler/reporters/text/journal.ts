import type { JournalChange, JournalLine } from '../../model/store.ts'
import { mask } from '../../util/mask.ts'
import { count, printable } from '../../util/words.ts'
import type { Paint, Style } from './paint.ts'
import { causeText } from './words.ts'

/** Lines of the journal in words, one each, in the order given. */
export function journalText(lines: readonly JournalLine[], paint: Paint): string {
  return lines.map((line) => lineText(line, paint)).join('\n')
}

function lineText(line: JournalLine, paint: Paint): string {
  const server = 'server' in line ? `${paint('bold', printable(line.server))} ` : ''
  const by = paint(
    'dim',
    printable(`(${[line.actor, shortRevision(line.revision)].filter(Boolean).join(', ')})`),
  )
  return `${paint('dim', printable(line.at))} ${server}${wordsOf(line, paint)} ${by}`
}

function wordsOf(line: JournalLine, paint: Paint): string {
  switch (line.is) {
    case 'plan': {
      // What is only audited is what was asked for, and there can be dozens.
      const held = line.held
        .filter((one) => !isAudited(one))
        .map((one) => `${one.key} (${one.held ?? 'held'})`)
      const audited = line.held.length - held.length
      const parts = [
        `planned ${count(line.changes.length, 'change')}`,
        ...(held.length > 0 ? [`held: ${held.join(', ')}`] : []),
        ...(audited > 0 ? [`only audited: ${audited}`] : []),
      ]
      return printable(`${parts.join(', ')}; plan ${line.id}`)
    }
    case 'change': {
      const style: Style = line.result === 'applied' ? 'green' : line.result === 'failed' ? 'red' : 'yellow'
      const error = line.error === undefined ? '' : `: ${line.error}`
      const why = `for ${line.mitigations.join(', ')} because ${causeText(line.cause)} (${line.reason})`
      return `${paint(style, printable(line.result))} ${printable(mask(`${line.verb} ${line.key} ${why}${error}`))}`
    }
    case 'revision':
      return printable(
        mask(`took ${line.revision} into force after ${line.from ?? 'nothing'}: ${line.reason}`),
      )
    case 'refused':
      return paint('red', printable(mask(`refused ${line.revision}: ${line.reason}`)))
    case 'allow':
      return printable(`allowed ${count(line.changes.length, 'held change')} of plan ${line.plan}`)
    case 'accept':
      return printable(`accepted revision ${line.revision}`)
    case 'take-over':
      return printable(`taken over from ${line.from ?? 'nobody'}`)
  }
}

function isAudited({ held }: JournalChange): boolean {
  return held?.startsWith('audit:') === true
}

/** A commit by as much of its id as tells it from others; whoever needs all of it finds it in --json. */
function shortRevision(revision: string): string {
  return revision.replace(/([0-9a-f]{12})[0-9a-f]{28,}$/, '$1')
}
