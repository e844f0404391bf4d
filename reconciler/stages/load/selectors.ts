import { quoted } from '../../formats/words.ts'
import type { Json } from '../../model/resource.ts'
import { isText, type PolicyObject } from './document.ts'
import type { Findings } from './findings.ts'
import type { Names } from './names.ts'

/** Checks what policies and blocks select: every name must exist, and labels that nothing has are a warning. */
export function checkSelectors(objects: readonly PolicyObject[], names: Names, findings: Findings): void {
  for (const object of objects) {
    if (object.kind !== 'Policy' && object.kind !== 'Block') continue
    checkServers(object, names, findings)
    checkMitigations(object, names, findings)
    warnOfLabels(object, objects, ['spec', 'servers', 'labels'], findings)
    warnOfLabels(object, objects, ['spec', 'mitigations', 'labels'], findings)
  }
  warnOfUnselected(objects, findings)
}

/** A misspelt server would otherwise be left without what the policy means for it, in silence. */
function checkServers(object: PolicyObject, names: Names, findings: Findings): void {
  for (const [index, name] of object.items('spec', 'servers', 'names').entries()) {
    if (!isText(name) || names.find('Server', name) !== undefined) continue
    const message = `there is no Server object named ${quoted(name)}${names.hint('Server', name)}`
    findings.error(object.at(['spec', 'servers', 'names', index]), message)
  }
}

function checkMitigations(object: PolicyObject, names: Names, findings: Findings): void {
  const listed = object.items('spec', 'mitigations')
  for (const [index, name] of listed.entries()) {
    if (!isText(name)) continue
    const origin = object.at(['spec', 'mitigations', index])
    if (name === '*') {
      if (listed.length > 1)
        findings.error(origin, `'*' stands alone. Name what it leaves out in another ${object.kind}.`)
    } else if (names.find('Mitigation', name) === undefined)
      findings.error(origin, `there is no Mitigation named ${quoted(name)}${names.hint('Mitigation', name)}`)
  }
}

/** Only a warning: labels may be meant for servers or mitigations that are to come. */
function warnOfLabels(
  object: PolicyObject,
  objects: readonly PolicyObject[],
  path: readonly string[],
  findings: Findings,
): void {
  if (findings.isFull('warning')) return
  const wanted = object.entries(...path)
  const kind = path.includes('servers') ? 'Server' : 'Mitigation'
  if (wanted.length === 0 || objects.some((one) => one.kind === kind && hasLabels(one, wanted))) return
  findings.warning(object.at(path, 'key'), `no ${kind} has all of these labels, so they select nothing.`)
}

type Wanted = ReturnType<PolicyObject['entries']>

function hasLabels(object: PolicyObject, wanted: Wanted): boolean {
  return wanted.every(([label, value]) => object.get('metadata', 'labels', label) === value)
}

/** What is optIn is left out on purpose; nobody naming it is its normal state. */
function warnOfUnselected(objects: readonly PolicyObject[], findings: Findings): void {
  const policies = objects.filter((object) => object.kind === 'Policy').map(selection)
  if (policies.length === 0) return
  for (const object of objects) {
    if (findings.isFull('warning')) return
    if (object.name === null) continue
    const origin = object.at(['metadata', 'name'])
    if (object.kind === 'Mitigation' && object.get('spec', 'optIn') !== true)
      if (!policies.some((policy) => policy.mitigation(object)))
        findings.warning(origin, `no Policy selects the mitigation ${quoted(object.name)}.`)
    if (object.kind === 'Server' && !policies.some((policy) => policy.server(object)))
      findings.warning(origin, `no Policy selects the server ${quoted(object.name)}.`)
  }
}

interface Selection {
  /** Only for mitigations that are not optIn: those are selected by nothing but their name. */
  readonly mitigation: (object: PolicyObject) => boolean
  readonly server: (object: PolicyObject) => boolean
}

/** Sets instead of lists: every policy is asked about every object. */
function selection(policy: PolicyObject): Selection {
  const mitigations = lowerCased(policy.items('spec', 'mitigations'))
  const severities = new Set(policy.items('spec', 'mitigations', 'severity'))
  const mitigationLabels = policy.entries('spec', 'mitigations', 'labels')
  const servers = lowerCased(policy.items('spec', 'servers', 'names'))
  const serverLabels = policy.entries('spec', 'servers', 'labels')
  const every = policy.get('spec', 'servers') === undefined
  return {
    mitigation: (object) =>
      mitigations.has('*') ||
      mitigations.has(object.name?.toLowerCase()) ||
      severities.has(object.get('spec', 'severity') ?? null) ||
      (mitigationLabels.length > 0 && hasLabels(object, mitigationLabels)),
    server: (object) =>
      every ||
      servers.has(object.name?.toLowerCase()) ||
      (serverLabels.length > 0 && hasLabels(object, serverLabels)),
  }
}

function lowerCased(names: readonly Json[]): ReadonlySet<string | undefined> {
  return new Set(names.filter(isText).map((name) => name.toLowerCase()))
}
