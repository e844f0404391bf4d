import type { Origin } from '../model/catalogue.ts'
import type { Request } from '../rewrite/exchange.ts'
import { asWritten } from './address.ts'

/** What can be found when a mitigation is tried, and what each of it means. */
export const TRIED = {
  'as-expected': 'A request became what its test expects.',
  'test-failed': 'A request became something else than its test expects.',
  'test-unreadable': 'The request of a test or of a side effect cannot be sent.',
  'false-positive':
    'A rule changes a request of ordinary traffic that sideEffects.requests does not declare.',
  'response-broken': 'An outbound rule breaks the response to a request of ordinary traffic.',
  'not-put': 'A resource cannot be put on the server that the mitigation is for.',
  'traffic-stopped':
    'Ordinary traffic meets something that is switched off, and sideEffects.requests does not declare it.',
  'traffic-untried': 'Not all ordinary traffic was tried, because the rules take too long.',
  'side-effect-absent': 'A request that sideEffects.requests declares is not affected.',
  'proves-nothing': 'A request is blocked without the mitigation as well.',
  'resource-missing': 'The server on which it was tried has no place for a resource.',
  'applies-nowhere': 'No build of Exchange that is known here is in the range of the mitigation.',
} as const satisfies { readonly [code: string]: string }

type TriedCode = keyof typeof TRIED

/** One thing that was tried. */
export interface Tried {
  readonly code: TriedCode
  /** error: the mitigation must not ship so; warning: a person should look. */
  readonly level: 'ok' | 'warning' | 'error'
  /** Name of the test, of the request in the corpus, or of what it is about. */
  readonly name: string
  /** Where it is written: the test, the declaration or the rule. */
  readonly origin: Origin
  /** The request as it could be written in a test; absent where it is about none. */
  readonly request?: string
  readonly expected?: string
  /** What happened, in one line. */
  readonly happened?: string
  /** Which rule did it, or why none did. */
  readonly because?: string
}

/** All that was tried of one mitigation. */
export interface Tryout {
  readonly mitigation: string
  readonly origin: Origin
  /** Exchange build of the server on which it was tried. */
  readonly build: string
  /** How many rules the mitigation asks for, and how many tests it has. */
  readonly rules: number
  readonly tests: number
  /** How many requests of the corpus were tried, how many of them the mitigation affects, and of these as it declares. */
  readonly traffic: { readonly requests: number; readonly affected: number; readonly declared: number }
  /** In the order: tests, traffic, side effects, the rest. */
  readonly tried: readonly Tried[]
}

/** A request as people write it: method and URL, then the headers that say something. */
export function requestText(request: Request, site: string | null): string {
  const { method, url, headers = {} } = asWritten(request, site)
  // The host of a path alone is told where it is not the usual one.
  const told = Object.entries(headers).filter(([name]) => site !== null || name.toLowerCase() !== 'host')
  const lines = told.map(([name, value]) => `${name}: ${[value].flat().join(', ')}`)
  return [`${method} ${url}`, ...lines].join('\n')
}
