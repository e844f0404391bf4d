import { configuration } from '../../iis/configuration.ts'
import { layers } from '../../iis/layers.ts'
import { isWithin, sitePathOf } from '../../iis/paths.ts'
import type { See } from '../../model/thing.ts'
import { fieldsIn, flagIn, listIn, textIn } from '../../rewrite/fields.ts'
import type { RuleSource } from '../../rewrite/rule-set.ts'
import { isStopped } from '../answer.ts'
import { effective } from '../effective.ts'
import { isOurs } from '../own-name.ts'
import type { WebServer } from '../web-server.ts'
import type { Finding } from './finding.ts'
import { blockedTests } from './samples.ts'
import { about, type Subject } from './subject.ts'
import type { WrittenRule } from './written.ts'

/** A server with the mitigation put on it, to look at and to ask. */
export interface Tried {
  readonly see: See
  readonly server: WebServer
}

/** Rules that no request comes to, or no attack: another one before them ends the processing. */
export function unreachableRules(subject: Subject, tried: Tried): readonly Finding[] {
  return subject.rules.flatMap((rule) => {
    const by = shadowed(rule, tried.see) ?? cutOff(subject, rule, tried.server)
    if (by === null) return []
    return [
      about(subject, 'rule-unreachable', rule.pointer, {
        message: `the rule ${rule.name} stands behind "${by}", which ends the processing`,
        why: 'Rules behind it never see the request, so this one stops nothing.',
        remedy:
          rule.position === 'last'
            ? 'position: first'
            : 'Of two with position first, the later entry of resources stands first: change their order, or take stopProcessing from the other.',
      }),
    ]
  })
}

/** Whether a mitigation has a rule that may end the processing of a request without stopping it. */
export function endsProcessing({ rules }: Subject): boolean {
  return rules.some(
    ({ kind, action, stops }) =>
      kind === 'rewrite-rule' && (action === 'Redirect' || (stops && /^(?:None|Rewrite)$/.test(action))),
  )
}

/** The same where `other` is put after it, which then stands first: a warning, for nobody says that one server gets both. */
export function unreachableBehind(subject: Subject, other: string, tried: Tried): readonly Finding[] {
  return unreachableRules(subject, tried).map((found) => ({
    ...found,
    severity: 'warning',
    message: `${found.message}, on a server that gets the mitigation ${other} as well`,
    remedy: `Give that rule of ${other} position: last, or conditions that spare what this one is to stop.`,
  }))
}

/** The name of a rule before it in effect that ends the processing of everything. */
function shadowed({ at, kind, mitigation, name }: WrittenRule, see: See): string | null {
  const host = configuration(see)
  if (host.is === 'unknown' || kind !== 'rewrite-rule') return null
  for (const path of at) {
    const read = layers(see, host.value, path)
    const found = read.is === 'known' ? effective(read.value, sitePathOf(path)) : null
    if (found?.is !== 'rules') continue
    const rules = sitePathOf(path) === '' ? found.source.globalRules : found.source.rules
    const own = rules.findIndex((rule) => isOurs(rule.name, mitigation, name))
    const before = rules.slice(0, Math.max(0, own)).find(endsAll)
    if (before !== undefined) return before.name
  }
  return null
}

function endsAll({ fields }: RuleSource): boolean {
  const match = fieldsIn(fields, 'match')
  const everything =
    textIn(fields, 'patternSyntax') === 'Wildcard' ? ['*'] : ['.*', '(.*)', '^.*$', '^(.*)$', '^']
  if (flagIn(match, 'negate') || !everything.includes(textIn(match, 'url'))) return false
  if (listIn(fields, 'conditions').length > 0) return false
  const action = textIn(fieldsIn(fields, 'action'), 'type')
  return ['Redirect', 'CustomResponse', 'AbortRequest'].includes(action) || flagIn(fields, 'stopProcessing')
}

/** The name of another rule that ends the processing of an attack before this rule is asked, and lets it through. */
function cutOff(subject: Subject, rule: WrittenRule, server: WebServer): string | null {
  if (rule.kind !== 'rewrite-rule') return null
  for (const { request, site } of blockedTests(subject)) {
    const { raw } = server.answerBoth(request, { site })
    if (raw.trace.length === 0 || isStopped(raw) || raw.served === null) continue
    const { level } = raw.served
    if (!rule.at.some((path) => isWithin(level, sitePathOf(path)))) continue
    if (raw.trace.some((each) => isOurs(each.name, rule.mitigation, rule.name))) continue
    const last = raw.trace.filter(({ matched }) => matched).at(-1)
    if (last !== undefined && raw.trace.at(-1) === last) return last.name
  }
  return null
}
