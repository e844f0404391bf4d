import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { StopgapError } from '../../errors/error.ts'
import { localEnvironment } from '../../sources/environment.ts'
import { runGit, type System } from '../../sources/run.ts'
import { shipped } from './place.ts'

const IDENTITY = { name: 'Stopgap demo', email: 'demo@contoso.example' }

/**
 * Settings of the repository itself, so that commands that are pasted need nothing of the user's own: neither an
 * identity nor a signing key, and the files stay byte for byte what was committed.
 */
const SETTINGS = {
  'user.name': IDENTITY.name,
  'user.email': IDENTITY.email,
  'commit.gpgSign': 'false',
  'core.autocrlf': 'false',
  'core.hooksPath': '.git/hooks',
} as const

/** Makes a real git repository from the policies and mitigations that are shipped. Throws DEMO_GIT_FAILED. */
export async function makeRepository(folder: string, system: System, signal: AbortSignal): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const name of ['mitigations', 'policies'])
    await cp(shipped(name), join(folder, name), { recursive: true })
  const git = (...args: readonly string[]) => gitIn(folder, args, system, signal)
  await git('init', '--quiet', '--initial-branch=main', '--template=')
  for (const [name, value] of Object.entries(SETTINGS)) await git('config', name, value)
  await git('add', '--all')
  const identity = ['-c', `user.name=${IDENTITY.name}`, '-c', `user.email=${IDENTITY.email}`]
  await git(...identity, 'commit', '--quiet', '--message', 'The policy that is shipped with Stopgap')
}

async function gitIn(
  folder: string,
  args: readonly string[],
  system: System,
  signal: AbortSignal,
): Promise<void> {
  const env = localEnvironment(system.env, join(folder, '.git'))
  const options = { env, cwd: folder, timeout: 30_000, maxOutput: 1_000_000 }
  const { code, stderr, ended } = await runGit(args, options, system.kill, signal)
  if (code === 0) return
  signal.throwIfAborted()
  const [said = `exit ${code}`] = stderr.trim().split('\n')
  const detail = ended === null || ended === 'no-git' ? said : ended
  throw new StopgapError('DEMO_GIT_FAILED', { command: args[0] ?? '', detail })
}
