import { join } from 'node:path'
import type { ServerRecord } from '../model/record.ts'
import type { Stores } from '../model/store.ts'
import { makeFolder, replaceFile } from '../util/atomic.ts'
import { approvalsFor, consumeApprovals } from './approvals.ts'
import { keepBackup } from './backups.ts'
import { onDisk } from './disk.ts'
import { type StateFolder, serverFolder } from './folder.ts'
import { Journal } from './journal.ts'
import { readVersioned } from './json.ts'
import { readMemory, recallMemory, writeMemory } from './memory.ts'
import { knowsPlan, rememberPlan } from './plans.ts'

export interface StoreOptions {
  /** Who does what the journal tells of. */
  readonly actor: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Whether the lock is held. */
  readonly exclusive: boolean
}

/** The stores that the line works with, in one state folder. */
export function storesIn(
  state: StateFolder,
  { actor, now, exclusive }: StoreOptions,
): { readonly stores: Stores; close(): Promise<void> } {
  const journal = new Journal(state, { rotates: exclusive })
  const stores: Stores = {
    instance: state.instance,
    memory: async (server) => (await (exclusive ? recallMemory : readMemory)(state, server)).memory,
    remember: (memory) => writeMemory(state, memory),
    recordCopy: (server) => readRecordCopy(state, server),
    copyRecord: (record) => writeRecordCopy(state, record),
    backUp: (server, file, bytes) => keepBackup(state, { server, file }, bytes, now()),
    journal: (revision, entries) => {
      const at = new Date(now()).toISOString()
      return journal.append(entries.map((entry) => ({ ...entry, at, revision, actor })))
    },
    released: async (server) =>
      new Set((await approvalsFor(state, server)).flatMap(({ changes }) => changes)),
    spend: (server, waiting, made) => consumeApprovals(state, server, { waiting, made }),
    offer: async (plan) => {
      if (await knowsPlan(state, plan)) return false
      await rememberPlan(state, plan, now())
      return true
    },
  }
  return { stores, close: () => journal.close() }
}

/** Null when there is none that can be read: the record on the server counts, this one only helps when that is lost. */
async function readRecordCopy(state: StateFolder, server: string): Promise<ServerRecord | null> {
  const stored = await readVersioned(copyFile(state, server), 1)
  if (stored.is !== 'here' || typeof stored.value['owned'] !== 'object') return null
  return stored.value as unknown as ServerRecord
}

async function writeRecordCopy(state: StateFolder, record: ServerRecord): Promise<void> {
  const file = copyFile(state, record.server)
  await onDisk(file, async () => {
    await makeFolder(serverFolder(state, record.server), 0o700)
    await replaceFile(file, `${JSON.stringify(record)}\n`, { mode: 0o600 })
  })
}

function copyFile(state: StateFolder, server: string): string {
  return join(serverFolder(state, server), 'record.json')
}
