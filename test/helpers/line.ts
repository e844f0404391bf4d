import { readFileSync } from 'node:fs'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { kinds } from '../../reconciler/kinds/registry.ts'
import type { Catalogue } from '../../reconciler/model/catalogue.ts'
import { RECORD_PATH, type ServerRecord } from '../../reconciler/model/record.ts'
import type { ServerReport } from '../../reconciler/model/report.ts'
import type { Target } from '../../reconciler/model/target.ts'
import type { Passed, PassOptions } from '../../reconciler/pipeline/pass.ts'
import { converge, prepare } from '../../reconciler/pipeline.ts'
import type { World } from '../../reconciler/stages/assess.ts'
import { load } from '../../reconciler/stages/load.ts'
import { approve } from '../../reconciler/state/approvals.ts'
import { openState, type StateFolder } from '../../reconciler/state/folder.ts'
import { findPlans } from '../../reconciler/state/plans.ts'
import { storesIn } from '../../reconciler/state/stores.ts'
import { type CreateOptions, createServer } from '../../reconciler/targets/embedded/create/create.ts'
import { embeddedTarget } from '../../reconciler/targets/embedded/target.ts'
import { digestOf } from '../../reconciler/util/digest.ts'
import { onDisk, rested } from './embedded-server.ts'
import { temporaryFolder } from './folder.ts'
import { snapshotOf } from './policy.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
/** When lines begin: noon of 1 December 2026. */
export const START = Date.UTC(2026, 11, 1, 12)

const SHIPPED = join(import.meta.dirname, '..', '..', 'mitigations')

/** Text of a mitigation of the shipped catalogue. */
export function shipped(name: string): string {
  return readFileSync(join(SHIPPED, `${name}.yaml`), 'utf8')
}

export function policyText(name: string, spec: string): string {
  return `apiVersion: stopgap/v1\nkind: Policy\nmetadata: { name: ${name} }\nspec: ${spec}\n`
}

export function blockText(mitigations: string, more: string): string {
  return `apiVersion: stopgap/v1
kind: Block
metadata: { name: hold-it }
spec: { mitigations: [${mitigations}], reason: printing breaks, owner: team@contoso.example, ${more} }
`
}

export function serverText(name: string, spec: string): string {
  return `apiVersion: stopgap/v1\nkind: Server\nmetadata: { name: ${name} }\nspec: ${spec}\n`
}

/** A mitigation that nothing fixes and everything needs. */
export function mitigationText(name: string, resources: string, more = ''): string {
  return `apiVersion: stopgap/v1
kind: Mitigation
metadata: { name: ${name} }
spec:
  title: ${name}
  severity: high
  permanent: nothing fixes it
${more}  resources:
${resources}
`
}

/** Resources of a mitigation that stops services. */
export function services(...names: readonly string[]): string {
  return names
    .map((name) => `    - { kind: service, name: ${name}, startType: Disabled, status: Stopped }`)
    .join('\n')
}

export type Files = { readonly [path: string]: string }

/** The shipped mitigations of these names, all enforced everywhere. */
export function enforcing(...names: readonly string[]): Files {
  const mitigations = names.map((name) => [`mitigations/${name}.yaml`, shipped(name)])
  return {
    ...Object.fromEntries(mitigations),
    'policies/all.yaml': policyText('all', `{ mitigations: [${names.join(', ')}], mode: enforce }`),
  }
}

/** One embedded server, a state folder and a policy, with a clock that only tests move. */
export class Line {
  readonly dir: string
  readonly statePath: string
  readonly name: string
  target: Target
  time = START
  world: Partial<World> = {}
  #state: StateFolder
  #catalogue: Catalogue | null = null
  #commits = 0

  constructor(dir: string, statePath: string, name: string, state: StateFolder) {
    this.dir = dir
    this.statePath = statePath
    this.name = name
    this.#state = state
    this.target = embeddedTarget({ name, dir })
  }

  get state(): StateFolder {
    return this.#state
  }

  get catalogue(): Catalogue {
    if (this.#catalogue === null) throw new Error('nothing was committed yet')
    return this.#catalogue
  }

  /** Another revision, of exactly these files. */
  commit(files: Files): void {
    this.#commits += 1
    const snapshot = { ...snapshotOf(files), revision: `dir@sha256:${this.#commits}`, time: this.time }
    this.#catalogue = load(snapshot, kinds, { now: this.time }).catalogue
  }

  options(over: Partial<PassOptions> = {}): PassOptions & { close(): Promise<void> } {
    const { stores, close } = storesIn(this.#state, {
      actor: 'test',
      now: () => this.time,
      exclusive: true,
    })
    const world: World = {
      catalogue: this.catalogue,
      kinds,
      limits: { maxRemovals: 5, maxStops: 8, maxUnprotected: 2 },
      retireAfter: 0,
      now: { time: this.time, trusted: true },
      instance: stores.instance,
      unprotected: 0,
      only: null,
      ...this.world,
    }
    return { world, stores, close, ...over }
  }

