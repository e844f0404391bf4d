import type { ExaminedState } from '../../model/examined.ts'
import type { Examination, Finding } from '../../model/finding.ts'
import { failed, failure, ok, warning } from './finding.ts'

/** Room for the clone at its largest, and for backups and journal beside it. */
const ROOM = 500_000_000

/** The state folder of this machine. */
export function stateExamination(state: ExaminedState): Examination {
  const { path, exists, trouble, holder } = state
  const folder =
    trouble !== null
      ? failed('state', trouble)
      : ok(
          'state',
          exists ? `instance ${state.instance ?? 'not chosen yet'}` : 'it is made with the first plan',
        )
  return {
    of: 'state',
    name: path,
    findings: [
      folder,
      accessFinding(state),
      ...spaceFindings(state.free),
      ok('lock', holder === null ? 'nobody works with it now' : `in use by ${holder}`),
    ],
  }
}

function accessFinding({ writable, open }: ExaminedState): Finding {
  if (writable !== true)
    return failure(
      'state-access',
      writable,
      'Give it to the account that runs Stopgap, or name another with state or --state.',
    )
  return open
    ? warning(
        'state-access',
        'others than its user may look inside',
        'Take that right away (chmod 700): backups of configuration lie in it.',
      )
    : ok('state-access', 'it can be written to, by its user alone')
}

function spaceFindings(free: number | null): readonly Finding[] {
  if (free === null) return []
  const what = `${Math.floor(free / 1_000_000)} MB are free there`
  return [
    free >= ROOM
      ? ok('state-space', what)
      : warning(
          'state-space',
          what,
          `Make room: the clone, the journal and the backups may take ${ROOM / 1_000_000} MB.`,
        ),
  ]
}
