import { join } from 'node:path'
import type { SourceStatus } from '../model/status.ts'
import { replaceFile } from '../util/atomic.ts'
import { onDisk } from './disk.ts'
import type { StateFolder } from './folder.ts'
import { readVersioned } from './json.ts'

/** What the last look at the source found, for `status`; null where nobody looked yet. */
export async function readSourceStatus(state: Pick<StateFolder, 'path'>): Promise<SourceStatus | null> {
  const stored = await readVersioned(fileOf(state), 1)
  if (stored.is !== 'here' || typeof stored.value['source'] !== 'object') return null
  return stored.value['source'] as SourceStatus | null
}

/** Remembers it. Only with the lock. */
export async function writeSourceStatus(
  state: Pick<StateFolder, 'path'>,
  source: SourceStatus,
): Promise<void> {
  const text = `${JSON.stringify({ version: 1, source })}\n`
  await onDisk(fileOf(state), () => replaceFile(fileOf(state), text, { mode: 0o600, lasting: false }))
}

function fileOf({ path }: Pick<StateFolder, 'path'>): string {
  return join(path, 'source-status.json')
}
