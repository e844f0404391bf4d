import { join } from 'node:path'
import { StopgapError } from '../errors/error.ts'
import type { Source } from '../model/source.ts'
import { makeFolder } from '../util/atomic.ts'
import { digestOf } from '../util/digest.ts'
import { diskError } from './failure.ts'
import { FolderSource } from './folder.ts'
import { exists, fullRef, gitDirOf, innerPath, type Location, locate } from './location.ts'
import { FileMemory } from './memory.ts'
import type { System } from './run.ts'

export interface SourceOptions {
  /** URLs or paths; more than one only for git, asked in order. */
  readonly remotes: readonly string[]
  readonly ref: string
  /** Inside the repository or folder. */
  readonly path: string
  /** What relative paths among the remotes are relative to; absolute. */
  readonly base: string
  /** The state folder; made when missing. */
  readonly state: string
  /** Milliseconds that one remote may take, all in all. */
  readonly timeout: number
  /** Bytes that one fetch may add to the clone; default 200 MB. */
  readonly maxBytes?: number
  /** True for the holder of the state folder's lock: it may put right what a killed process left. */
  readonly exclusive: boolean
  /** Allow http:// beyond this machine. */
  readonly allowHttp?: boolean
  readonly system: System
}

export interface OpenedSource {
  readonly source: Source
  /** Names the source, ref and path; a digest, so that no secret is stored with it. */
  readonly lineage: string
}

const MAX_BYTES = 200_000_000

/**
 * The source that a configuration names: a repository (URL, bare or with a work tree) is git, any other folder is a plain
 * folder. Nothing is fetched yet. Throws SOURCE_INVALID, FETCH_DISK.
 */
export async function openSource(options: SourceOptions): Promise<OpenedSource> {
  const { base, state, timeout, system } = options
  const [first, ...others] = options.remotes.map((remote) => locate(remote, base, options.allowHttp))
  if (first === undefined) throw invalid('the source has no remote', 'Name at least one in source.remotes.')
  const path = innerPath(options.path)
  await makeFolder(state, 0o700).catch((error: unknown) => {
    throw diskError(error, state)
  })
  const ref = fullRef(options.ref)
  const gitLineage = digestOf(`git\0${first.name}\0${ref}\0${path}`)
  const folder = plainFolder(first, others.length > 0 || exists(join(state, 'clone')))
  if (folder !== null && !(await wasGit(state, gitLineage))) {
    if (others.length > 0) {
      throw invalid(
        `${folder} is a plain folder, which can have no fallback`,
        'Keep only it in source.remotes.',
      )
    }
    const lineage = digestOf(`folder\0${folder}\0${path}`)
    return { source: new FolderSource({ folder, path, state, timeout, now: system.now }), lineage }
  }
  const { GitSource } = await import('./git-source.ts')
  const { exclusive, maxBytes = MAX_BYTES } = options
  const remotes = [first, ...others] as const
  const source = new GitSource({ remotes, ref, path, state, timeout, exclusive, maxBytes, system })
  return { source, lineage: gitLineage }
}

// A path where nothing is now (a share that is not mounted) is a repository if it was cloned, or has others beside it.
function plainFolder({ folder }: Location, elseGit: boolean): string | null {
  if (folder === null) return null
  if (exists(folder)) return gitDirOf(folder) === null ? folder : null
  return folder.endsWith('.git') || elseGit ? null : folder
}

/** What was followed as a repository and lost its `.git` is a repository that fails: its files have no history that could tell a rewound one. */
async function wasGit(state: string, gitLineage: string): Promise<boolean> {
  const known = await new FileMemory(state, '').load().catch(() => null)
  return known?.inForce != null && known.lineage === gitLineage
}

function invalid(what: string, remedy: string): StopgapError {
  return new StopgapError('SOURCE_INVALID', { what, remedy })
}
