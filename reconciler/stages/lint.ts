import type { Catalogue, Mitigation } from '../model/catalogue.ts'
import type { Kind } from '../model/resource.ts'
import type { See } from '../model/thing.ts'
import type { Backtracker } from '../proof/lint/backtracking.ts'
import { endsProcessing, unreachableBehind, unreachableRules } from '../proof/lint/behind.ts'
import { bypassFindings } from '../proof/lint/bypasses.ts'
import { type Finding, inOrder } from '../proof/lint/finding.ts'
import { harmfulRules } from '../proof/lint/harm.ts'
import { restarted } from '../proof/lint/managed.ts'
import { type BlockTimes, oldBlocks, saidOfItself } from '../proof/lint/metadata.ts'
import { disallowedVariables, refusals, settingsWithoutModule, sharedFolders } from '../proof/lint/placed.ts'
import { missingReferences } from '../proof/lint/references.ts'
import { samplesOf, testsOf } from '../proof/lint/samples.ts'
import { blindRules } from '../proof/lint/sight.ts'
import { slowPatterns } from '../proof/lint/slow.ts'
import { type Subject, subjectOf } from '../proof/lint/subject.ts'
import { unreadableParts } from '../proof/lint/unreadable.ts'
import { emptyVariables } from '../proof/lint/variables.ts'
import type { TrafficRequest } from '../proof/traffic.ts'
import { webServer } from '../proof/web-server.ts'
import type { Checked } from './load.ts'
import { proven } from './prove.ts'

/** What sense is judged by. */
export interface LintContext {
  readonly kinds: readonly Kind[]
  readonly where: Checked['where']
  /** Milliseconds since 1970. */
  readonly now: number
  readonly blockTimes: BlockTimes
  readonly traffic: readonly TrafficRequest[]
  readonly backtracker: Backtracker
  /** An Exchange server to which the mitigation applies. */
  readonly laboratory: (mitigation: Mitigation) => See
}

/** Everything that is to be said about the sense of these mitigations and all blocks, in order of their places. */
export async function lint(
  { mitigations, blocks }: Pick<Catalogue, 'mitigations' | 'blocks'>,
  context: LintContext,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [...oldBlocks(blocks, context.blockTimes, context.now)]
  const subjects = mitigations.map((mitigation) => subjectOf(mitigation, context.where))
  for (const subject of subjects) {
    findings.push(...asWritten(subject))
    findings.push(...(await patterns(subject, context, signal)))
    findings.push(...onServer(subject, context))
    findings.push(...besideOthers(subject, subjects, context))
    signal.throwIfAborted()
  }
  return inOrder(findings)
}

/** What can be told from the text alone. */
function asWritten(subject: Subject): readonly Finding[] {
  return [
    ...unreadableParts(subject),
    ...missingReferences(subject),
    ...emptyVariables(subject),
    ...blindRules(subject),
    ...restarted(subject),
    ...saidOfItself(subject),
  ]
}

function patterns(
  subject: Subject,
  { backtracker, traffic }: LintContext,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const samples = samplesOf([...testsOf(subject), ...traffic].map(({ request }) => request))
  return slowPatterns(subject, { backtracker, samples }, signal)
}

/** What shows only where another mitigation of the folder is put, too. */
function besideOthers(
  subject: Subject,
  all: readonly Subject[],
  { kinds, laboratory }: LintContext,
): readonly Finding[] {
  if (!subject.rules.some(({ kind }) => kind === 'rewrite-rule')) return []
  const others = all.filter((other) => other !== subject && endsProcessing(other))
  if (others.length === 0 || unreadableParts(subject).length > 0) return []
  const { see: alone } = proven(laboratory(subject.mitigation), subject.mitigation, kinds)
  // What is so without the others is told already.
  if (unreachableRules(subject, { see: alone, server: webServer(alone) }).length > 0) return []
  return others.flatMap(({ mitigation }) => {
    const { see } = proven(alone, mitigation, kinds)
    return unreachableBehind(subject, mitigation.name, { see, server: webServer(see) })
  })
}

/** What shows only where it is put. */
function onServer(subject: Subject, { kinds, laboratory, traffic }: LintContext): readonly Finding[] {
  const before = laboratory(subject.mitigation)
  const { see, held } = proven(before, subject.mitigation, kinds)
  const standing = [
    ...refusals(subject, held),
    ...(held.length > 0 ? [] : sharedFolders(subject, before)),
    ...settingsWithoutModule(subject, see),
    ...disallowedVariables(subject, see),
  ]
  // A rule that answers everything with 500 blocks every attack and all mail; one finding about it is enough.
  if (subject.rules.length === 0 || unreadableParts(subject).length > 0) return standing
  const server = webServer(see)
  return [
    ...standing,
    ...unreachableRules(subject, { see, server }),
    ...harmfulRules(subject, { before: webServer(before), after: server, traffic }),
    ...bypassFindings(subject, server),
  ]
}
