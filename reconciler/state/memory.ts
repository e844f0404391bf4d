import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { isObject } from '../model/object.ts'
import { type Memory, noMemory } from '../model/store.ts'
import type { Thing } from '../model/thing.ts'
import { makeFolder, replaceFile } from '../util/atomic.ts'
import { digestOf } from '../util/digest.ts'
import { namesIn, onDisk, readText } from './disk.ts'
import { type StateFolder, serverFolder } from './folder.ts'
import { parseObject, readVersioned } from './json.ts'

const THINGS = new Set<unknown>(['facts', 'file', 'service', 'pool', 'version'] satisfies Thing[])

/** What was remembered, and a warning in words when something was but cannot be read. */
export interface Recalled {
  readonly memory: Memory
  readonly warning: string | null
}

/**
 * What we remember of a server. A file that cannot be read costs history, not safety: it counts as nothing
 * remembered. `STATE_NEWER` for one of a newer Stopgap.
 */
export async function readMemory(state: Pick<StateFolder, 'path'>, server: string): Promise<Recalled> {
  const file = memoryFile(state, server)
  const stored = await readVersioned(file, 1)
  if (stored.is === 'absent') return { memory: noMemory(server), warning: null }
  const flaw = stored.is === 'corrupt' ? stored.what : flawOf(stored.value)
  if (stored.is === 'here' && flaw === null)
    return { memory: { ...(stored.value as unknown as Memory), server }, warning: null }
  return { memory: noMemory(server), warning: `${file} is left aside: ${flaw}` }
}

/** Like `readMemory`, and keeps a file that cannot be read under a name with its digest. Only with the lock. */
export async function recallMemory(state: Pick<StateFolder, 'path'>, server: string): Promise<Recalled> {
  const recalled = await readMemory(state, server)
  if (recalled.warning !== null) await setAside(memoryFile(state, server))
  return recalled
}

/** Remembers. Only with the lock. */
export async function writeMemory(state: Pick<StateFolder, 'path'>, memory: Memory): Promise<void> {
  const file = memoryFile(state, memory.server)
  await onDisk(file, async () => {
    await makeFolder(serverFolder(state, memory.server), 0o700)
    await replaceFile(file, `${JSON.stringify(memory)}\n`, { mode: 0o600, lasting: false })
  })
}

/** The names of all servers that something is remembered of. */
export async function rememberedServers(state: Pick<StateFolder, 'path'>): Promise<readonly string[]> {
  const folders = await namesIn(join(state.path, 'servers'))
  const names = await Promise.all(
    folders.map(async (folder) => {
      const text = await readText(join(state.path, 'servers', folder, 'memory.json'))
      const name = parseObject(text ?? '')?.['server']
      return typeof name === 'string' ? [name] : []
    }),
  )
  return names.flat().sort()
}

function memoryFile(state: Pick<StateFolder, 'path'>, server: string): string {
  return join(serverFolder(state, server), 'memory.json')
}

// By its digest, since a time would let a file that breaks again and again fill the disk with copies of itself.
async function setAside(file: string): Promise<void> {
  const digest = digestOf((await readText(file)) ?? '').slice(7, 19)
  await onDisk(file, () => rename(file, file.replace(/json$/, `corrupt-${digest}.json`)))
}

// The report inside is shown and nothing else, so its parts are not checked; what decisions rest on is.
function flawOf(value: { readonly [key: string]: unknown }): string | null {
  if (typeof value['server'] !== 'string') return 'it names no server'
  if (value['report'] !== null && !isObject(value['report'])) return 'its report is none'
  if (value['lastGood'] !== null && !isObject(value['lastGood'])) return 'its last good pass is none'
  if (!isObject(value['fixedSince']) || !Object.values(value['fixedSince']).every(isSince))
    return 'its fixes are none'
  if (!isObject(value['corrections']) || !Object.values(value['corrections']).every(isFight)) {
    return 'its corrections are none'
  }
  const { stops = {}, failedUnder = '' } = value
  if (!isObject(stops) || !Object.values(stops).every(isStop)) return 'its stops are none'
  if (typeof failedUnder !== 'string') return 'its failed revision is none'
  const { queries = [] } = value
  if (!Array.isArray(queries) || !queries.every(isQuery)) return 'its queries are none'
  return null
}

function isQuery(value: unknown): boolean {
  return isObject(value) && THINGS.has(value['thing']) && typeof value['name'] === 'string'
}

function isSince(value: unknown): boolean {
  return isObject(value) && typeof value['build'] === 'string' && typeof value['at'] === 'number'
}

function isStop(value: unknown): boolean {
  return isObject(value) && typeof value['at'] === 'number' && typeof (value['back'] ?? 0) === 'number'
}

function isFight(value: unknown): boolean {
  return (
    isObject(value) &&
    Array.isArray(value['times']) &&
    typeof value['rounds'] === 'number' &&
    typeof value['until'] === 'number'
  )
}
