import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { createServer } from '../../reconciler/targets/embedded/create/create.ts'
import { cli, type Ended } from './cli.ts'
import { temporaryFolder } from './folder.ts'
import { commit, git, repository } from './git.ts'

export const ROOT = 'C/inetpub/wwwroot/web.config'

const MITIGATION = `apiVersion: stopgap/v1
kind: Mitigation
metadata: { name: M1 }
spec:
  title: Keep Autodiscover requests from reaching PowerShell
  severity: critical
  permanent: For tests no build has the fix.
  resources:
    - kind: rewrite-rule
      at: Default Web Site
      name: PowerShell - inbound
      match: { url: ".*" }
      conditions: [{ input: "{UrlDecode:{REQUEST_URI}}", pattern: "(?=.*autodiscover)(?=.*powershell)" }]
      action: { type: AbortRequest }
      stopProcessing: true
`

/** One policy for one mitigation, enforced or only audited. */
export function policyFiles(mode: 'enforce' | 'audit' = 'enforce'): Readonly<Record<string, string>> {
  const policy = `apiVersion: stopgap/v1
kind: Policy
metadata: { name: baseline }
spec: { mitigations: [M1], mode: ${mode} }
`
  return { 'mitigations/M1.yaml': MITIGATION, 'policies/baseline.yaml': policy }
}

/** A folder with a policy repository, servers and a stopgap.yaml, as an operator has it. */
export class Workplace {
  readonly folder: string
  readonly repository: string
  readonly state: string

  constructor(folder: string) {
    this.folder = folder
    this.repository = join(folder, 'policy')
    this.state = join(folder, 'state')
  }

  run(...args: string[]): Promise<Ended> {
    return cli(this.folder, ...args)
  }

  commit(files: Readonly<Record<string, string>>): Promise<string> {
    return commit(this.repository, files)
  }

  git(...args: string[]): Promise<string> {
    return git(this.repository, ...args)
  }

  read(server: string, file = ROOT): Promise<Buffer> {
    return readFile(join(this.folder, 'servers', server, file))
  }

  write(path: string, text: string): Promise<void> {
    return writeFile(join(this.folder, path), text)
  }
}

/** Makes it, with one commit in the repository and nothing applied yet. */
export async function workplace(
  t: ExecutionContext,
  servers: readonly string[] = ['ex01', 'ex02'],
): Promise<Workplace> {
  const place = new Workplace(await temporaryFolder(t))
  await repository(place.repository)
  await place.commit(policyFiles())
  for (const name of servers)
    await createServer({ dir: join(place.folder, 'servers', name), exchange: '15.2.1118.7' })
  await place.write('stopgap.yaml', configuration(servers))
  return place
}

// Short intervals, so that nobody waits.
function configuration(servers: readonly string[]): string {
  return `source: { remotes: [./policy], interval: 1s, timeout: 10s }
servers:
${servers.map((name) => `  - { name: ${name}, embedded: ./servers/${name} }`).join('\n')}
drift: { interval: 5s }
state: ./state
listen: 127.0.0.1:0
`
}
