import { join } from 'node:path'
import { asStopgapError } from '../errors/error.ts'
import type { ExaminedRemote, ExaminedSource, Way } from '../model/examined.ts'
import type { Snapshot } from '../model/source.ts'
import { makeFolder } from '../util/atomic.ts'
import { mask } from '../util/mask.ts'
import { certificateOf } from './certificate.ts'
import { remoteEnvironment } from './environment.ts'
import { sshPlan } from './host-key.ts'
import { type Location, locate } from './location.ts'
import { openSource, type SourceOptions } from './open.ts'
import { proxyOf } from './proxy.ts'
import { runGit } from './run.ts'

/** What to try, and an empty folder to do it in: the state folder and its clone are left alone. */
export interface SourceTrial extends Omit<SourceOptions, 'state' | 'exclusive'> {
  readonly scratch: string
}

/**
 * Fetches from each remote by itself, the way a pass does, but into a folder of its own; `snapshot` is what the first one that
 * answered holds, null when none did. Never throws but when told to stop.
 */
export async function examineSource(
  trial: SourceTrial,
  signal: AbortSignal,
): Promise<{ readonly examined: ExaminedSource; readonly snapshot: Snapshot | null }> {
  const tried = await Promise.all(
    trial.remotes.map((remote, index) =>
      tryRemote(remote, join(trial.scratch, String(index)), trial, signal),
    ),
  )
  const git = await gitOutput(['--version'], trial, signal)
  return {
    examined: {
      git,
      usesGit: tried.some(({ usesGit }) => usesGit),
      remotes: tried.map(({ remote }) => remote),
    },
    snapshot: tried.find(({ snapshot }) => snapshot !== null)?.snapshot ?? null,
  }
}

interface Tried {
  readonly remote: ExaminedRemote
  readonly snapshot: Snapshot | null
  readonly usesGit: boolean
}

async function tryRemote(
  text: string,
  state: string,
  trial: SourceTrial,
  signal: AbortSignal,
): Promise<Tried> {
  let location: Location | null = null
  try {
    location = locate(text, trial.base, trial.allowHttp)
    await makeFolder(state, 0o700)
    const { source } = await openSource({ ...trial, remotes: [text], state, exclusive: true })
    const way = wayOf(location, trial, signal)
    const { answer, snapshot } = await answerOf(source, signal)
    return {
      remote: { name: source.name, way: await way, answer },
      snapshot,
      usesGit: source.hasHistory,
    }
  } catch (error) {
    signal.throwIfAborted()
    const name = location?.name ?? mask(text)
    return { remote: { name, way: null, answer: failure(error) }, snapshot: null, usesGit: false }
  }
}

/** The newest revision, with its files as far as they can be read. */
async function answerOf(
  source: Awaited<ReturnType<typeof openSource>>['source'],
  signal: AbortSignal,
): Promise<{ readonly answer: ExaminedRemote['answer']; readonly snapshot: Snapshot | null }> {
  try {
    const revision = await source.newest(signal)
    return { answer: { is: 'revision', revision }, snapshot: await source.read(revision, signal) }
  } catch (error) {
    signal.throwIfAborted()
    return { answer: failure(error), snapshot: null }
  }
}

function failure(error: unknown): ExaminedRemote['answer'] {
  const { code, message, hint, exit } = asStopgapError(error)
  return { is: 'failed', trouble: { code, message, hint }, exit }
}

async function wayOf({ url, folder }: Location, trial: SourceTrial, signal: AbortSignal): Promise<Way> {
  if (folder !== null) return { is: 'here' }
  const parsed = /^https?:/i.test(url) ? URL.parse(url) : null
  return parsed === null ? sshWay(url, trial, signal) : httpWay(parsed, trial, signal)
}

async function httpWay(url: URL, trial: SourceTrial, signal: AbortSignal): Promise<Way> {
  const { env } = trial.system
  const bare = `${url.protocol}//${url.host}${url.pathname}`
  const setting = (key: string) => gitOutput(['config', '--get-urlmatch', key, bare], trial, signal)
  const proxy = proxyOf(url, env, await setting('http.proxy'))
  const encrypted = url.protocol === 'https:'
  const named = encrypted ? (env['GIT_SSL_CAINFO'] ?? null) : null
  const configured = encrypted && named === null ? await setting('http.sslCAInfo') : null
  const authorities =
    named !== null
      ? `the authorities of GIT_SSL_CAINFO (${named})`
      : configured !== null && configured !== ''
        ? `the authorities of http.sslCAInfo (${configured})`
        : 'the authorities of this machine'
  const certificate = encrypted && proxy === null ? await certificateOf(url, signal) : null
  return { is: 'http', encrypted, proxy, authorities, certificate }
}

async function sshWay(url: string, trial: SourceTrial, signal: AbortSignal): Promise<Way> {
  const { env } = trial.system
  const command = env['GIT_SSH_COMMAND'] ?? env['GIT_SSH'] ?? null
  // What another program than our ssh would do, nobody can tell.
  const plan = command === null ? await sshPlan(hostOf(url), env, signal) : { proxy: null, known: [] }
  return { is: 'ssh', command: command === null ? null : mask(command), ...plan }
}

/** `ssh://user@host:port/path` or `user@host:path`; with its user, since ssh's configuration may ask for it. */
function hostOf(url: string): { readonly host: string; readonly port: string | null } {
  const parsed = /^ssh:/i.test(url) ? URL.parse(url) : null
  if (parsed === null) return { host: url.slice(0, url.indexOf(':')), port: null }
  const name = parsed.hostname.replace(/^\[|\]$/g, '')
  const user = parsed.username === '' ? '' : `${decodeURIComponent(parsed.username)}@`
  return { host: `${user}${name}`, port: parsed.port === '' ? null : parsed.port }
}

/** One line that git prints, asked from outside of any repository; null when it prints none. */
async function gitOutput(
  args: readonly string[],
  { system, scratch }: SourceTrial,
  signal: AbortSignal,
): Promise<string | null> {
  const limits = { env: remoteEnvironment(system.env, ''), cwd: scratch, timeout: 10_000, maxOutput: 100_000 }
  const ran = await runGit([`--git-dir=${join(scratch, 'none')}`, ...args], limits, system.kill, signal)
  signal.throwIfAborted()
  // An empty value is one: http.proxy set to nothing means none.
  return ran.code === 0 ? ran.stdout.toString('utf8').replace(/\r?\n$/, '') : null
}
