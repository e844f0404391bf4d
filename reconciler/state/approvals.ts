import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Approval } from '../model/store.ts'
import { createFile, makeFolder, removeFile, replaceFile } from '../util/atomic.ts'
import { namesIn, onDisk, readText } from './disk.ts'
import type { StateFolder } from './folder.ts'
import { isTexts, parseObject } from './json.ts'

/** Where approvals lie, one file each; a daemon may watch it. */
export function approvalsFolder(state: Pick<StateFolder, 'path'>): string {
  return join(state.path, 'approvals')
}

/** Where `sources/memory` keeps accepted revisions, one file each; a daemon may watch it. */
export function acceptedFolder(state: Pick<StateFolder, 'path'>): string {
  return join(state.path, 'accepted')
}

/** Records what an operator released. Needs no lock: each approval is a file of its own that appears whole. */
export async function approve(state: Pick<StateFolder, 'path'>, approval: Approval): Promise<void> {
  const file = join(approvalsFolder(state), `${randomUUID()}.json`)
  await onDisk(file, async () => {
    await makeFolder(approvalsFolder(state), 0o700)
    await createFile(file, `${JSON.stringify(approval)}\n`, { mode: 0o600 })
  })
}

/** The approvals for one server. A file that is none counts as nothing: it releases nothing. */
export async function approvalsFor(
  state: Pick<StateFolder, 'path'>,
  server: string,
): Promise<readonly Approval[]> {
  return (await stored(state)).map(({ approval }) => approval).filter((approval) => isFor(approval, server))
}

/** By id of change. `waiting`: what the newest plan of a server has and was not applied, held ones too; `made`: what was. */
export interface Spent {
  readonly waiting: ReadonlySet<string>
  readonly made: ReadonlySet<string>
}

/**
 * Forgets the approvals of a server that have nothing left to release, and of the others what was made: the same
 * change would have the same id the next time, and that time nobody released. Only with the lock.
 */
export async function consumeApprovals(
  state: Pick<StateFolder, 'path'>,
  server: string,
  { waiting, made }: Spent,
): Promise<void> {
  for (const { file, approval } of await stored(state)) {
    if (!isFor(approval, server)) continue
    const changes = approval.changes.filter((id) => !made.has(id))
    if (!changes.some((id) => waiting.has(id))) await onDisk(file, () => removeFile(file))
    else if (changes.length < approval.changes.length) {
      const text = `${JSON.stringify({ ...approval, changes })}\n`
      await onDisk(file, () => replaceFile(file, text, { mode: 0o600 }))
    }
  }
}

async function stored(
  state: Pick<StateFolder, 'path'>,
): Promise<readonly { readonly file: string; readonly approval: Approval }[]> {
  const files = (await namesIn(approvalsFolder(state)))
    .filter(isJson)
    .map((name) => join(approvalsFolder(state), name))
  const read = await Promise.all(
    files.map(async (file) => ({ file, approval: parseApproval((await readText(file)) ?? '') })),
  )
  return read.flatMap(({ file, approval }) => (approval === null ? [] : [{ file, approval }]))
}

function parseApproval(text: string): Approval | null {
  const { plan, server, changes, at, actor } = parseObject(text) ?? {}
  if (typeof plan !== 'string' || typeof server !== 'string' || !isTexts(changes)) return null
  if (typeof at !== 'number' || typeof actor !== 'string') return null
  return { plan, server, changes, at, actor }
}

function isFor(approval: Approval, server: string): boolean {
  return approval.server.toLowerCase() === server.toLowerCase()
}

function isJson(name: string): boolean {
  return !name.startsWith('.') && name.endsWith('.json')
}
