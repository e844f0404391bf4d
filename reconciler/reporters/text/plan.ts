import type { MitigationReport, ServerReport } from '../../model/report.ts'
import type { Run } from '../../model/status.ts'
import { count, printable } from '../../util/words.ts'
import { changeText, heldText } from './change.ts'
import type { Paint } from './paint.ts'
import { patchText } from './patch.ts'
import { troubleText } from './trouble.ts'
import { unreadableLines } from './unreadable.ts'

/** What a person must have checked, by name of mitigation; from the catalogue. */
export type Checklists = ReadonlyMap<string, readonly string[]>

/** The plan of every server and why, the checklist before a first apply, and the id to name in `apply --plan`. */
export function planText(run: Run, paint: Paint, checklists: Checklists = new Map()): string {
  const servers = run.servers.map((report) => serverPlanText(report, paint))
  const checklist = checklistText(run, paint, checklists)
  return [...servers, ...(checklist === '' ? [] : [checklist]), sumText(run, paint)].join('\n\n')
}

/** What is held stands between the changes and their lines of XML: it is what a person has to decide about. */
function serverPlanText(report: ServerReport, paint: Paint): string {
  const lines = [headText(report, paint)]
  for (const warning of report.warnings) lines.push(`  ${paint('yellow', 'warning')} ${printable(warning)}`)
  if (report.error !== undefined) lines.push(`  ${troubleText(report.error, paint).replace('\n', '\n  ')}`)
  if (!report.enabled)
    lines.push(`  ${paint('yellow', 'switched off')}: nothing changes here, what is applied stays`)
  lines.push(...unreadableLines(report, paint))
  const plan = report.plan
  if (plan === undefined) return lines.join('\n')
  lines.push(...plan.changes.map((change) => changeText(change, report, paint)))
  lines.push(...plan.held.map((held) => heldText(held, report, paint)))
  lines.push(...plan.diffs.map((diff) => patchText(diff.patch, paint)))
  if (plan.changes.length + plan.held.length === 0)
    lines.push(`  ${paint('green', 'nothing to do')}${standText(report)}`)
  else lines.push(`  ${paint('dim', `plan ${plan.id}`)}`)
  return lines.join('\n')
}

/** How the server stands, so that an empty plan tells why it is empty: `: 3 enforced, 1 fixed`. */
function standText(report: ServerReport): string {
  const counts = Map.groupBy(report.mitigations, (mitigation) => mitigation.verdict)
  const parts = [...counts].map(([verdict, found]) => `${found.length} ${verdict}`)
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`
}

function headText(report: ServerReport, paint: Paint): string {
  const facts = report.facts
  const about = facts === undefined ? [] : [facts.exchange ?? 'build unknown', ...(facts.roles ?? [])]
  const tail = about.length === 0 ? '' : `  ${paint('dim', printable(about.join(', ')))}`
  return `${paint('bold', printable(report.server))}${tail}`
}

/** Mitigations that something will be put for on a server where nothing of theirs is ours yet. */
function firstApplied(report: ServerReport): readonly MitigationReport[] {
  const names = new Set(
    report.plan?.changes.filter((change) => change.verb === 'put').flatMap((change) => change.mitigations),
  )
  return report.mitigations.filter(
    (mitigation) => names.has(mitigation.name) && !mitigation.resources.some((resource) => resource.owned),
  )
}

/** Once per mitigation, however many servers get it. */
function checklistText(run: Run, paint: Paint, checklists: Checklists): string {
  const names = [...new Set(run.servers.flatMap(firstApplied).map((mitigation) => mitigation.name))]
  const lines = names.flatMap((name) =>
    (checklists.get(name) ?? []).map((item) => `  [ ] ${paint('bold', printable(name))} ${printable(item)}`),
  )
  return lines.length === 0 ? '' : [paint('bold', 'Before the first apply, check:'), ...lines].join('\n')
}

/** The last line of the screen: how much, and how to have exactly this carried out. */
function sumText(run: Run, paint: Paint): string {
  const changes = run.servers.reduce((sum, report) => sum + (report.plan?.changes.length ?? 0), 0)
  const held = run.servers.reduce((sum, report) => sum + (report.plan?.held.length ?? 0), 0)
  const busy = run.servers.filter((report) => (report.plan?.changes.length ?? 0) > 0).length
  const what = changes === 0 ? 'Nothing to change' : `${count(changes, 'change')} on ${count(busy, 'server')}`
  const bad = run.servers.filter((report) => report.error !== undefined || report.result === 'failed').length
  const line = [
    what,
    ...(held > 0 ? [`${held} held`] : []),
    ...(bad > 0 ? [`${count(bad, 'server')} failed`] : []),
  ].join(', ')
  const exactly = changes === 0 ? '' : `\nTo carry out exactly this: stopgap apply --plan ${run.id}`
  return `${paint('bold', `${line}.`)}  ${paint('dim', `revision ${printable(run.revision)}, plan ${run.id}`)}${exactly}`
}
