import { execFile, execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { devNull } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { System } from '../../reconciler/sources/run.ts'

const run = promisify(execFile)

/** A real git without the configuration of whoever runs the tests. */
export const gitEnv: Readonly<Record<string, string>> = {
  PATH: process.env['PATH'] ?? '',
  HOME: devNull,
  LC_ALL: 'C',
  GIT_CONFIG_GLOBAL: devNull,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'ops',
  GIT_AUTHOR_EMAIL: 'ops@contoso.example',
  GIT_COMMITTER_NAME: 'ops',
  GIT_COMMITTER_EMAIL: 'ops@contoso.example',
}

/** What a source needs of a process; `env` adds to a clean environment. */
export function testSystem(env: Readonly<Record<string, string>> = {}): System {
  const clean = { PATH: gitEnv['PATH'], HOME: devNull, GIT_CONFIG_GLOBAL: devNull, GIT_CONFIG_NOSYSTEM: '1' }
  return { env: { ...clean, ...env }, now: Date.now, kill: (pid, signal) => void process.kill(pid, signal) }
}

export async function git(folder: string, ...args: string[]): Promise<string> {
  const { stdout } = await run('git', args, { cwd: folder, env: gitEnv, maxBuffer: 1e8 })
  return stdout.trim()
}

/** Feeds a git command, for building objects fast. */
export function gitWith(folder: string, input: string | Buffer, ...args: string[]): string {
  return execFileSync('git', args, { cwd: folder, env: gitEnv, input, maxBuffer: 1e8 }).toString().trim()
}

/** Makes a repository with a work tree, on branch main. */
export async function repository(folder: string, ...options: string[]): Promise<string> {
  await mkdir(folder, { recursive: true })
  await git(folder, 'init', '--quiet', '--initial-branch=main', ...options)
  return folder
}

/** Writes these files and commits them; gives the commit's object id. */
export async function commit(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  await git(folder, 'add', '--all')
  await git(folder, 'commit', '--quiet', '--allow-empty', '--message=a change')
  return git(folder, 'rev-parse', 'HEAD')
}

/** The ids of the processes that have this text in their command line; Linux only. */
export async function runningWith(text: string): Promise<number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')
    if (command.includes(text)) found.push(Number(name))
  }
  return found
}
