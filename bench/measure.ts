import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Wall clock and processor time of one run, in milliseconds. */
export interface Cost {
  readonly wall: number
  readonly cpu: number
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]]
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2
}

/** Medians of several runs, one after another. On a shared machine processor time says more than the clock. */
export async function medianCost(runs: number, work: () => unknown): Promise<Cost> {
  const costs: Cost[] = []
  for (let run = 0; run < runs; run++) {
    const [start, used] = [performance.now(), process.cpuUsage()]
    await work()
    const { user, system } = process.cpuUsage(used)
    costs.push({ wall: performance.now() - start, cpu: (user + system) / 1000 })
  }
  return { wall: median(costs.map(({ wall }) => wall)), cpu: median(costs.map(({ cpu }) => cpu)) }
}

/** A program with its arguments. */
export type Command = readonly [program: string, ...args: readonly string[]]

/** Runs a program to its end, whose exit code must be one of `codes`; milliseconds on the clock. */
async function runOnce([program, ...args]: Command, codes: readonly number[] = [0]): Promise<number> {
  const start = performance.now()
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let words = ''
  child.stderr.on('data', (chunk) => {
    words += chunk
  })
  const code = await ended(child)
  if (!codes.includes(code ?? -1)) throw new Error(`${program} ${args.join(' ')} exited ${code}: ${words}`)
  return performance.now() - start
}

/** The median of several runs of a program after one that fills the caches. */
export async function medianRun(runs: number, command: Command, codes?: readonly number[]): Promise<number> {
  await runOnce(command, codes)
  const times: number[] = []
  for (let run = 0; run < runs; run++) times.push(await runOnce(command, codes))
  return median(times)
}

/** Resolves with the exit code; null after a signal. */
export function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
}

/** Resident memory of a process in MB, now and at its highest; null where the system does not tell (no Linux). */
export function memoryOf(pid: number): { readonly now: number; readonly highest: number } | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const megabytes = (name: string) =>
      (Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) * 1024) / 1e6
    return { now: megabytes('VmRSS'), highest: megabytes('VmHWM') }
  } catch {
    return null
  }
}
