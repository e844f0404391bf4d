import type { Request } from '../../rewrite/exchange.ts'
import { type Answer, type Both, isStopped } from '../answer.ts'

/**
 * Whether a request is blocked. `differs`: only in one of the two readings of its path; `unknown`: nobody can tell, which
 * is neither blocked nor let through.
 */
export type Blocked = boolean | 'differs' | 'unknown'

/** Whether each of many requests is blocked; many, because they can share what an evaluation costs besides its work. */
export type AreBlocked = (requests: readonly Request[]) => readonly Blocked[]

/** What the answers of a server say. One that answers everything with an error, or not in time, blocks nothing. */
export function blockedOf({ raw, decoded }: Pick<Both, 'raw' | 'decoded'>): Blocked {
  const [one, other] = [stops(raw), raw === decoded ? stops(raw) : stops(decoded)]
  if (one === 'unknown' || other === 'unknown') return 'unknown'
  return one === other ? one : 'differs'
}

function stops(answer: Answer): boolean | 'unknown' {
  switch (answer.is) {
    case 'unknown':
    case 'timeout':
    case 'parse-error':
    case 'broken':
      return 'unknown'
    default:
      return isStopped(answer)
  }
}
