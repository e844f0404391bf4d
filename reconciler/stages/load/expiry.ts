import { parseExpiry } from '../../formats/moment.ts'
import { quoted } from '../../formats/words.ts'
import { isText, type PolicyObject } from './document.ts'
import type { Findings } from './findings.ts'

/** Checks when a block expires; one that has expired at `now` (milliseconds since 1970) is a warning. */
export function checkExpiry(object: PolicyObject, now: number, findings: Findings): void {
  const expires = object.get('spec', 'expires')
  if (!isText(expires)) return
  const origin = object.at(['spec', 'expires'])
  const moment = parseExpiry(expires)
  if (moment === null) {
    findings.error(origin, `${quoted(expires)} is no date. Write "2026-12-31", or "2026-12-31T18:00:00Z".`)
    return
  }
  if (moment > now) return
  // Not a fault: a revision must not become invalid by the mere passing of time.
  const waits = object.get('spec', 'onExpiry') !== 'apply'
  const then = waits ? 'What it kept away waits for `allow` or a commit' : 'It forbids nothing any more'
  findings.warning(
    origin,
    `the block ${quoted(object.name)} expired (${expires}). ${then}: renew or remove it.`,
  )
}
