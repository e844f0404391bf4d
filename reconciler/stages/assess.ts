import { StopgapError } from '../errors/error.ts'
import { faults } from '../iis/check.ts'
import { configuration } from '../iis/configuration.ts'
import type { Catalogue } from '../model/catalogue.ts'
import type { Facts } from '../model/facts.ts'
import type { Plan } from '../model/plan.ts'
import { RECORD_PATH, type ServerRecord } from '../model/record.ts'
import type { Kind } from '../model/resource.ts'
import type { Memory } from '../model/store.ts'
import { type Query, type See, seeing } from '../model/thing.ts'
import type { DesiredState } from '../model/verdict.ts'
import type { Context, Now } from '../policy/context.ts'
import { orphanDecision } from '../policy/orphan.ts'
import { seenFixes } from '../policy/retire.ts'
import type { Judged } from './diff/judged.ts'
import { diff } from './diff.ts'
import { type Limits, serverHold } from './holds.ts'
import type { View } from './look.ts'
import type { PlanContext } from './next-record.ts'
import { observe } from './observe.ts'
import { plan } from './plan.ts'
import { type RecordRead, readRecord } from './record.ts'
import { pastOf } from './remember.ts'
import { resolve } from './resolve.ts'
import { withoutUnmade } from './unsettled.ts'

/** What is the same for every server while one revision is in force. */
export interface World {
  readonly catalogue: Catalogue
  readonly kinds: readonly Kind[]
  readonly limits: Limits
  /** Milliseconds. */
  readonly retireAfter: number
  readonly now: Now
  readonly instance: string
  /** How many servers this revision takes a protection from. */
  readonly unprotected: number
  /** Only these mitigations are changed (names without case); null: all. */
  readonly only: ReadonlySet<string> | null
}

/** What is known of one server besides what is seen of it now. */
export interface ServerWorld {
  readonly server: string
  readonly memory: Memory
  readonly recordCopy: ServerRecord | null
  readonly released: ReadonlySet<string>
  /** Its record may be taken over from another instance. */
  readonly takeOver: boolean
  /** Why what this revision asks for has to wait for other servers, if so. */
  readonly rollout: string | null
}

/** The pure middle of the line, from sightings to a plan. */
export interface Assessment {
  readonly facts: Facts
  readonly desired: DesiredState
  readonly judged: readonly Judged[]
  readonly plan: Plan
  readonly planContext: PlanContext
  readonly fixedSince: Memory['fixedSince']
  readonly record: ServerRecord | null
  readonly recordRead: RecordRead
  readonly see: See
  /** False while nothing at all may be written on this server. */
  readonly open: boolean
  readonly warnings: readonly string[]
  /** What was asked for and nobody has looked at yet; with any, the rest is not to be relied on. */
  readonly asked: readonly Query[]
}

/** From what was seen of a server to its plan. Pure: what it lacks is in `asked`, and it is called again. */
export function assess(view: View, world: World, own: ServerWorld): Assessment {
  const asked: Query[] = []
  const see = seeing(view.sightings, (query) => asked.push(query))
  const facts = factsOf(own.server, see)
  const recordRead = readRecord(own.server, see('file', RECORD_PATH))
  const record = recordRead.is === 'record' ? recordRead.record : own.recordCopy
  const context = contextOf(world, own, see)
  const desired = resolve(world.catalogue, facts, world.kinds, context)
  const orphan = (name: string) => orphanDecision({ name, harmless: false }, world.catalogue, context)
  const observed = observe({ desired, record, kinds: world.kinds, orphan }, see)
  const build = facts.exchange ?? null
  const lost = record === null && (recordRead.is === 'lost' || hasMarks(world.kinds, see))
  const past = pastOf(own.memory, { revision: world.catalogue.revision, build, lost })
  const judged = diff(observed, past).map((one) => (concerns(one, world.only) ? one : untouched(one)))
  if (asked.length > 0) foresee(see)
  const owner = (recordRead.is === 'lost' ? recordRead.instance : null) ?? record?.instance ?? null
  const otherOwner = owner !== world.instance && !own.takeOver ? owner : null
  const planContext: PlanContext = {
    server: own.server,
    instance: world.instance,
    revision: world.catalogue.revision,
    kinds: world.kinds,
    facts,
    decisions: desired.decisions,
    record: withoutUnmade(record, see),
    otherOwner,
    limits: world.limits,
    released: own.released,
    fights: own.memory.corrections,
    now: world.now.time,
    unprotected: world.unprotected,
    rollout: own.rollout,
  }
  return {
    facts,
    desired,
    judged,
    plan: plan(judged, see, planContext),
    planContext,
    fixedSince: seenFixes(world.catalogue, facts, context),
    record,
    recordRead,
    see,
    open: serverHold(planContext) === null,
    warnings: [
      ...desired.warnings,
      ...ownerWarnings(planContext),
      ...warningsOf(judged, recordRead, own.recordCopy),
    ],
    asked,
  }
}

/** Asks already now for what the check of a change will read: whoever has to look again anyhow looks at all of it. */
function foresee(see: See): void {
  const server = configuration(see)
  if (server.is === 'known') faults(see, [server.value.file])
}

function contextOf(world: World, own: ServerWorld, see: See): Context {
  const { now, retireAfter } = world
  const versions = (path: string) => see('version', path)
  return { now, retireAfter, fixedSince: own.memory.fixedSince, server: own.server, versions }
}

function factsOf(server: string, see: See): Facts {
  const seen = see('facts', '')
  if (seen.is === 'here') return seen.value
  const why = seen.is === 'unknown' ? seen.why : 'it gave none'
  throw new StopgapError('FACTS_UNKNOWN', { server, why })
}

function hasMarks(kinds: readonly Kind[], see: See): boolean {
  return kinds.some((kind) => (kind.ours?.(see, new Set()).length ?? 0) > 0)
}

function concerns({ wantedBy, unwantedBy, resource }: Judged, only: World['only']): boolean {
  if (only === null) return true
  const names = [...wantedBy, ...unwantedBy].map((decision) => decision.mitigation)
  return [...names, resource.mitigation].some((name) => only.has(name.toLowerCase()))
}

/** What nobody remembers yet is remembered all the same: with the record, what tells that memory was lost is gone. */
function untouched({ difference: _, ...judged }: Judged): Judged {
  return { ...judged, claim: judged.owned === null ? judged.claim : 'keep' }
}

/** Said also while there is nothing to write: the day there is, it will be held. */
function ownerWarnings({ server, otherOwner, facts }: PlanContext): readonly string[] {
  if (facts.name.toLowerCase() !== server.toLowerCase())
    return [`the server calls itself ${facts.name}, so nothing is written on ${server}`]
  if (otherOwner === null) return []
  return [
    `its record belongs to another Stopgap instance (${otherOwner}), so nothing is written on ${server}`,
  ]
}

function warningsOf(
  judged: readonly Judged[],
  read: RecordRead,
  copy: ServerRecord | null,
): readonly string[] {
  const duplicates = judged.flatMap((one) => one.warning ?? [])
  if (read.is !== 'lost') return duplicates
  const remedy =
    copy === null ? 'what was there before us is not known any more' : 'the copy in the state folder is used'
  return [`the record on the server is damaged (${read.why}); ${remedy}`, ...duplicates]
}
