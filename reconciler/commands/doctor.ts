import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configOf, processSystem, targetsOf } from '../compose.ts'
import type { Config } from '../config.ts'
import { asStopgapError } from '../errors/error.ts'
import { kinds } from '../kinds/registry.ts'
import type { Catalogue } from '../model/catalogue.ts'
import type { Examination } from '../model/finding.ts'
import type { Snapshot } from '../model/source.ts'
import type { Target } from '../model/target.ts'
import { doctorJson } from '../reporters/doctor.ts'
import { doctorText } from '../reporters/text/doctor.ts'
import { examineSource } from '../sources/examine.ts'
import { mistake } from '../stages/doctor/finding.ts'
import { examineServer, type Held } from '../stages/doctor/server.ts'
import { type ReadPolicy, sourceExamination } from '../stages/doctor/source.ts'
import { stateExamination } from '../stages/doctor/state.ts'
import { load } from '../stages/load.ts'
import { verify } from '../stages/verify.ts'
import { examineState } from '../state/examine.ts'
import { now } from '../util/clock.ts'
import { Limiter } from '../util/limit.ts'
import { type CommonFlags, type Console, printJson } from './context.ts'
import { worstOf } from './exit.ts'

const SERVERS_AT_ONCE = 8

/** Looks at everything that a pass needs, and changes nothing; says what to do where something is not as it should be. */
export async function doctor(flags: CommonFlags, console: Console): Promise<number> {
  const config = await configOf(flags)
  const targets = targetsOf(config, flags.only ?? null)
  try {
    const { examination, catalogue } = await ofSource(config, console.signal)
    const state = await examineState(config.state)
    const held: Held = { catalogue, kinds, instance: state.instance, now }
    const servers = await ofServers(targets, held, console.signal)
    return told([examination, stateExamination(state), ...servers], flags, console)
  } finally {
    await Promise.all(targets.map((target) => target.close()))
  }
}

function told(examinations: readonly Examination[], flags: CommonFlags, console: Console): number {
  const code = worstOf(
    examinations.flatMap(({ findings }) => findings.map((one) => (one.is === 'failure' ? one.exit : 0))),
  )
  if (flags.json) printJson(console, doctorJson(examinations, code))
  else console.out(doctorText(examinations, console.paint))
  return code
}

/** Fetched into a folder that goes again, so that neither the clone nor what is in force moves. */
async function ofSource(
  { source }: Config,
  signal: AbortSignal,
): Promise<{ readonly examination: Examination; readonly catalogue: Catalogue | null }> {
  const { remotes, ref, path, timeout } = source
  const scratch = await mkdtemp(join(tmpdir(), 'stopgap-doctor-'))
  try {
    // The configuration made every path absolute already.
    const trial = { remotes, ref, path, timeout, base: scratch, scratch, system: processSystem() }
    const { examined, snapshot } = await examineSource(trial, signal)
    const { policy, catalogue } = read(snapshot)
    return { examination: sourceExamination(examined, policy, now()), catalogue }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

function read(snapshot: Snapshot | null): {
  readonly policy: ReadPolicy
  readonly catalogue: Catalogue | null
} {
  if (snapshot === null) return { policy: { is: 'none' }, catalogue: null }
  try {
    const { catalogue, warnings } = load(verify(snapshot), kinds, { now: now() })
    const words = warnings.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`)
    return { policy: { is: 'read', mitigations: catalogue.mitigations.length, warnings: words }, catalogue }
  } catch (thrown) {
    const { message, hint, exit } = asStopgapError(thrown)
    return { policy: { is: 'refused', message, hint, exit }, catalogue: null }
  }
}

async function ofServers(
  targets: readonly Target[],
  held: Held,
  signal: AbortSignal,
): Promise<readonly Examination[]> {
  if (targets.length === 0) {
    const remedy = 'Name one: --server DIR, or servers in stopgap.yaml.'
    return [{ of: 'server', name: 'none', findings: [mistake('reach', 'no server is named', remedy)] }]
  }
  const limiter = new Limiter(SERVERS_AT_ONCE)
  return Promise.all(targets.map((target) => limiter.run(() => examineServer(target, held, signal))))
}
