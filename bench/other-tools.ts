import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { medianRun } from './measure.ts'

/**
 * What people take instead to edit such a file: `xmlstarlet`, which reads it, adds an element and prints it.
 * Milliseconds, the median; null where it is not installed.
 */
export async function xmlstarletTime(text: string, runs: number): Promise<number | null> {
  const folder = mkdtempSync(join(tmpdir(), 'stopgap-bench-'))
  const file = join(folder, 'applicationHost.config')
  writeFileSync(file, text)
  try {
    return await medianRun(runs, ['xmlstarlet', 'ed', '-s', '/configuration', '-t', 'elem', '-n', 'x', file])
  } catch {
    return null
  } finally {
    rmSync(folder, { recursive: true })
  }
}
