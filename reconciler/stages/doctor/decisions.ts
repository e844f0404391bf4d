import type { Catalogue } from '../../model/catalogue.ts'
import type { Facts } from '../../model/facts.ts'
import type { Finding } from '../../model/finding.ts'
import type { Kind } from '../../model/resource.ts'
import type { See } from '../../model/thing.ts'
import { type Decision, VERDICTS } from '../../model/verdict.ts'
import { resolve } from '../resolve.ts'
import { failure, ok, warning } from './finding.ts'

/** What the repository decides for this server, by the facts as they are. */
export interface Decided {
  readonly decisions: readonly Decision[]
  readonly warnings: readonly string[]
}

/** As a pass decides, but for what only time and memory could add. `now`: milliseconds since 1970. */
export function decidedFor(
  server: string,
  { facts, see }: { readonly facts: Facts; readonly see: See },
  {
    catalogue,
    kinds,
    now,
  }: { readonly catalogue: Catalogue; readonly kinds: readonly Kind[]; readonly now: number },
): Decided {
  return resolve(catalogue, facts, kinds, {
    now: { time: now, trusted: true },
    retireAfter: 0,
    fixedSince: {},
    server,
    versions: (path) => see('version', path),
  })
}

/** A count of verdicts, and what of them somebody has to do something about. */
export function decisionFindings({ decisions, warnings }: Decided): readonly Finding[] {
  const counts = VERDICTS.toReversed().flatMap((verdict) => {
    const number = decisions.filter((one) => one.verdict === verdict).length
    return number === 0 ? [] : [`${number} ${verdict}`]
  })
  const sum = ok('decisions', `mitigations: ${counts.join(', ')}`)
  const bad = decisions.flatMap((decision) => {
    const what = `${decision.mitigation}: ${decision.reason}`
    if (decision.verdict === 'unknown')
      return [failure('decisions', what, 'Nothing is decided about it until that can be read on the server.')]
    if (decision.verdict === 'unsupported')
      return [
        warning(
          'decisions',
          what,
          'It is not applied there. Install what it needs, or block it with the reason.',
        ),
      ]
    return []
  })
  const unheeded = warnings.map((text) =>
    warning('decisions', text, 'Name the server or its labels in a policy, and set the clock right.'),
  )
  return [sum, ...bad, ...unheeded]
}
