import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync, utimesSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { ROOT } from './code.ts'

const LEFT_OUT: ReadonlySet<string> = new Set(['node_modules', '.git', 'dist', 'coverage', 'stopgap-demo'])
const MINUTE = 60_000

/** The environment of somebody who runs npm by hand, with this very Node first on the path. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    // What the `npm test` around us told its scripts would tie the inner npm to this project.
    ([name]) => !/^npm_(package|lifecycle|command|config_(local_prefix|prefix|loglevel))/i.test(name),
  )
  const path = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter)
  return { ...Object.fromEntries(kept), PATH: path, NO_COLOR: '1' }
}

/** Runs a program to its end; `cwd` is a folder of the test. */
export function ran(cwd: string, program: string, args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(program, args, {
    cwd,
    env: cleanEnvironment(),
    encoding: 'utf8',
    timeout: 2 * MINUTE,
    // On Windows npm and npx are scripts of the shell. (Not run on Windows so far.)
    shell: process.platform === 'win32',
  })
}

/** Why no package can be installed here; null: the registry answers. */
export function noRegistry(): string | null {
  const args = ['view', 'saxes@6.0.0', 'version', '--fetch-retries=0', '--fetch-timeout=15000']
  const asked = ran(ROOT, 'npm', args)
  return asked.status === 0 ? null : 'the package registry does not answer'
}

/**
 * Packs the project as publishing would, in a copy below `folder`: built files must not come to lie in the checkout,
 * where the launcher would prefer them to the sources. The path of the package.
 */
export function packed(folder: string): string {
  const copy = join(folder, 'copy')
  mkdirSync(copy)
  cpSync(ROOT, copy, { recursive: true, filter: (source) => !LEFT_OUT.has(basename(source)) })
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'), 'junction')
  // Older than what is installed, or the build would install everything anew, through the link.
  utimesSync(join(copy, 'package-lock.json'), 0, 0)
  const done = ran(copy, 'npm', ['pack', '--silent', '--pack-destination', folder])
  if (done.status !== 0) throw new Error(`npm pack: ${done.stdout}${done.stderr}`)
  return join(folder, done.stdout.trim().split('\n').at(-1)!)
}

/** The paths in a package, without the folder that all of them are in. */
export function contentsOf(tarball: string): readonly string[] {
  const listed = execFileSync('tar', ['-tzf', basename(tarball)], { cwd: dirname(tarball), encoding: 'utf8' })
  return listed
    .trim()
    .split(/\r?\n/)
    .map((path) => path.replace(/^package\//, ''))
}
