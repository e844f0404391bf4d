import { laboratory } from '../../reconciler/commands/laboratory.ts'
import { ordinaryTraffic } from '../../reconciler/commands/traffic.ts'
import { kinds } from '../../reconciler/kinds/registry.ts'
import { Backtracker } from '../../reconciler/proof/lint/backtracking.ts'
import type { Finding } from '../../reconciler/proof/lint/finding.ts'
import type { TrafficRequest } from '../../reconciler/proof/traffic.ts'
import { lint } from '../../reconciler/stages/lint.ts'
import { check } from '../../reconciler/stages/load.ts'
import { NOW, SOUND, snapshotOf } from './policy.ts'

let traffic: Promise<readonly TrafficRequest[]> | undefined

/** Every fifth request of the corpus: what is a share of it stays one. */
export function someTraffic(): Promise<readonly TrafficRequest[]> {
  traffic ??= ordinaryTraffic(AbortSignal.timeout(60_000)).then((all) =>
    all.filter(({ request }, index) => index % 5 === 0 || request.url.includes('healthcheck')),
  )
  return traffic
}

export interface LintOptions {
  readonly backtracker?: Backtracker
  /** When all blocks came. */
  readonly blockTime?: number | null
}

/** What lint finds in texts, those that make a snapshot complete left out. Throws when they do not validate. */
export async function lintFiles(
  files: { readonly [path: string]: string },
  { backtracker = new Backtracker(null), blockTime = null }: LintOptions = {},
): Promise<readonly Finding[]> {
  const checked = check(snapshotOf({ ...SOUND, ...files }), kinds, { now: NOW, patterns: 'later' })
  if (checked.catalogue === null) throw new Error(JSON.stringify(checked.diagnostics))
  const { mitigations, blocks } = checked.catalogue
  const own = mitigations.filter(({ name }) => name !== 'Sound')
  const context = {
    kinds,
    where: checked.where,
    now: NOW,
    blockTimes: new Map(blocks.map(({ name }) => [name, blockTime])),
    traffic: await someTraffic(),
    backtracker,
    laboratory: (mitigation: (typeof mitigations)[number]) => laboratory(mitigation).see,
  }
  return lint({ mitigations: own, blocks }, context, AbortSignal.timeout(60_000))
}

const USUAL = {
  title: 'title: An example',
  severity: 'severity: low',
  references: 'references: [https://example.test/]',
  permanent: 'permanent: It is an example, and no build ends it.',
}

/** A mitigation named Example with this `spec` (not indented); what an example leaves out is filled in. */
export function specDocument(spec: string): string {
  const rest = Object.entries(USUAL).flatMap(([key, line]) =>
    new RegExp(`^${key}:`, 'm').test(spec) ? [] : [line],
  )
  const lines = [...rest, ...spec.trimEnd().split('\n')].map((line) => `  ${line}`)
  return `apiVersion: stopgap/v1\nkind: Mitigation\nmetadata: { name: Example }\nspec:\n${lines.join('\n')}\n`
}
