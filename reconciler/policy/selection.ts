import type { Mitigation, Mode, Origin } from '../model/catalogue.ts'
import type { ServerView } from './context.ts'
import { policySelects } from './selectors.ts'

/** What the policies of a server say about one mitigation. */
export interface Selection {
  readonly selected: boolean
  /** The policy that counts; null: none selects it. */
  readonly by: { readonly name: string; readonly origin: Origin } | null
  readonly words: string
  readonly mode: Mode
  /** What decided the mode: a switch, else the policy. */
  readonly modeBy: { readonly origin: Origin } | null
  readonly modeWords: string
}

/** Several policies: enforce beats audit. Audit of the organization or the server overrides all of them, removals included. */
export function selectionOf(server: ServerView, mitigation: Mitigation): Selection {
  const policies = server.policies.filter((policy) => policySelects(policy, mitigation))
  const by = policies.find(({ mode }) => mode === 'enforce') ?? policies[0] ?? null
  const words =
    by !== null
      ? `policy ${by.name} selects it`
      : mitigation.optIn
        ? 'no policy selects it by its name, and it is opt-in'
        : 'no policy selects it'
  return { selected: by !== null, by, words, ...modeOf(server, by) }
}

/** The mode for what nobody selects any more is that of the switches: there is no policy to ask. */
export function modeOf(
  { audit }: ServerView,
  by: { readonly name: string; readonly origin: Origin; readonly mode: Mode } | null,
): Pick<Selection, 'mode' | 'modeBy' | 'modeWords'> {
  if (audit !== null) return { mode: 'audit', modeBy: audit.by, modeWords: `${audit.of} is in audit mode` }
  const mode = by?.mode ?? 'enforce'
  const modeWords = by === null ? 'nothing puts it in audit' : `policy ${by.name} is in mode ${mode}`
  return { mode, modeBy: by, modeWords }
}
