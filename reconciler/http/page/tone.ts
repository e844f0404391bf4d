import type { State } from '../../model/plan.ts'
import type { MitigationReport, PassResult, ServerReport } from '../../model/report.ts'

/** How something looks: class names of the style sheet. */
export type Tone = 'good' | 'info' | 'warn' | 'moved' | 'bad' | 'none'

const STATES: { readonly [state in State]: Tone } = {
  failed: 'bad',
  unknown: 'bad',
  drifted: 'moved',
  held: 'warn',
  pending: 'warn',
  leftover: 'warn',
  kept: 'info',
  elsewhere: 'info',
  'in-sync': 'good',
  absent: 'none',
}

const RESULTS: { readonly [result in PassResult]: Tone } = {
  converged: 'good',
  changed: 'good',
  held: 'warn',
  conflict: 'warn',
  failed: 'bad',
  unreachable: 'bad',
}

/** Of one state. */
export function stateTone(state: State): Tone {
  return STATES[state]
}

/** Of the result of a pass. */
export function resultTone(result: PassResult): Tone {
  return RESULTS[result]
}

/** Of a cell: exposed outranks every state that only says that nothing is being done. */
export function mitigationTone(mitigation: MitigationReport): Tone {
  const tone = STATES[mitigation.state]
  if (mitigation.verdict === 'unknown' || mitigation.verdict === 'unsupported') return 'bad'
  return mitigation.exposed && tone !== 'moved' ? 'bad' : tone
}

/** A verdict or state without its hyphen. */
export function words(name: string): string {
  return name.replaceAll('-', ' ')
}

/** What a cell says: the state where it is enforced, else the verdict and what is there all the same. */
export function cellText(mitigation: MitigationReport): string {
  if (mitigation.verdict === 'enforced') return words(mitigation.state)
  const { verdict, state } = mitigation
  return state === 'absent' || state === 'unknown' ? words(verdict) : `${words(verdict)}, ${words(state)}`
}

/** Whether a person should look at this server. */
export function needsAttention(report: ServerReport, revision: string | null): boolean {
  return (
    RESULTS[report.result] !== 'good' ||
    report.error !== undefined ||
    report.warnings.length > 0 ||
    report.revision !== revision ||
    report.mitigations.some((one) => ['bad', 'warn', 'moved'].includes(mitigationTone(one)))
  )
}
