import { configuration } from '../iis/configuration.ts'
import { applicationsReading } from '../iis/impact.ts'
import { sitePathOf } from '../iis/paths.ts'
import type { Fields, Impact, Json, Resource, SpecFault } from '../model/resource.ts'
import type { See } from '../model/thing.ts'
import { homeOf } from './rule-place.ts'
import { readRule, wantedFields } from './rule-read.ts'
import { formFields, type Rule, type RuleSpec, ruleOf } from './rule-spec.ts'
import { putRule, undoRule } from './rule-write.ts'
import { keyPath } from './setting.ts'
import { fault, listOf, specOf } from './spec.ts'

/** An entry of either kind as it is written. */
type RuleEntry = Omit<RuleSpec, 'at'> & { readonly at: string | readonly string[] }

/** A lens on one rule at one path. */
export function ruleResource(json: Json, mitigation: string): Resource {
  const spec = specOf<RuleSpec>(json)
  const rule = ruleOf(spec, mitigation)
  return {
    kind: spec.kind,
    key: `${spec.kind}:${keyPath(spec.at)}:${spec.name}`,
    mitigation,
    spec: json,
    want: wantedFields(rule),
    stops: false,
    read: (see) => readRule(see, rule),
    put: (see, made) => putRule(see, rule, made),
    undo: (see, _before, made) => undoRule(see, rule, made),
    impact: (see) => impactOf(see, rule),
  }
}

/** Every path of `at` is a resource of its own. */
export function splitRule(entry: Json): readonly Json[] {
  const spec = specOf<Fields>(entry)
  return listOf(spec['at'] ?? []).map((at) => ({ ...spec, at }))
}

/** Only writing a web.config restarts anything; whether the rule comes or goes does not matter. */
function impactOf(see: See, rule: Rule): Impact {
  const none = { stops: [], restarts: [] }
  const server = configuration(see)
  if (server.is === 'unknown') return none
  const home = homeOf(see, rule)
  if (home.is !== 'known') return none
  return { stops: [], restarts: applicationsReading(server.value, home.value.file) }
}

/** What no schema can say of a rule: what IIS would refuse, and patterns that are none. */
export function ruleFaults(entry: Json): readonly SpecFault[] {
  const given = specOf<RuleEntry>(entry)
  const faults: SpecFault[] = []
  // One path is enough: what differs between paths is only whether it is the server.
  for (const at of listOf(given.at).slice(0, 1)) {
    const rule = ruleOf({ ...given, at }, 'X')
    if (rule.fields.is === 'unknown')
      faults.push(fault('', `IIS would refuse this rule: ${rule.fields.why}.`))
    for (const [index, one] of (given.equivalents ?? []).entries()) {
      const form = formFields(rule, one.form)
      if (form.is === 'unknown')
        faults.push(fault(`/equivalents/${index}/form`, `IIS would refuse this form: ${form.why}.`))
    }
  }
  return [...faults, ...placeFaults(given), ...actionFaults(given), ...patternFaults(given)]
}

/** Outbound rules and web.config files belong to a path; the server as a whole has neither. */
function placeFaults(given: RuleEntry): readonly SpecFault[] {
  if (!listOf(given.at).some((at) => sitePathOf(at) === '')) return []
  if (given.kind === 'outbound-rule') {
    return [fault('/at', 'An outbound rule needs a site or site path; `server` has none.')]
  }
  if (given.in !== 'web.config') return []
  return [fault('/in', 'Global rules are in applicationHost.config. Remove `in`, or name a site in `at`.')]
}

/** What IIS takes when it reads the file, and answers with 500 when a request comes. */
function actionFaults({ action }: RuleEntry): readonly SpecFault[] {
  const type = action?.['type']
  if (
    (type === 'Redirect' || (type === 'Rewrite' && action?.['value'] === undefined)) &&
    action?.['url'] === undefined
  ) {
    return [fault('/action', `An action of type ${type} needs to know where to.`)]
  }
  if (type === 'CustomResponse' && action?.['statusCode'] === undefined) {
    return [fault('/action', 'A CustomResponse needs a `statusCode`, such as 403.')]
  }
  return []
}

/** ECMAScript of today takes more than IIS does, so this finds what is broken, not what is too new. */
function patternFaults(given: RuleEntry): readonly SpecFault[] {
  const faults: SpecFault[] = []
  const check = (syntax: string | undefined, pattern: Json | undefined, pointer: string): void => {
    if ((syntax ?? 'ECMAScript') !== 'ECMAScript' || typeof pattern !== 'string' || isExpression(pattern))
      return
    const hint =
      pattern === '*' ? ' Write `.*` for everything: IIS answers every request with 500 otherwise.' : ''
    faults.push(fault(pointer, `\`${pattern}\` is no regular expression.${hint}`))
  }
  for (const name of ['url', 'pattern']) check(given.patternSyntax, given.match?.[name], `/match/${name}`)
  for (const [index, condition] of (given.conditions ?? []).entries()) {
    check(given.patternSyntax, condition['pattern'], `/conditions/${index}/pattern`)
  }
  for (const [index, condition] of (given.preCondition?.conditions ?? []).entries()) {
    const pointer = `/preCondition/conditions/${index}/pattern`
    check(given.preCondition?.patternSyntax, condition['pattern'], pointer)
  }
  return faults
}

// Without the flag `u`: IIS has the loose syntax of old, where a stray brace is a brace.
function isExpression(pattern: string): boolean {
  try {
    return new RegExp(pattern) instanceof RegExp
  } catch {
    return false
  }
}
