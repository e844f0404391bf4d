import { remoteEnvironment } from './environment.ts'
import { runGit, type System } from './run.ts'

/** A line of a file, by number from 1 and as it reads now. */
export interface Line {
  readonly number: number
  readonly text: string
}

// What a repository says of itself must not run anything here.
const QUIET = ['core.fsmonitor=false', 'core.hooksPath=/dev/null'].flatMap((setting) => ['-c', setting])

/** Git is asked to look at one file of an ordinary repository; a minute would be a fault. */
const LIMITS = { timeout: 20_000, maxOutput: 32_000_000 } as const

/**
 * When lines of a file came into their repository, milliseconds since 1970, in the order asked; null for a line that is
 * in no commit, a file in no repository, and whatever else git has no answer to. The file on disk is not read.
 */
export async function lineTimes(
  { folder, file }: { readonly folder: string; readonly file: string },
  lines: readonly Line[],
  system: Pick<System, 'env' | 'kill'>,
  signal: AbortSignal,
): Promise<readonly (number | null)[]> {
  const args = [...QUIET, '--no-pager', 'blame', '--no-textconv', '--line-porcelain', 'HEAD', '--', file]
  const options = { env: remoteEnvironment(system.env, 'https:'), cwd: folder, ...LIMITS }
  const { code, stdout } = await runGit(args, options, system.kill, signal)
  signal.throwIfAborted()
  if (code !== 0) return lines.map(() => null)
  const committed = committedLines(stdout.toString('utf8'))
  return lines.map((line) => timeOf(line, committed))
}

interface Committed extends Line {
  readonly time: number
}

/** Of several equal lines the nearest is meant. */
function timeOf({ number, text }: Line, committed: readonly Committed[]): number | null {
  const equal = committed.filter((one) => one.text.trim() === text.trim())
  const nearest = equal.toSorted((a, b) => Math.abs(a.number - number) - Math.abs(b.number - number))[0]
  return nearest?.time ?? null
}

/** Each line has a header that begins with its commit and ends with the line itself behind a tab. */
function committedLines(porcelain: string): readonly Committed[] {
  const found: Committed[] = []
  let [number, time] = [0, 0]
  for (const row of porcelain.split('\n')) {
    const head = /^[0-9a-f]{40,64} \d+ (\d+)/.exec(row)
    const at = /^author-time (\d+)$/.exec(row)
    if (head !== null) number = Number(head[1])
    else if (at !== null) time = Number(at[1]) * 1000
    else if (row.startsWith('\t')) found.push({ number, text: row.slice(1), time })
  }
  return found
}
