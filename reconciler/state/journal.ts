import { type FileHandle, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { JournalLine } from '../model/store.ts'
import { syncFolder } from '../util/atomic.ts'
import { namesIn, onDisk } from './disk.ts'
import type { StateFolder } from './folder.ts'

const ROTATE_AT = 64 * 1024 * 1024
const ROTATED = /^journal-(\d{6,})\.ndjson$/

/** How a journal is written. */
export interface JournalOptions {
  /** Only who holds the lock rotates: another process would go on writing to the file that was moved away. */
  readonly rotates: boolean
  /** Bytes beyond which a file is moved away; 64 MB. */
  readonly limit?: number
}

/**
 * The append-only journal: one line of JSON per entry, one write per line, so that processes side by side do not mix
 * their lines. `append` resolves when its lines are on the disk; those of callers at the same time share the wait.
 */
export class Journal {
  readonly #folder: string
  readonly #options: Required<JournalOptions>
  #file: { readonly handle: FileHandle; size: number; torn: boolean } | null = null
  #pending: string[] = []
  #draining: Promise<void> | null = null
  /** Never rejects: a round that failed must not fail the next. */
  #settled: Promise<void> = Promise.resolve()

  constructor(state: Pick<StateFolder, 'path'>, options: JournalOptions) {
    this.#folder = state.path
    this.#options = { limit: ROTATE_AT, ...options }
  }

  /** Throws `STATE_DISK` when the lines could not be written; then some of them may have been. */
  async append(lines: readonly JournalLine[]): Promise<void> {
    if (lines.length === 0) return
    this.#pending.push(...lines.map((line) => JSON.stringify(line)))
    // Whoever comes while lines are being written joins the next round, which starts when this one is through.
    this.#draining ??= this.#settled.then(() => {
      this.#draining = null
      return this.#drain(this.#pending.splice(0))
    })
    const round = this.#draining
    this.#settled = round.catch(() => undefined)
    await round
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    await this.#settled
    await this.#closeFile()
  }

  async #drain(lines: readonly string[]): Promise<void> {
    await onDisk(journalFile(this.#folder), async () => {
      for (const line of lines) await this.#write(line)
      // Once a round, not once a line: it is what takes the time.
      await this.#file?.handle.datasync()
    })
  }

  async #write(line: string): Promise<void> {
    this.#file ??= await openForAppend(journalFile(this.#folder))
    const file = this.#file
    const bytes = Buffer.from(`${file.torn ? '\n' : ''}${line}\n`)
    // Until it is through, what follows must not be glued to a part of it.
    file.torn = true
    const { bytesWritten } = await file.handle.write(bytes)
    if (bytesWritten < bytes.length)
      throw Object.assign(new Error('no room for the line'), { code: 'ENOSPC' })
    file.torn = false
    file.size += bytes.length
    if (this.#options.rotates && file.size >= this.#options.limit) await this.#rotate()
  }

  async #rotate(): Promise<void> {
    await this.#file?.handle.datasync()
    await this.#closeFile()
    const newest = (await rotatedFiles(this.#folder)).at(-1)?.number ?? 0
    const name = `journal-${String(newest + 1).padStart(6, '0')}.ndjson`
    await rename(journalFile(this.#folder), join(this.#folder, name))
    await syncFolder(this.#folder)
  }

  async #closeFile(): Promise<void> {
    await this.#file?.handle.close()
    this.#file = null
  }
}

/** The file that is written to; the older ones lie beside it. */
export function journalFile(folder: string): string {
  return join(folder, 'journal.ndjson')
}

/** Files that were moved away, oldest first. */
export async function rotatedFiles(
  folder: string,
): Promise<readonly { readonly number: number; readonly path: string }[]> {
  const names = await namesIn(folder)
  return names
    .flatMap((name) => {
      const match = ROTATED.exec(name)
      return match === null ? [] : [{ number: Number(match[1]), path: join(folder, name) }]
    })
    .toSorted((a, b) => a.number - b.number)
}

async function openForAppend(path: string): Promise<{ handle: FileHandle; size: number; torn: boolean }> {
  const handle = await open(path, 'a', 0o600)
  const { size } = await handle.stat()
  return { handle, size, torn: size > 0 && !(await endsWithLine(path, size)) }
}

async function endsWithLine(path: string, size: number): Promise<boolean> {
  const handle = await open(path, 'r')
  try {
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1)
    return buffer[0] === 0x0a
  } finally {
    await handle.close()
  }
}
