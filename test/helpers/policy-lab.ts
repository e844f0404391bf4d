import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { type Ended, stopgap } from './command-line.ts'
import { git, repository } from './git.ts'

/** What a lab needs of a test: a moment at which to clean up. */
export interface Ends {
  teardown(clean: () => Promise<void>): void
}

/** Where a command line of a lab differs from the plain one. */
interface Call {
  readonly args?: readonly string[]
  readonly under?: readonly string[]
}

/** One embedded server, a policy repository and a state folder, used as somebody outside would use them. */
export interface Lab {
  readonly folder: string
  /** The server's folder. */
  readonly dir: string
  /** Commits exactly these objects. */
  policy(...objects: readonly string[]): Promise<void>
  /** Runs a command with source, server and state; gives its JSON as well. */
  run(command: 'plan' | 'apply' | 'status', call?: Call): Promise<Answer>
  /** Releases what a plan holds. */
  allow(id: string): Promise<Ended>
  /** An Exchange update of the server. */
  update(...args: readonly string[]): Promise<Ended>
  /** The text of a file of the server, by its path below the folder, without case; null where there is none. */
  read(path: string): Promise<string | null>
  write(path: string, text: string): Promise<void>
  /** Changes a file of the server as a hand would; fails if that changes nothing. */
  edit(path: string, change: (text: string) => string): Promise<void>
  // biome-ignore lint/suspicious/noExplicitAny: a test changes server.json as a hand would
  server(change: (root: any) => void): Promise<void>
  /** Every file of the server save the record, by path. */
  bytes(): Promise<Readonly<Record<string, string>>>
}

export interface Answer {
  readonly code: number | null
  readonly err: string
  // biome-ignore lint/suspicious/noExplicitAny: the published JSON of one server, of which each test looks at a part
  readonly server: any
  // biome-ignore lint/suspicious/noExplicitAny: the whole of the published JSON
  readonly json: any
  /** `verdict/state` of a mitigation. */
  of(mitigation: string): string
  /** The keys and reasons of what is held, each as `reason key`. */
  readonly held: readonly string[]
  /** The changes, each as `verb key cause`. */
  readonly changes: readonly string[]
}

export const HOST = 'C/Windows/System32/inetsrv/config/applicationHost.config'
export const ROOT = 'C/inetpub/wwwroot/web.config'
export const OWA = 'C/Program Files/Microsoft/Exchange Server/V15/FrontEnd/HttpProxy/owa/web.config'

const templates = new Map<string, Promise<string>>()
const ALL = join(tmpdir(), `stopgap-lab-${process.pid}`)

/** A lab around a server made by `server create` with these arguments; equal ones are made once and copied. */
export async function lab(t: Ends, create: readonly string[] = ['--exchange', '15.1.2507.6']): Promise<Lab> {
  await mkdir(ALL, { recursive: true })
  const key = create.join(' ')
  const template = templates.get(key) ?? made(create)
  templates.set(key, template)
  const folder = await mkdtemp(join(ALL, 'lab-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const dir = join(folder, 'ex01')
  await cp(await template, dir, { recursive: true })
  const repo = await repository(join(folder, 'repo'))
  return {
    folder,
    dir,
    policy: (...objects) => commit(repo, objects),
    run: (command, call = {}) => answered(folder, command, call),
    allow: (id) => queued(() => stopgap(['allow', id, ...partsIn(folder)], { cwd: folder })),
    update: (...args) => queued(() => stopgap(['server', 'update', dir, ...args])),
    read: async (path) => {
      const real = await spelled(dir, path)
      return real === null ? null : readFile(real, 'utf8')
    },
    write: async (path, text) => {
      const real = (await spelled(dir, path)) ?? join(dir, path)
      await mkdir(dirname(real), { recursive: true })
      await writeFile(real, text)
    },
    edit: async (path, change) => {
      const real = (await spelled(dir, path)) ?? join(dir, path)
      const before = await readFile(real, 'utf8')
      const after = change(before)
      if (after === before) throw new Error(`the edit of ${path} changed nothing`)
      await writeFile(real, after)
    },
    server: async (change) => {
      const path = join(dir, 'server.json')
      const root = JSON.parse(await readFile(path, 'utf8'))
      change(root)
      await writeFile(path, JSON.stringify(root, null, 2))
    },
    bytes: () => everything(dir),
  }
}

async function made(create: readonly string[]): Promise<string> {
  const dir = join(await mkdtemp(join(ALL, 'template-')), 'ex01')
  const ended = await queued(() => stopgap(['server', 'create', dir, ...create]))
  if (ended.code !== 0) throw new Error(ended.err)
  return dir
}

/** Removes what labs share; for `test.after.always`. */
export async function endLabs(): Promise<void> {
  await rm(ALL, { recursive: true, force: true })
}

async function commit(repo: string, objects: readonly string[]): Promise<void> {
  await mkdir(join(repo, 'policies'), { recursive: true })
  await writeFile(join(repo, 'policies', 'all.yaml'), objects.join('---\n'))
  await git(repo, 'add', '--all')
  await git(repo, 'commit', '--quiet', '--allow-empty', '--message=a change')
}

function partsIn(folder: string): readonly string[] {
  const at = (name: string) => join(folder, name)
  return ['--source', at('repo'), '--server', at('ex01'), '--state', at('state')]
}

async function answered(folder: string, command: string, { args = [], under }: Call): Promise<Answer> {
  const yes = command === 'apply' ? ['--yes'] : []
  const line = [command, ...partsIn(folder), ...yes, '--json', ...args]
  const options = { cwd: folder, ...(under === undefined ? {} : { under }) }
  return answerOf(await queued(() => stopgap(line, options)))
}

// AVA starts all tests of a file at once; more processes than this only wait for one another.
const AT_ONCE = 3
let running = 0
const waiting: (() => void)[] = []

async function queued<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) await new Promise<void>((go) => waiting.push(go))
  else running += 1
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    if (next === undefined) running -= 1
    else next()
  }
}

