import { join } from 'node:path'
import { StopgapError } from '../errors/error.ts'
import { isObject } from '../model/object.ts'
import type { Plan } from '../model/plan.ts'
import type { Run } from '../model/status.ts'
import { makeFolder, removeFile, replaceFile } from '../util/atomic.ts'
import { namesIn, onDisk, readText } from './disk.ts'
import { type StateFolder, serverFolder } from './folder.ts'
import { isTexts, parseObject } from './json.ts'
import { safeName } from './names.ts'

/** How many plans of one server, and how many runs, are remembered. */
export const REMEMBERED = 100
// Counting is cheap and reading all is not, so surplus goes in batches.
const SLACK = 20

/** What a held change was, for `allow`. */
export interface HeldNote {
  readonly id: string
  readonly key: string
  readonly reason: string
}

/** What a plan's id stands for. */
export interface PlanNote {
  readonly id: string
  readonly server: string
  /** Milliseconds since 1970. */
  readonly at: number
  /** Ids of all changes, held ones too. */
  readonly changes: readonly string[]
  readonly held: readonly HeldNote[]
}

/** Remembers what the id of a server's plan stands for. Needs no lock: the same id always stands for the same. */
export async function rememberPlan(
  state: Pick<StateFolder, 'path'>,
  plan: Pick<Plan, 'id' | 'server' | 'changes' | 'held'>,
  at: number,
): Promise<void> {
  const { id, server } = plan
  const note: PlanNote = {
    id,
    server,
    at,
    changes: [...plan.changes, ...plan.held].map((change) => change.id),
    held: plan.held.map(({ id: change, key, reason }) => ({ id: change, key, reason })),
  }
  await remember(join(serverFolder(state, server), 'plans'), note)
}

/** Whether the id of this server's plan is remembered. */
export async function knowsPlan(
  state: Pick<StateFolder, 'path'>,
  plan: Pick<Plan, 'id' | 'server'>,
): Promise<boolean> {
  return (await readNote(planFile(state, plan))) !== null
}

/** What the id of a whole run stands for. */
export interface RunNote {
  readonly id: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly plans: readonly { readonly server: string; readonly id: string }[]
}

/** Remembers which plans the id of a whole run stands for; each of them is remembered by itself. */
export async function rememberRun(state: Pick<StateFolder, 'path'>, run: RunNote): Promise<void> {
  const { id, at } = run
  await remember(join(state.path, 'plans'), {
    id,
    at,
    plans: run.plans.map((plan) => ({ server: plan.server, id: plan.id })),
  })
}

/** Remembers a run and the plans in it, so that `allow` knows their ids. */
export async function offerRun(state: Pick<StateFolder, 'path'>, run: Run): Promise<void> {
  const at = Math.max(0, ...run.servers.map((report) => report.at))
  for (const { server, plan } of run.servers)
    if (plan !== undefined) await rememberPlan(state, { server, ...plan }, at)
  const plans = run.servers.flatMap(({ server, plan }) =>
    plan === undefined ? [] : [{ server, id: plan.id }],
  )
  await rememberRun(state, { id: run.id, at, plans })
}

/** The plans that an id stands for: one for a plan's id, one per server for that of a run. Throws `ID_UNKNOWN`. */
export async function findPlans(state: Pick<StateFolder, 'path'>, id: string): Promise<readonly PlanNote[]> {
  const run = await plansOfRun(state, id)
  const files =
    run === null
      ? (await namesIn(join(state.path, 'servers'))).map((name) =>
          join(state.path, 'servers', name, 'plans', fileOf(id)),
        )
      : run.map((plan) => planFile(state, plan))
  // A plan's id does not say its server, so each is asked; `allow` is rare.
  const notes = (await Promise.all(files.map(readNote))).filter((note) => note !== null)
  if (notes.length === 0) throw new StopgapError('ID_UNKNOWN', { id })
  return notes
}

/** The plans that this id of a whole run stands for; null: it is none, or not remembered any more. */
export async function plansOfRun(
  state: Pick<StateFolder, 'path'>,
  id: string,
): Promise<RunNote['plans'] | null> {
  return readRun(join(state.path, 'plans', fileOf(id)))
}

async function remember(folder: string, note: PlanNote | RunNote): Promise<void> {
  const file = join(folder, fileOf(note.id))
  await onDisk(file, async () => {
    await makeFolder(folder, 0o700)
    await replaceFile(file, `${JSON.stringify(note)}\n`, { mode: 0o600, lasting: false })
  })
  const names = (await namesIn(folder)).filter((name) => !name.startsWith('.'))
  if (names.length > REMEMBERED + SLACK) await prune(folder, names)
}

// By the time inside: that of the file system changes when somebody copies the folder.
async function prune(folder: string, names: readonly string[]): Promise<void> {
  const files = await Promise.all(
    names.map(async (name) => {
      const file = join(folder, name)
      const { at } = parseObject((await readText(file)) ?? '') ?? {}
      return { file, at: typeof at === 'number' ? at : Number.NEGATIVE_INFINITY }
    }),
  )
  const surplus = files.toSorted((a, b) => b.at - a.at).slice(REMEMBERED)
  for (const { file } of surplus) await onDisk(file, () => removeFile(file))
}

function fileOf(id: string): string {
  return `${safeName(id)}.json`
}

function planFile(
  state: Pick<StateFolder, 'path'>,
  plan: { readonly server: string; readonly id: string },
): string {
  return join(serverFolder(state, plan.server), 'plans', fileOf(plan.id))
}

async function readRun(file: string): Promise<RunNote['plans'] | null> {
  const { plans } = parseObject((await readText(file)) ?? '') ?? {}
  return Array.isArray(plans) && plans.every(isPlanName) ? plans : null
}

function isPlanName(value: unknown): value is RunNote['plans'][number] {
  return isObject(value) && typeof value['server'] === 'string' && typeof value['id'] === 'string'
}

async function readNote(file: string): Promise<PlanNote | null> {
  const { id, server, at, changes, held } = parseObject((await readText(file)) ?? '') ?? {}
  if (typeof id !== 'string' || typeof server !== 'string' || typeof at !== 'number') return null
  if (!isTexts(changes) || !Array.isArray(held) || !held.every(isHeldNote)) return null
  return { id, server, at, changes, held }
}

function isHeldNote(value: unknown): value is HeldNote {
  return isObject(value) && ['id', 'key', 'reason'].every((name) => typeof value[name] === 'string')
}
