import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { addMitigation, type PolicySize, writePolicy } from './policy.ts'
import { cloneServer, createModel, serverName } from './servers.ts'

const LAUNCHER = fileURLToPath(new URL('../bin/stopgap.js', import.meta.url))
const WHO = ['-c', 'user.name=bench', '-c', 'user.email=bench@contoso.example']

export interface EstateSize extends PolicySize {
  readonly servers: number
}

/** A policy repository, a state folder and servers that have converged with it, in one folder. */
export interface Estate {
  readonly config: string
  readonly repository: string
  /** Folders of the servers, in order of their names. */
  readonly servers: readonly string[]
}

/**
 * Makes an estate in a new folder. One server is converged in earnest; the others are its copies, with the name in
 * server.json and record changed, so that a thousand take seconds and not minutes.
 */
export async function makeEstate(root: string, size: EstateSize): Promise<Estate> {
  const repository = join(root, 'policy')
  mkdirSync(repository, { recursive: true })
  writePolicy(repository, size)
  git(repository, 'init', '--quiet', '--initial-branch=main')
  commit(repository)
  const first = join(root, 'servers', serverName(0))
  await createModel(first, serverName(0))
  const config = join(root, 'stopgap.yaml')
  writeConfig(config, [first])
  execFileSync(process.execPath, [LAUNCHER, 'apply', '--yes', '--config', config], { stdio: 'ignore' })
  const others = Array.from({ length: size.servers - 1 }, (_, index) => {
    const name = serverName(index + 1)
    return cloneServer(first, join(root, 'servers', name), name)
  })
  const servers = [first, ...others]
  writeConfig(config, servers)
  return { config, repository, servers }
}

/** Commits a mitigation more; gives the revision as Stopgap names it. */
export function commitMitigation({ repository }: Estate, index: number): string {
  addMitigation(repository, index)
  return commit(repository)
}

function commit(repository: string): string {
  git(repository, 'add', '.')
  git(repository, ...WHO, 'commit', '--quiet', '--message=bench')
  return `main@sha1:${git(repository, 'rev-parse', 'HEAD').trim()}`
}

function git(folder: string, ...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: folder, encoding: 'utf8' })
}

function writeConfig(file: string, servers: readonly string[]): void {
  const list = servers.map(
    (dir, index) => `  - { name: ${serverName(index)}, embedded: ${JSON.stringify(dir)} }\n`,
  )
  const head =
    'source: { remotes: [./policy], interval: 60m }\ndrift: { interval: 60m }\nstate: ./state\nservers:\n'
  writeFileSync(file, head + list.join(''))
}
