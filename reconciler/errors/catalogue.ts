import { commandErrors } from './commands.ts'
import type { ErrorSort } from './error.ts'
import { policyErrors } from './policy.ts'
import { recordErrors } from './record.ts'
import { sourceErrors } from './source.ts'
import { sshErrors } from './ssh.ts'
import { stateErrors } from './state.ts'
import { targetErrors } from './target.ts'

/** Every error that Stopgap reports to people. The key is the code; `docs/errors.md` has a section for each. */
export const catalogue = {
  ...commandErrors,
  ...policyErrors,
  ...recordErrors,
  ...sourceErrors,
  ...sshErrors,
  ...stateErrors,
  ...targetErrors,
} as const

/** The code of an error, such as `PLAN_MOVED`. */
export type Code = keyof typeof catalogue
/** What the message of an error is built from. */
export type FactsOf<C extends Code> = (typeof catalogue)[C] extends ErrorSort<infer F> ? F : never
