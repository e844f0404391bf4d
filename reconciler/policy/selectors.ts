import type { Labels, Mitigation, MitigationSelector, Policy, ServerSelector } from '../model/catalogue.ts'

/** A server as selectors see it. */
export interface Selectable {
  readonly name: string
  readonly labels: Labels
}

/** Named, or has all the labels. Names compare without case, labels exactly. */
export function selectsServer(selector: ServerSelector, server: Selectable): boolean {
  if (selector.is === 'all') return true
  return includesName(selector.names, server.name) || hasLabels(server.labels, selector.labels)
}

/** Whether the selector fits, whatever the mitigation says about opting in: so do blocks match. */
export function matchesMitigation(
  selector: MitigationSelector,
  mitigation: Pick<Mitigation, 'name' | 'severity' | 'labels'>,
): boolean {
  switch (selector.is) {
    case 'all':
      return true
    case 'names':
      return includesName(selector.names, mitigation.name)
    case 'severity':
      return selector.severity.includes(mitigation.severity)
    case 'labels':
      return hasLabels(mitigation.labels, selector.labels)
  }
}

/** Whether a policy selects it: as a block would, but what is opt-in only by its name. */
export function policySelects(policy: Policy, mitigation: Mitigation): boolean {
  if (mitigation.optIn && policy.mitigations.is !== 'names') return false
  return matchesMitigation(policy.mitigations, mitigation)
}

function includesName(names: readonly string[], name: string): boolean {
  return names.some((one) => one.toLowerCase() === name.toLowerCase())
}

// No labels asked for is nobody, not everybody: an empty selector must never widen.
function hasLabels(labels: Labels, asked: Labels): boolean {
  const wanted = Object.entries(asked)
  return wanted.length > 0 && wanted.every(([label, value]) => labels[label] === value)
}
