import type { Owned } from '../../model/record.ts'
import type { MitigationReport } from '../../model/report.ts'
import { mask } from '../../util/mask.ts'
import { age, moment, printable } from '../../util/words.ts'
import type { Paint } from './paint.ts'
import { type Cell, table } from './table.ts'
import { fieldsText, stateStyle } from './words.ts'

/** All that is known about one mitigation on one server. Times in milliseconds since 1970. */
export interface Explanation {
  readonly server: string
  readonly mitigation: MitigationReport
  readonly revision: string
  /** When the pass was that it is from. */
  readonly at: number
  readonly now: number
  /** What the record holds for it, by key. */
  readonly owned: { readonly [key: string]: Owned }
  /** The newest backup of a file that it touched. */
  readonly backup: { readonly file: string; readonly path: string; readonly at: number } | null
}

/** The whole decision: each question with its answer and place, the resources, owned values, the newest backup. */
export function explainText(what: Explanation, paint: Paint): string {
  const { mitigation } = what
  const title = mitigation.title === undefined ? '' : `  ${printable(mitigation.title)}`
  return [
    `${paint('bold', `${printable(mitigation.name)} on ${printable(what.server)}`)}${title}`,
    verdictText(what, paint),
    questionsText(mitigation, paint),
    resourcesText(mitigation, paint),
    ownedText(what, paint),
    backupText(what),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function verdictText(what: Explanation, paint: Paint): string {
  const { mitigation } = what
  const { file, line } = mitigation.origin
  return [
    `verdict   ${paint('bold', mitigation.verdict)} (mode ${mitigation.mode}): ${printable(mask(mitigation.reason))}`,
    `decided   ${printable(file)}:${line} at ${printable(what.revision)}`,
    `state     ${paint(stateStyle(mitigation.state), mitigation.state)}, seen ${age(what.at, what.now)}`,
    `exposed   ${mitigation.exposed ? paint('red', 'yes') : 'no'}`,
  ].join('\n')
}

/** In the order they were asked; the first that held decided. */
function questionsText(mitigation: MitigationReport, paint: Paint): string {
  const rows = mitigation.questions.map((question): readonly Cell[] => [
    { text: question.holds ? '→' : ' ' },
    { text: question.verdict, ...(question.holds ? { style: 'bold' as const } : {}) },
    { text: question.asked },
    { text: mask(question.answer) },
    {
      text: question.origin === undefined ? '' : `${question.origin.file}:${question.origin.line}`,
      style: 'dim',
    },
  ])
  return rows.length === 0 ? '' : table(['', 'VERDICT', 'QUESTION', 'ANSWER', 'WHERE'], rows, paint)
}

function resourcesText(mitigation: MitigationReport, paint: Paint): string {
  const rows = mitigation.resources.map((resource): readonly Cell[] => [
    { text: resource.key },
    { text: resource.state, style: stateStyle(resource.state) },
    { text: resource.owned ? 'ours' : 'not ours' },
    { text: mask(resource.reason ?? '') },
  ])
  return rows.length === 0 ? '' : table(['RESOURCE', 'STATE', 'OWNED', 'REASON'], rows, paint)
}

/** What goes back on removal, and what it goes back from. */
function ownedText(what: Explanation, paint: Paint): string {
  const blocks = Object.entries(what.owned).map(([key, owned]) =>
    [
      `owned     ${paint('bold', printable(key))}`,
      `  before  ${owned.before.fields === null ? 'absent' : fieldsText(owned.before.fields)}`,
      `  set     ${fieldsText({ ...owned.want, ...owned.was })}`,
      `  by      ${printable(owned.revision)}`,
    ].join('\n'),
  )
  return blocks.join('\n')
}

function backupText(what: Explanation): string {
  const { backup } = what
  if (backup === null) return ''
  return `backup    ${printable(backup.path)} of ${printable(backup.file)}, ${moment(backup.at)}`
}
