import type { Diagnostic } from '../model/catalogue.ts'
import { sort } from './sort.ts'

/** Errors of the policy repository's content. */
export const policyErrors = {
  POLICY_INVALID: sort<{ revision: string; faults: readonly Diagnostic[] }>({
    disposition: 'stall',
    fault: 'operator',
    exit: 3,
    message: ({ revision, faults }) =>
      `revision ${revision} has ${faults.length} fault${faults.length === 1 ? '' : 's'}; the first: ${faults[0]?.file}:${faults[0]?.line}:${faults[0]?.column}: ${faults[0]?.message}`,
    hint: () => 'Correct the files and commit; what was in force stays so until then.',
  }),
  POLICY_EMPTY: sort<{ revision: string; missing: readonly string[] }>({
    disposition: 'stall',
    fault: 'operator',
    exit: 3,
    message: ({ revision, missing }) => `revision ${revision} has no ${missing.join(' and no ')} at all`,
    hint: () =>
      'Nobody means to strip every server by an empty folder: what was in force stays so. Look whether the path of the source is right.',
  }),
  POLICY_OVERSIZED: sort<{ revision: string; faults: readonly Diagnostic[] }>({
    disposition: 'stall',
    fault: 'operator',
    exit: 3,
    message: ({ revision, faults }) =>
      `revision ${revision} is larger than Stopgap reads: ${faults[0]?.file}: ${faults[0]?.message}`,
    hint: () => 'What was in force stays so. Keep below mitigations/ and policies/ only what belongs there.',
  }),
}