function answerOf({ code, out, err }: Ended): Answer {
  const json = out === '' ? null : JSON.parse(out)
  const server = json?.servers?.[0]
  return {
    code,
    err,
    json,
    server,
    of: (name) => {
      // biome-ignore lint/suspicious/noExplicitAny: as above
      const found = server?.mitigations.find((one: any) => one.name === name)
      return found === undefined ? 'none' : `${found.verdict}/${found.state}`
    },
    // biome-ignore lint/suspicious/noExplicitAny: as above
    held: (server?.plan?.held ?? []).map((one: any) => `${one.reason} ${one.key}`),
    // biome-ignore lint/suspicious/noExplicitAny: as above
    changes: (server?.plan?.changes ?? []).map((one: any) => `${one.verb} ${one.key} ${one.cause}`),
  }
}

/** The path as the disk spells it: a server knows no case. */
async function spelled(dir: string, path: string): Promise<string | null> {
  let at = dir
  for (const part of path.split('/')) {
    const names = await readdir(at).catch(() => [])
    const found = names.find((name) => name.toLowerCase() === part.toLowerCase())
    if (found === undefined) return null
    at = join(at, found)
  }
  return at
}

async function everything(dir: string): Promise<Readonly<Record<string, string>>> {
  const all: Record<string, string> = {}
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (!entry.isFile() || path.includes('/Stopgap/')) continue
    all[relative(dir, path)] = await readFile(path, 'latin1')
  }
  return all
}

/** One object of the policy language; `spec` and `metadata` as YAML. */
export function object(kind: string, name: string, spec: string, metadata = ''): string {
  return `apiVersion: stopgap/v1
kind: ${kind}
metadata: { name: ${name}${metadata} }
spec:
${spec.replace(/^/gm, '  ')}
`
}

/** A Mitigation with these resources, as YAML lists them; `more` adds to its spec. */
export function mitigation(name: string, resources: string, more = 'permanent: always'): string {
  return object('Mitigation', name, `title: ${name}\nseverity: high\n${more}\nresources:\n${resources}`)
}

/** A Policy that enforces everything everywhere, or as told. */
export function policy(spec = "mitigations: ['*']\nmode: enforce", name = 'all'): string {
  return object('Policy', name, spec)
}

/** A rewrite rule that aborts what has this in its query. */
export function rule(name: string, pattern: string, more = '', at = 'Default Web Site'): string {
  return `- kind: rewrite-rule
  at: ${at}
  name: ${name}
  match: { url: '.*' }
  conditions: [{ input: '{QUERY_STRING}', pattern: ${pattern} }]
  action: { type: AbortRequest }
${more.replace(/^(?=.)/gm, '  ')}`
}

/** One that is always enforced, so that what else goes is never the last protection. */
export const KEEP = mitigation('KEEP', rule('keep', 'keep'))
