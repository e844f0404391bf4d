import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import type { ExecutionContext } from 'ava'
import { createServer } from '../../reconciler/targets/embedded/create/create.ts'
import { temporaryFolder } from './folder.ts'

/** Where the record lies below a server's folder. */
export const RECORD = 'C/ProgramData/Stopgap/record.json'
export const HOST_FILE = 'C/Windows/System32/inetsrv/config/applicationHost.config'
export const SITE_FILE = 'C/inetpub/wwwroot/web.config'

export const SITE_RULE = 'rewrite-rule:Default Web Site:block'
export const OWA_RULE = 'rewrite-rule:Default Web Site/owa:block owa'

const RULE = "match: { url: 'evil' }, action: { type: AbortRequest }, stopProcessing: true, position: first"

/** One resource in each place that is written: a web.config, applicationHost.config, and server.json twice. */
export const POLICY: Readonly<Record<string, string>> = {
  'mitigations/Rules.yaml': mitigation('Rules', [
    `{ kind: rewrite-rule, at: Default Web Site, name: block, ${RULE} }`,
    `{ kind: rewrite-rule, at: Default Web Site/owa, in: applicationHost.config, name: block owa, ${RULE} }`,
  ]),
  'mitigations/Switches.yaml': mitigation('Switches', [
    '{ kind: service, name: MSExchangeUM, startType: Disabled, status: Stopped }',
    '{ kind: app-pool, name: MSExchangeECPAppPool, autoStart: false, state: Stopped }',
  ]),
  'policies/all.yaml':
    "apiVersion: stopgap/v1\nkind: Policy\nmetadata: { name: all }\nspec: { mitigations: ['*'], mode: enforce }\n",
}

/** The same, with everything taken back. */
export const TAKEN_BACK: Readonly<Record<string, string>> = {
  ...POLICY,
  'policies/none.yaml':
    "apiVersion: stopgap/v1\nkind: Block\nmetadata: { name: none }\nspec: { mitigations: ['*'], remove: true, reason: it is over, owner: anna }\n",
}

function mitigation(name: string, resources: readonly string[]): string {
  return `apiVersion: stopgap/v1
kind: Mitigation
metadata: { name: ${name} }
spec:
  title: ${name}
  severity: high
  permanent: nothing fixes it
  resources:
${resources.map((one) => `    - ${one}`).join('\n')}
`
}

export interface FaultEstate {
  readonly root: string
  /** A plain folder that asks for everything. */
  readonly source: string
  /** A plain folder that takes everything back. */
  readonly back: string
  readonly state: string
  /** Folders of the servers, by name. */
  readonly server: (name: string) => string
  /** The flags of a command over all servers. */
  readonly flags: readonly string[]
}

/** Servers of Exchange 2016 CU23 and a policy for them, in a folder that goes when the test ends. */
export async function faultEstate(
  t: ExecutionContext,
  names: readonly string[] = ['ex01'],
): Promise<FaultEstate> {
  const root = await temporaryFolder(t)
  const server = (name: string) => join(root, name)
  for (const name of names) await createServer({ name, exchange: '15.1.2507.6', dir: server(name) })
  const source = await policyFolder(join(root, 'policy'), POLICY)
  const back = await policyFolder(join(root, 'back'), TAKEN_BACK)
  const state = join(root, 'state')
  const flags = ['--source', source, '--state', state, ...names.flatMap((name) => ['--server', server(name)])]
  return { root, source, back, state, server, flags }
}

/** Writes a folder of policy. It is a revision a second later, for which the first look at it waits. */
export async function policyFolder(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

/** Digests of all files below a folder, by their path. `except`: paths that do not count. */
export async function bytesOf(
  folder: string,
  except: readonly string[] = [],
): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const found: Record<string, string> = {}
  for (const file of files.toSorted()) {
    const path = relative(folder, file).replaceAll('\\', '/')
    if (!except.includes(path))
      found[path] = createHash('sha256')
        .update(await readFile(file))
        .digest('hex')
  }
  return found
}
