import type { Eems, Facts } from '../../model/facts.ts'
import type { Finding } from '../../model/finding.ts'
import type { See, Service, Sighting } from '../../model/thing.ts'
import type { Decision } from '../../model/verdict.ts'
import { ok, warning } from './finding.ts'

/** The Windows service behind Microsoft's emergency mitigations. */
export const EM_SERVICE = 'MSExchangeMitigation'

/** Whether Microsoft's own service works on this server, and where it and we would work against each other. */
export function emServiceFindings(
  facts: Facts,
  see: See,
  decided: { readonly decisions: readonly Decision[] } | null,
): readonly Finding[] {
  const { eems } = facts
  const service = see('service', EM_SERVICE)
  if (eems?.installed === false) return [ok('em-service', 'not installed: Stopgap alone decides here')]
  if (eems?.installed === undefined && service.is === 'absent')
    return [ok('em-service', 'there is no such service: Stopgap alone decides here')]
  const state = stateFinding(eems, service)
  const overlap = decided === null ? [] : overlapFindings(eems, facts.name, decided)
  return [state, ...overlap]
}

function stateFinding(eems: Eems | undefined, service: Sighting<Service>): Finding {
  if (eems === undefined || eems.enabled === undefined)
    return warning(
      'em-service',
      'nobody can tell whether the EM service applies mitigations',
      'Stopgap never doubles what it finds in effect. Look with Get-ExchangeServer | fl Mitigations*.',
    )
  const lists = `applied: ${words(eems.applied)}; blocked: ${words(eems.blocked)}`
  if (!eems.enabled)
    return ok('em-service', `switched off (MitigationsEnabled), so it applies nothing new; ${lists}`)
  if (service.is === 'here' && service.value.status !== 'Running')
    return warning(
      'em-service',
      `switched on, but its service ${EM_SERVICE} is ${service.value.status} (${service.value.startType}); ${lists}`,
      'Start it, or switch it off where Stopgap alone is to decide: Set-ExchangeServer -MitigationsEnabled $false.',
    )
  return ok('em-service', `switched on; ${lists}`)
}

function words(names: readonly string[] | undefined): string {
  if (names === undefined) return 'unknown'
  return names.length === 0 ? 'nothing' : names.join(', ')
}

/**
 * An equal rule of the EM service counts as in effect and is left to it, so both applying the same does no harm. What does: one
 * that keeps putting back what the other is to keep away.
 */
function overlapFindings(
  eems: Eems | undefined,
  server: string,
  { decisions }: { readonly decisions: readonly Decision[] },
): readonly Finding[] {
  const applied = (name: string) => (eems?.applied ?? []).some((id) => isVersionOf(id, name))
  const blocked = (name: string) => (eems?.blocked ?? []).some((id) => isVersionOf(id, name))
  const findings = decisions.flatMap(({ mitigation, verdict }) => {
    if (applied(mitigation) && eems?.enabled !== false && (verdict === 'blocked' || verdict === 'disabled'))
      return [against(mitigation, `${verdict} in the repository, and the EM service applies it`, server)]
    if (applied(mitigation) && eems?.enabled !== false && verdict === 'fixed')
      return [against(mitigation, 'fixed by the build, and the EM service still applies it', server)]
    if (blocked(mitigation) && verdict === 'enforced')
      return [
        warning(
          'em-overlap',
          `${mitigation} is blocked for the EM service on this server, and the repository enforces it`,
          'Somebody decided against it there. Write a Block with the reason, or take it off the list (Set-ExchangeServer -MitigationsBlocked).',
        ),
      ]
    return []
  })
  const both = decisions.filter(({ mitigation, verdict }) => verdict === 'enforced' && applied(mitigation))
  if (findings.length > 0 || both.length === 0) return findings
  const names = both.map(({ mitigation }) => mitigation).join(', ')
  return [
    ok(
      'em-overlap',
      `both apply ${names}: what is equal is left to the EM service, what is stronger stands beside it`,
    ),
  ]
}

function against(mitigation: string, what: string, server: string): Finding {
  return warning(
    'em-overlap',
    `${mitigation} is ${what}`,
    `Block it there too, or it comes back every hour: Set-ExchangeServer ${server} -MitigationsBlocked, which takes the whole list.`,
  )
}

/** `M2`, `M2.1` and `M2.1.0` are three spellings of one mitigation; `M21` is another. */
function isVersionOf(id: string, name: string): boolean {
  const [long, short] = [id.toLowerCase(), name.toLowerCase()]
  return long === short || long.startsWith(`${short}.`)
}
