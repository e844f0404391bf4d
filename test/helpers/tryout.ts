import { laboratory } from '../../reconciler/commands/laboratory.ts'
import { kinds } from '../../reconciler/kinds/registry.ts'
import { parseTraffic } from '../../reconciler/proof/traffic.ts'
import type { Tried, Tryout } from '../../reconciler/proof/tried.ts'
import { tryOut } from '../../reconciler/proof/tryout.ts'
import { proven } from '../../reconciler/stages/prove.ts'
import { checkFiles, mitigation } from './policy.ts'

/** An inbound rule on Default Web Site; `more` are further lines of it, six blanks in. */
export function inboundRule(name: string, url: string, action: string, more = ''): string {
  return `    - kind: rewrite-rule
      at: Default Web Site
      name: ${name}
      match: { url: '${url}' }
      action: ${action}
${more}`
}

/** Tries the mitigation X with these resources and these further lines of its `spec`, against these requests. */
export function tryoutOf(resources: string, spec = '', requests: readonly string[] = []): Tryout {
  const checked = checkFiles({ 'mitigations/x.yaml': mitigation('X', spec, resources.replace(/\n$/, '')) })
  const found = checked.catalogue?.mitigations.find(({ name }) => name === 'X')
  if (found === undefined) throw new Error(JSON.stringify(checked.diagnostics))
  const { see: before, build, applies } = laboratory(found)
  const { see: after, held, missing } = proven(before, found, kinds)
  const at = (pointer: string) => checked.where('X', pointer) ?? found.origin
  return tryOut({ mitigation: found, build, applies, before, after, held, missing, at }, corpusOf(requests))
}

function corpusOf(requests: readonly string[]) {
  if (requests.length === 0) return []
  const lines = requests.map((one, index) => `      - { name: request ${index + 1}, request: '${one}' }`)
  const traffic = parseTraffic(
    'traffic/x.yaml',
    `protocol: owa\ntitle: X\nsources: [https://example.com/x]\ngroups:\n  - name: x\n    requests:\n${lines.join('\n')}\n`,
  )
  if (traffic.faults.length > 0) throw new Error(JSON.stringify(traffic.faults))
  return traffic.requests
}

/** Tests as lines of a spec: each `request | response | expect` in YAML; an empty response is none. */
export function testLines(
  ...tests: readonly (readonly [request: string, expect: string, response?: string])[]
): string {
  const lines = tests.map(
    ([request, expect, response], index) =>
      `    - name: test ${index + 1}\n      request: ${request}\n${response === undefined ? '' : `      response: ${response}\n`}      expect: ${expect}\n`,
  )
  return `  tests:\n${lines.join('')}`
}

/** What was tried and is not as it should be. */
export function bad({ tried }: Tryout): readonly Tried[] {
  return tried.filter(({ level }) => level !== 'ok')
}

export function codes(tryout: Tryout): readonly string[] {
  return tryout.tried.map(({ code }) => code)
}
