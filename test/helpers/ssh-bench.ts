import test, { type ExecutionContext } from 'ava'
import { StopgapError } from '../../reconciler/errors/error.ts'
import type { Target } from '../../reconciler/model/target.ts'
import type { Query } from '../../reconciler/model/thing.ts'
import { LIMITS, type Limits } from '../../reconciler/targets/windows/session.ts'
import { type SshLimits, sshTransport } from '../../reconciler/targets/windows/ssh.ts'
import { windowsTarget } from '../../reconciler/targets/windows/target.ts'
import type { SshOptions } from '../../reconciler/targets/windows/transport.ts'
import { embeddedServer, ROOT } from './embedded-server.ts'
import { noSshd, type SshServer, type SshServerOptions, sshServer } from './ssh-server.ts'
import { PROGRAM, requestsIn, standInWith } from './stand-in.ts'

/** A test that needs sshd; where there is none it is skipped, and its title ends with `because`. */
export const over = noSshd === null ? test : test.skip
export const because = noSshd === null ? '' : ` (skipped: ${noSshd})`

export const FILE: Query = { thing: 'file', name: ROOT }
export const never = () => new AbortController().signal

/** The Windows server at the other end, until the test ends. */
export function reached(
  t: ExecutionContext,
  options: SshOptions,
  limits: Partial<SshLimits & Limits> = {},
): Target {
  const transport = sshTransport(options, { connect: 20_000, keepAlive: 15_000, ...limits })
  const made = windowsTarget({
    name: options.server,
    transport,
    program: PROGRAM,
    limits: { ...LIMITS, pauses: [20, 100], ...limits },
  })
  t.teardown(() => made.close())
  return made
}

export interface SshBench {
  readonly server: SshServer
  /** The folder of the embedded server behind the stand-in. */
  readonly dir: string
  readonly requests: () => Promise<readonly string[]>
}

/** sshd that starts the stand-in over an embedded server, whatever is asked for. */
export async function sshBench(
  t: ExecutionContext,
  options: Partial<SshServerOptions> = {},
  mischief: { readonly [variable: string]: string } = {},
): Promise<SshBench> {
  const dir = await embeddedServer(t)
  const log = `${dir}.requests`
  const forced = standInWith(dir, { REQUESTS: log, ...mischief })
  return { server: await sshServer(t, { forced, ...options }), dir, requests: () => requestsIn(log) }
}

/** sshd whose only program says that somebody is in: cheaper than a whole server, where only getting in is in question. */
export function sshDoor(t: ExecutionContext, options: Partial<SshServerOptions> = {}): Promise<SshServer> {
  return sshServer(t, { forced: ['sh', '-c', 'echo in; exec cat'], ...options })
}

/** Goes through the door and out again; throws what opening throws. */
export async function enter(t: ExecutionContext, options: SshOptions): Promise<void> {
  const channel = await sshTransport(options).open(never())
  t.is(await channel.next(), 'in')
  await channel.close()
}

/** A look at facts and one file. */
export const look = (target: Target, signal = never()) =>
  target.look([{ thing: 'facts', name: '' }, FILE], new Map(), signal)

export async function thrownBy(t: ExecutionContext, work: Promise<unknown>): Promise<StopgapError> {
  const thrown = await t.throwsAsync(work)
  if (!(thrown instanceof StopgapError)) throw new Error(`not one of ours: ${thrown}`)
  return thrown
}
