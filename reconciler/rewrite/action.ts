import { addressEncode } from './coding.ts'
import { expand, type Scope } from './expand.ts'
import type { Ending, Journey } from './journey.ts'
import type { Rule } from './rule.ts'
import { joined, parted, withoutDots } from './url.ts'

/** Carries out a rule that matched. Null: the request goes on, perhaps as another one. */
export function act(rule: Rule, scope: Scope, journey: Journey): Ending | null {
  if (rule.broken !== null) return { is: 'parse-error', error: failure(rule, rule.broken) }
  // Before the action, whose URL may be made of them.
  for (const { name, value, replace } of rule.settings) {
    journey.setVariable(name, expand(value, scope), replace)
  }
  const { action } = rule
  switch (action.is) {
    case 'none':
      return null
    case 'abort':
      return { is: 'abort' }
    case 'response':
      return {
        is: 'response',
        status: action.status,
        subStatus: action.subStatus,
        reason: expand(action.reason, scope),
        description: expand(action.description, scope),
      }
    case 'rewrite':
      journey.rewrite(target(expand(action.url, scope), rule, journey))
      return null
    case 'redirect': {
      const location = addressEncode(target(expand(action.url, scope), rule, journey))
      return { is: 'redirect', status: action.status, location }
    }
  }
}

/** What IIS shows when a rule cannot be carried out. */
export function failure(rule: Rule, message: string): Extract<Ending, { is: 'parse-error' }>['error'] {
  return { rule: rule.name, subStatus: rule.scope === 'global' ? 51 : 50, message }
}

/**
 * Where an action goes: whole addresses stay, a relative path is one below the folder whose rule it is. The query of the
 * request follows the query of the action.
 */
function target(text: string, { action, base }: Rule, journey: Journey): string {
  const { path, query: own } = parted(text)
  const append = (action.is === 'rewrite' || action.is === 'redirect') && action.appendQuery
  const query = append ? [own, journey.query].filter((each) => each !== '').join('&') : own
  return joined(rooted(path, base), query)
}

function rooted(path: string, base: string): string {
  if (/^([a-z][a-z0-9+.-]*:)?\/\//i.test(path)) return path
  if (path.startsWith('/')) return path
  return withoutDots(base === '' ? `/${path}` : `/${base}/${path}`)
}
