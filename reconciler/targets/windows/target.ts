import { StopgapError } from '../../errors/error.ts'
import type { EventLine, Known, KnownQuery, Step, Target } from '../../model/target.ts'
import { thingKey } from '../../model/thing.ts'
import { programLine } from './bootstrap.ts'
import type { AskedQuery, WireStep } from './protocol.ts'
import { type Limits, Session } from './session.ts'
import type { Transport } from './transport.ts'

export interface WindowsOptions {
  /** The configured name; the server's own one is in its facts. */
  readonly name: string
  readonly transport: Transport
  /** The program for the server, as one line; default: the one of this package. */
  readonly program?: () => Promise<string>
  readonly limits?: Limits
  /** Whether its log of events is ours to write to: that of the machine we run on. */
  readonly notes?: boolean
}

/** A Windows server, by one PowerShell that is started at the first look and kept. */
export function windowsTarget({
  name,
  program = programLine,
  notes = false,
  ...parts
}: WindowsOptions): Target {
  const session = new Session({ server: name, program, ...parts })
  return {
    name,
    careful: true,
    look: (queries, known, signal) => session.ask({ do: 'look', queries: askedOf(queries, known) }, signal),
    act: (steps, then, signal) =>
      session.ask({ do: 'act', steps: steps.map(wireOf), queries: askedOf(then, new Map()) }, signal),
    examine: (signal) => session.ask({ do: 'examine' }, signal),
    ...(notes ? { note: (line, signal) => note(session, { server: name, line }, signal) } : {}),
    close: () => session.close(),
  }
}

async function note(
  session: Session,
  { server, line }: { readonly server: string; readonly line: EventLine },
  signal: AbortSignal,
): Promise<void> {
  const { written, why } = await session.ask({ do: 'event', ...line }, signal)
  if (!written) throw new StopgapError('EVENT_LOG_REFUSED', { server, what: why ?? 'no reason was given' })
}

/** Each thing once: names differ by case only where it is the same thing. */
function askedOf(queries: readonly KnownQuery[], all: Known): readonly AskedQuery[] {
  const asked = new Map<string, AskedQuery>()
  for (const { thing, name, known } of queries) {
    const key = thingKey(thing, name)
    if (!asked.has(key)) asked.set(key, { thing, name, known: all.get(key) ?? known ?? null })
  }
  return [...asked.values()]
}

function wireOf(step: Step): WireStep {
  if (step.thing !== 'file') return step
  const become = step.become === 'absent' ? null : Buffer.from(step.become).toString('base64')
  return { ...step, become }
}
