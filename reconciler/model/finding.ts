/** One thing that was looked at, and what to do about it where it is not as it should be. */
export type Finding =
  | { readonly is: 'ok'; readonly check: Check; readonly what: string }
  | { readonly is: 'warning'; readonly check: Check; readonly what: string; readonly remedy: string }
  | {
      readonly is: 'failure'
      readonly check: Check
      readonly what: string
      readonly remedy: string
      /** 1: the environment has to be put right; 3: what was written; 70: it is a bug of ours. */
      readonly exit: number
    }

/** Everything that is looked at, in the order in which it is told; docs/doctor.md has a row for each. */
export const CHECKS = {
  source: ['git', 'reach', 'proxy', 'certificate', 'host-key', 'policy', 'signature'],
  state: ['state', 'state-access', 'state-space', 'lock'],
  server: [
    'reach',
    'name',
    'user',
    'powershell',
    'clock',
    'record-folder',
    'record',
    'configuration',
    'windows',
    'iis',
    'url-rewrite',
    'universal-crt',
    'exchange',
    'roles',
    'setup',
    'maintenance',
    'em-service',
    'em-overlap',
    'decisions',
  ],
} as const

/** One row of `CHECKS`. */
export type Check = (typeof CHECKS)[keyof typeof CHECKS][number]

/** What was found of one thing that is looked after, or is needed for it. */
export interface Examination {
  readonly of: keyof typeof CHECKS
  /** Of the server; for people, without secrets. */
  readonly name: string
  readonly findings: readonly Finding[]
}
