import { asStopgapError } from '../../errors/error.ts'
import { configuration } from '../../iis/configuration.ts'
import type { Catalogue } from '../../model/catalogue.ts'
import type { Examined } from '../../model/examined.ts'
import type { Facts } from '../../model/facts.ts'
import type { Examination, Finding } from '../../model/finding.ts'
import { RECORD_PATH } from '../../model/record.ts'
import type { Kind } from '../../model/resource.ts'
import type { Target } from '../../model/target.ts'
import { type Query, type See, seeing } from '../../model/thing.ts'
import { look, NOTHING_SEEN, type View } from '../look.ts'
import { configurationFindings } from './configuration.ts'
import { decidedFor, decisionFindings } from './decisions.ts'
import { EM_SERVICE, emServiceFindings } from './em-service.ts'
import { exchangeFindings } from './exchange.ts'
import { failed, failure, ok } from './finding.ts'
import { recordFindings } from './record.ts'
import { type Asked, sessionFindings } from './session.ts'
import { systemFindings } from './system.ts'

/** What servers are held against. */
export interface Held {
  /** Null: no revision could be read. */
  readonly catalogue: Catalogue | null
  readonly kinds: readonly Kind[]
  /** Of the state folder; null: it has none yet. */
  readonly instance: string | null
  /** The wall clock, milliseconds since 1970. */
  readonly now: () => number
}

/** Everything about one server; never throws but when told to stop. It is looked at and not touched. */
export async function examineServer(target: Target, held: Held, signal: AbortSignal): Promise<Examination> {
  const findings = await findingsOf(target, held, signal)
  return { of: 'server', name: target.name, findings }
}

async function findingsOf(target: Target, held: Held, signal: AbortSignal): Promise<readonly Finding[]> {
  let view: View
  try {
    view = (await look(target, NOTHING_SEEN, queriesOf(held.catalogue), signal)).view
  } catch (error) {
    signal.throwIfAborted()
    return [failed('reach', asStopgapError(error))]
  }
  const see = seeing(view.sightings)
  const facts = see('facts', '')
  if (facts.is !== 'here') {
    const why = facts.is === 'unknown' ? facts.why : 'it gave no facts'
    return [
      failure('reach', `it does not say what it is: ${why}`, 'Nothing is written on this server without it.'),
    ]
  }
  const { examined, asked, flaw } = await session(target, held.now, signal)
  const first = flaw === null ? ok('reach', 'it answers') : flaw
  const own = examined === null ? [] : sessionFindings(examined, asked)
  return [first, ...own, ...machineFindings(target.name, { see, facts: facts.value, examined }, held)]
}

interface Seen {
  readonly see: See
  readonly facts: Facts
  readonly examined: Examined | null
}

function machineFindings(server: string, { see, facts, examined }: Seen, held: Held): readonly Finding[] {
  const { catalogue, kinds, instance, now } = held
  const decided =
    catalogue === null ? null : decidedFor(server, { facts, see }, { catalogue, kinds, now: now() })
  return [
    ...recordFindings(server, see, { examined, instance }),
    ...configurationFindings(see, facts, examined),
    ...systemFindings(facts, examined),
    ...exchangeFindings(server, facts, catalogue),
    ...emServiceFindings(facts, see, decided),
    ...(decided === null ? [] : decisionFindings(decided)),
  ]
}

/** All in one look: what else is asked for cannot depend on what is found. */
function queriesOf(catalogue: Catalogue | null): readonly Query[] {
  const asked: Query[] = []
  configuration(seeing(new Map(), (query) => asked.push(query)))
  const versions = (catalogue?.mitigations ?? []).flatMap(({ fixedIn, keepUntil }) =>
    [fixedIn, keepUntil].flatMap((fix): readonly Query[] =>
      fix?.is === 'file' ? [{ thing: 'version', name: fix.file }] : [],
    ),
  )
  return [
    { thing: 'facts', name: '' },
    { thing: 'file', name: RECORD_PATH },
    { thing: 'service', name: EM_SERVICE },
    ...asked,
    ...versions,
  ]
}

/** A target that cannot be examined further is all right; one that should be and fails is not. */
async function session(
  target: Target,
  now: Held['now'],
  signal: AbortSignal,
): Promise<{ readonly examined: Examined | null; readonly asked: Asked; readonly flaw: Finding | null }> {
  const before = now()
  try {
    const examined = (await target.examine?.(signal)) ?? null
    return { examined, asked: { before, after: now() }, flaw: null }
  } catch (error) {
    signal.throwIfAborted()
    return { examined: null, asked: { before, after: before }, flaw: failed('reach', asStopgapError(error)) }
  }
}
