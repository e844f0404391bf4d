import { type FileHandle, open } from 'node:fs/promises'
import type { JournalLine } from '../model/store.ts'
import { errno } from '../util/atomic.ts'
import { onDisk } from './disk.ts'
import type { StateFolder } from './folder.ts'
import { journalFile, rotatedFiles } from './journal.ts'
import { parseObject } from './json.ts'

/** Which lines, and who hears of those that are none. */
export interface HistoryOptions {
  /** Milliseconds since 1970: lines before it are left out. Default: all. */
  readonly since?: number
  /** Hears of each line that cannot be read, such as one that a crash cut off. */
  readonly damaged?: (file: string, text: string) => void
}

/** The journal's lines, oldest first, over all its files. Needs no lock, and no more memory than a line takes. */
export async function* readJournal(
  state: Pick<StateFolder, 'path'>,
  options: HistoryOptions = {},
): AsyncGenerator<JournalLine> {
  // Opened before the others are listed: a rotation meanwhile moves it, and it is then listed and left out by its inode.
  const current = await openOrNull(journalFile(state.path))
  try {
    const inode = current === null ? null : (await current.stat()).ino
    for (const { path } of await rotatedFiles(state.path)) {
      const handle = await openOrNull(path)
      // Somebody tidied up between listing and opening.
      if (handle === null) continue
      try {
        if ((await handle.stat()).ino !== inode) yield* linesOf(handle, path, options)
      } finally {
        await handle.close()
      }
    }
    if (current !== null) yield* linesOf(current, journalFile(state.path), options)
  } finally {
    await current?.close()
  }
}

async function* linesOf(
  handle: FileHandle,
  path: string,
  { since = Number.NEGATIVE_INFINITY, damaged }: HistoryOptions,
): AsyncGenerator<JournalLine> {
  for await (const text of handle.readLines({ autoClose: false })) {
    const line = parseLine(text)
    if (line !== null && Date.parse(line.at) >= since) yield line
    if (line === null && text !== '') damaged?.(path, text)
  }
}

// Every line is read by itself, so that one that a crash cut off costs no other.
function parseLine(text: string): JournalLine | null {
  const line = parseObject(text)
  if (line === null || typeof line['is'] !== 'string') return null
  const { at } = line
  return typeof at === 'string' && !Number.isNaN(Date.parse(at)) ? (line as unknown as JournalLine) : null
}

async function openOrNull(path: string): Promise<FileHandle | null> {
  return onDisk(path, async () => {
    try {
      return await open(path, 'r')
    } catch (error) {
      if (errno(error) === 'ENOENT') return null
      throw error
    }
  })
}
