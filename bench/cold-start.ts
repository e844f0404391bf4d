import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Estate } from './estate.ts'
import { type Command, medianRun } from './measure.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Nothing to do, or something: both are a plan. */
const PLANNED = [0, 2]

/** Two copies of Stopgap: one that has nothing but its sources, and one as it is installed. */
export interface Installations {
  readonly sources: string
  readonly built: string
}

/** Makes both below a folder. The installed one is compiled as the package is. */
export function install(folder: string): Installations {
  const sources = half(join(folder, 'sources'))
  symlinkSync(join(ROOT, 'reconciler'), join(sources, 'reconciler'))
  const built = half(join(folder, 'built'))
  symlinkSync(join(ROOT, 'node_modules'), join(built, 'node_modules'))
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  const args = [tsc, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(built, 'dist')]
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (!existsSync(join(built, 'dist', 'cli.js'))) throw new Error(`it cannot be built: ${stdout}`)
  return { sources, built }
}

function half(folder: string): string {
  mkdirSync(folder, { recursive: true })
  for (const name of ['bin', 'package.json'])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  return folder
}

/** Milliseconds from starting `plan` to its end, the median; the run before the first one fills the compile cache. */
export function planTime(installation: string, { config }: Estate, runs: number): Promise<number> {
  const launcher = join(installation, 'bin', 'stopgap.js')
  const command: Command = [process.execPath, launcher, 'plan', '--config', config]
  return medianRun(runs, command, PLANNED)
}
