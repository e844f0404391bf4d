import { laneOf, parseBuild, partsOf } from '../formats/build.ts'
import type { Mitigation } from '../model/catalogue.ts'
import type { Facts } from '../model/facts.ts'
import { type Held, STATES, type State } from '../model/plan.ts'
import type { MitigationReport, Outcome, ResourceReport } from '../model/report.ts'
import type { Decision } from '../model/verdict.ts'
import { exposed } from '../policy/exposed.ts'
import type { Judged } from './diff/judged.ts'
import { deciding } from './diff/owners.ts'

export interface Findings {
  readonly decisions: readonly Decision[]
  readonly judged: readonly Judged[]
  readonly held: readonly Held[]
  readonly outcomes: readonly Outcome[]
  /** Keys of what was stopped and does not stay so. */
  readonly restless: readonly string[]
  readonly mitigations: readonly Mitigation[]
}

/** What one pass found, mitigation by mitigation; those the repository no longer has only while something is left of them. */
export function reportOf(findings: Findings): readonly MitigationReport[] {
  const listed = findings.decisions.map((decision) => mitigationReport(decision, findings))
  const known = new Set(findings.decisions.map((decision) => decision.mitigation.toLowerCase()))
  const gone = new Map<string, Decision>()
  for (const one of findings.judged) {
    if (one.state === 'absent') continue
    for (const decision of deciding(one)) {
      if (!known.has(decision.mitigation.toLowerCase())) gone.set(decision.mitigation.toLowerCase(), decision)
    }
  }
  return [...listed, ...[...gone.values()].map((decision) => mitigationReport(decision, findings))]
}

function mitigationReport(decision: Decision, findings: Findings): MitigationReport {
  const name = decision.mitigation.toLowerCase()
  const mine = findings.judged.filter((one) => asks(one, name))
  const resources = mine.map((one) => resourceReport(one, decision, findings))
  const mitigation = findings.mitigations.find((one) => one.name.toLowerCase() === name)
  const inEffect = mine.length > 0 && mine.every((one) => one.inEffect)
  const present = mine.some((one) => isThere(one))
  return {
    name: decision.mitigation,
    ...(mitigation === undefined ? {} : { title: mitigation.title }),
    severity: mitigation?.severity ?? 'info',
    verdict: decision.verdict,
    mode: decision.mode,
    reason: decision.reason,
    origin: { file: decision.origin.file, line: decision.origin.line },
    state: decision.verdict === 'unknown' ? 'unknown' : worst(resources.map((one) => one.state)),
    exposed: exposed(decision, inEffect),
    fixedButPresent: decision.verdict === 'fixed' && present,
    resources,
    questions: decision.questions,
  }
}

/** Of a resource that several ask for, every one of them tells. */
function asks(one: Judged, name: string): boolean {
  const all = [...one.wantedBy, ...(one.wantedBy.length > 0 && one.owned === null ? [] : one.unwantedBy)]
  return all.some((decision) => decision.mitigation.toLowerCase() === name)
}

function isThere({ reading, owned, state }: Judged): boolean {
  if (reading.is === 'elsewhere') return true
  return reading.is === 'present' && (reading.ours || owned !== null || state === 'leftover')
}

function resourceReport(one: Judged, decision: Decision, findings: Findings): ResourceReport {
  const { key, kind } = one.resource
  const held = findings.held.find((change) => change.key === key)
  const outcome = findings.outcomes.find((change) => change.key === key)
  const told = toldState(one, decision, held, outcome)
  return {
    key,
    kind,
    ...told,
    owned: one.owned !== null || (one.reading.is === 'present' && one.reading.ours),
    ...(one.difference === undefined || isOthers(one, decision) ? {} : { due: one.difference.cause }),
    ...(held?.reason === 'fight' || findings.restless.includes(key) ? { fighting: true } : {}),
  }
}

function toldState(
  one: Judged,
  decision: Decision,
  held: Held | undefined,
  outcome: Outcome | undefined,
): { readonly state: State; readonly reason?: string } {
  const failed = outcome !== undefined && (outcome.result === 'failed' || outcome.result === 'unverified')
  if (failed && one.difference !== undefined)
    return { state: 'failed', reason: outcome.error ?? outcome.result }
  if (decision.verdict === 'unsupported') return { state: 'failed', reason: decision.reason }
  if (isOthers(one, decision)) return othersState(one, decision)
  if (held !== undefined) return { state: 'held', reason: `${held.reason}: ${held.detail}` }
  return one.reason === undefined ? { state: one.state } : { state: one.state, reason: one.reason }
}

/** Somebody wants it, only this mitigation does not. */
function isOthers({ wantedBy }: Judged, { mitigation }: Decision): boolean {
  return wantedBy.length > 0 && !wantedBy.some((one) => one.mitigation === mitigation)
}

function othersState(
  { wantedBy, owned }: Judged,
  { mitigation, effect }: Decision,
): { readonly state: State; readonly reason: string } {
  const kept = effect === 'keep' && owned?.mitigations.includes(mitigation) === true
  const names = wantedBy.map((one) => one.mitigation).join(', ')
  return { state: kept ? 'kept' : 'absent', reason: `it is there for ${names}` }
}

/** A mitigation has the worst state of its resources. */
export function worst(states: readonly State[]): State {
  return STATES.find((state) => states.includes(state)) ?? 'absent'
}

/** The lane of the server's build, `15.2.1118`. */
export function laneOfServer({ exchange = '' }: Facts): string | undefined {
  const build = parseBuild(exchange)
  return build === null || partsOf(exchange) < 3 ? undefined : laneOf(build)
}
