import { type SimpleGit, simpleGit } from 'simple-git'
import { type Env, localEnvironment } from './environment.ts'

/**
 * Short commands within our own clone, whose output is small. What reaches a remote or could answer without end is
 * run by `run.ts`, in a process group of its own and with limits.
 */
export class LocalGit {
  readonly #folder: string
  readonly #env: Env

  constructor(folder: string, env: Env) {
    this.#folder = folder
    this.#env = env
  }

  /** What git prints, trimmed; empty for a quiet refusal. Throws simple-git's error with git's words. */
  raw(args: readonly string[], signal: AbortSignal): Promise<string> {
    return this.#git(this.#folder, this.#folder, signal).raw([...args])
  }

  /** Makes this folder an empty bare repository. `parent` must exist. */
  async init(parent: string, format: 'sha1' | 'sha256', signal: AbortSignal): Promise<void> {
    const args = ['init', '--bare', '--quiet', '--template=', `--object-format=${format}`, this.#folder]
    await this.#git(parent, this.#folder, signal).raw(args)
  }

  #git(baseDir: string, gitDir: string, signal: AbortSignal): SimpleGit {
    const env = localEnvironment(this.#env, gitDir)
    return simpleGit({
      baseDir,
      abort: signal,
      trimmed: true,
      // simple-git takes every GIT_* variable out that is not named; these are all ours.
      allowEnvironment: Object.keys(env).filter((name) => name.startsWith('GIT_')),
      // An empty template is the safe one (no hooks), and so is no configuration but the clone's own.
      unsafe: { allowUnsafeTemplateDir: true, allowUnsafeConfigPaths: true },
    }).env(env)
  }
}