  async plan(over: Partial<PassOptions> = {}): Promise<Passed> {
    const { close, ...options } = this.options(over)
    try {
      return await prepare(this.target, options, new AbortController().signal)
    } finally {
      await close()
    }
  }

  async apply(over: Partial<PassOptions> = {}): Promise<Passed> {
    const { close, ...options } = this.options(over)
    try {
      return await converge(this.target, options, new AbortController().signal)
    } finally {
      await close()
    }
  }

  async pass(over: Partial<PassOptions> = {}): Promise<ServerReport> {
    return (await this.apply(over)).report
  }

  /** What `stopgap allow` does. */
  async allow(id: string): Promise<void> {
    for (const plan of await findPlans(this.#state, id)) {
      const changes = plan.held.map((held) => held.id)
      await approve(this.#state, {
        plan: plan.id,
        server: plan.server,
        changes,
        at: this.time,
        actor: 'test',
      })
    }
  }

  /** The state folder is gone, and another one takes its place. */
  async loseState(): Promise<void> {
    await rm(this.statePath, { recursive: true, force: true })
    this.#state = await openState(this.statePath)
  }

  path(name: string): string {
    return onDisk(this.dir, name)
  }

  async text(name: string): Promise<string> {
    return readFile(this.path(name), 'utf8')
  }

  /** Edits a file as a hand would; fails when there is nothing to edit. */
  async edit(name: string, change: (text: string) => string): Promise<void> {
    const before = await this.text(name)
    const after = change(before)
    if (after === before) throw new Error(`the edit of ${name} changed nothing`)
    await writeFile(this.path(name), after)
    await rested(this.path(name))
  }

  // biome-ignore lint/suspicious/noExplicitAny: a test changes server.json as a hand would
  async server(change: (root: any) => void): Promise<void> {
    const path = join(this.dir, 'server.json')
    const root = JSON.parse(await readFile(path, 'utf8'))
    change(root)
    await writeFile(path, `${JSON.stringify(root, null, 2)}\n`)
  }

  /** One service as server.json has it. */
  async service(name: string): Promise<{ readonly startType: string; readonly status: string }> {
    return JSON.parse(await readFile(join(this.dir, 'server.json'), 'utf8')).services[name]
  }

  async record(): Promise<ServerRecord | null> {
    try {
      return JSON.parse(await this.text(RECORD_PATH))
    } catch {
      return null
    }
  }

  async journal(): Promise<readonly { readonly is: string; readonly [name: string]: unknown }[]> {
    try {
      const text = await readFile(join(this.statePath, 'journal.ndjson'), 'utf8')
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line))
    } catch {
      return []
    }
  }

  /** Digests of all files of the server but the record, by path. */
  async files(): Promise<{ readonly [path: string]: string }> {
    const names = await readdir(this.dir, { recursive: true, withFileTypes: true })
    const paths = names
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('Stopgap'))
      .map((entry) => join(entry.parentPath, entry.name))
    const digests = await Promise.all(
      paths
        .sort()
        .map(async (path) => [path.slice(this.dir.length), digestOf(await readFile(path))] as const),
    )
    return Object.fromEntries(digests)
  }
}

/** A fresh server and state folder; both go when the test ends. */
export async function line(t: ExecutionContext, options: Partial<CreateOptions> = {}): Promise<Line> {
  const folder = await temporaryFolder(t)
  const name = options.name ?? 'ex01'
  const dir = join(folder, name)
  await createServer({ exchange: '15.1.2507.6', ...options, name, dir })
  const statePath = join(folder, 'state')
  return new Line(dir, statePath, name, await openState(statePath))
}

/** State, verdict and first reason of each mitigation that a report shows. */
export function statesOf(report: ServerReport): { readonly [mitigation: string]: string } {
  return Object.fromEntries(report.mitigations.map(({ name, state }) => [name, state]))
}

/** `result` of each change by key. */
export function outcomesOf(report: ServerReport): { readonly [key: string]: string } {
  return Object.fromEntries((report.outcome ?? []).map(({ key, result }) => [key, result]))
}

/** `reason` of each held change by key. */
export function heldOf(report: ServerReport): { readonly [key: string]: string } {
  return Object.fromEntries((report.plan?.held ?? []).map(({ key, reason }) => [key, reason]))
}

/** `verb cause` of each change that is made, by key. */
export function changesOf(report: ServerReport): { readonly [key: string]: string } {
  return Object.fromEntries(
    (report.plan?.changes ?? []).map(({ key, verb, cause }) => [key, `${verb} ${cause}`]),
  )
}
