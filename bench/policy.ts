import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SHIPPED = fileURLToPath(new URL('../mitigations', import.meta.url))

const PATHS = ['', '/owa', '/ecp', '/EWS', '/OAB', '/mapi', '/Microsoft-Server-ActiveSync', '/Autodiscover']

/** A rule that nothing fixes, of the size and form of those that Microsoft publishes. */
function rule(index: number): string {
  const path = PATHS[index % PATHS.length] ?? ''
  return `apiVersion: stopgap/v1
kind: Mitigation
metadata: { name: CVE-2026-${10_000 + index}, labels: { family: bench } }
spec:
  title: Requests of the form ${index} are dropped
  severity: high
  cves: [CVE-2026-${10_000 + index}]
  references: ["https://msrc.microsoft.com/update-guide/vulnerability/CVE-2026-${10_000 + index}"]
  appliesTo: { roles: [Mailbox], builds: ">=15.0 <15.3" }
  permanent: No build has the fix.
  requires: { urlRewrite: ">=7.1" }
  resources:
    - kind: rewrite-rule
      at: Default Web Site${path}
      in: ${index % 2 === 0 ? 'web.config' : 'applicationHost.config'}
      name: Bench ${index} - inbound
      match: { url: ".*" }
      conditions: [{ input: "{UrlDecode:{REQUEST_URI}}", pattern: "(?=.*first${index})(?=.*second)" }]
      action: { type: AbortRequest }
      stopProcessing: true
`
}

function document(kind: string, name: string, spec: string): string {
  return `apiVersion: stopgap/v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec: ${spec}\n`
}

/** How many mitigations ship with Stopgap; a folder with them has at least so many. */
export interface PolicySize {
  readonly mitigations: number
  /** The shipped ones are among them, the large ones too; else all are rules of one size. */
  readonly shipped: boolean
}

/** Makes a policy folder in which every mitigation is enforced on every server. */
export function writePolicy(folder: string, { mitigations, shipped }: PolicySize): void {
  mkdirSync(join(folder, 'policies'), { recursive: true })
  mkdirSync(join(folder, 'mitigations'), { recursive: true })
  const there = shipped ? copyShipped(folder) : []
  const names = [...there]
  for (let index = 0; names.length < mitigations; index++) {
    writeFileSync(join(folder, 'mitigations', `rule-${index}.yaml`), rule(index))
    names.push(`CVE-2026-${10_000 + index}`)
  }
  const organization = document('Organization', 'contoso', '{ mitigationsEnabled: true, mode: enforce }')
  const policy = document('Policy', 'all', `{ mitigations: [${names.join(', ')}], mode: enforce }`)
  writeFileSync(join(folder, 'policies', 'organization.yaml'), organization)
  writeFileSync(join(folder, 'policies', 'all.yaml'), policy)
}

/** One more mitigation, which every server wants as soon as it is committed. */
export function addMitigation(folder: string, index: number): void {
  const name = `CVE-2026-${10_000 + index}`
  writeFileSync(join(folder, 'mitigations', `rule-${index}.yaml`), rule(index))
  const policy = document('Policy', `more-${index}`, `{ mitigations: [${name}], mode: enforce }`)
  writeFileSync(join(folder, 'policies', `more-${index}.yaml`), policy)
}

function copyShipped(folder: string): readonly string[] {
  cpSync(SHIPPED, join(folder, 'mitigations'), { recursive: true })
  return readdirSync(SHIPPED)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.replace('.yaml', ''))
}
