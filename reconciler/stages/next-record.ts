import type { Change } from '../model/plan.ts'
import { type Owned, RECORD_VERSION, type ServerRecord } from '../model/record.ts'
import { type Before, type Fields, type Kind, type MadeByFile, sameKey } from '../model/resource.ts'
import { canonicalJson } from '../util/digest.ts'
import type { Judged } from './diff/judged.ts'
import { ownersOf, staysFor } from './diff/owners.ts'
import { isRecorded } from './diff/wanted.ts'
import { type HoldContext, isAudit, serverHold } from './holds.ts'
import { intentOf } from './owned.ts'
import { madeMeanwhile } from './unsettled.ts'

/** What a plan goes by besides what was seen. */
export interface PlanContext extends HoldContext {
  readonly instance: string
  readonly record: ServerRecord | null
  readonly kinds: readonly Kind[]
  readonly revision: string
}

/** What the record is to say when nothing further is changed: what was seen to be ours, and nothing else. */
export function remembered(judged: readonly Judged[], context: PlanContext): ServerRecord {
  return nextRecord({ judged, changes: [], befores: new Map(), made: context.record?.made ?? {} }, context)
}

/** What a put is to remember: what was there before us, and what of ours it replaces. */
export interface PutMemory {
  readonly before: Before
  readonly was?: Fields
}

interface Outline {
  readonly judged: readonly Judged[]
  readonly changes: readonly Change[]
  readonly befores: ReadonlyMap<string, PutMemory>
  readonly made: MadeByFile
}

/** What the record is to say before the first step of these changes. */
export function nextRecord({ judged, changes, befores, made }: Outline, context: PlanContext): ServerRecord {
  const { record, server, instance, revision } = context
  if (serverHold(context) !== null)
    return record ?? { version: RECORD_VERSION, server, instance, owned: {}, made: {} }
  const owned: { [key: string]: Owned } = { ...record?.owned }
  const changing = new Map(changes.map((change) => [change.key, change]))
  const all = changes.length === 0 ? made : madeMeanwhile(record?.made ?? {}, made)
  const kept = Object.fromEntries(Object.entries(all).filter(([, pieces]) => pieces.length > 0))
  const asMade = canonicalJson(kept) === canonicalJson(record?.made ?? {})
  for (const one of judged) {
    const { key } = one.resource
    const change = changing.get(key)
    respell(owned, key)
    // Put right, not put: the record says of it what it will say, so that nothing is to be written down before and after.
    if (change?.verb === 'put' && asMade && isRecorded(one)) continue
    if (change?.verb === 'put') {
      const { before, was = {} } = befores.get(key) ?? { before: { fields: null } }
      const entry = entryOf(one, before, revision)
      const kind = context.kinds.find(({ name }) => name === entry.kind)
      owned[key] = intentOf(entry, { was, spec: one.owned?.spec }, kind)
    } else if (change !== undefined || !isAudit(one)) claim(owned, one, revision)
    if (change?.verb === 'undo' && owned[key] !== undefined) owned[key] = { ...owned[key], settled: false }
  }
  return { version: RECORD_VERSION, server, instance, owned, made: kept }
}

/** Another mitigation, or an edit, may spell the same name in another case: what is remembered goes along. */
function respell(owned: { [key: string]: Owned }, key: string): void {
  for (const [other, entry] of Object.entries(owned)) {
    if (other === key || !sameKey(other, key)) continue
    owned[key] ??= entry
    delete owned[other]
  }
}

function claim(owned: { [key: string]: Owned }, one: Judged, revision: string): void {
  const { key } = one.resource
  // An intent of which nothing came is forgotten too.
  if (one.claim === 'drop' || (one.claim === 'keep' && one.owned === null)) delete owned[key]
  if (one.claim === 'adopt') {
    owned[key] = { ...entryOf(one, one.owned?.before ?? beforeAdoption(one), revision), settled: true }
  }
}

/** An element of ours is known by its mark, so nothing was there before; of a value nobody knows. */
function beforeAdoption({ reading, resource }: Judged): Before {
  if (reading.is !== 'present' || reading.ours) return { fields: null }
  return { fields: resource.otherwise ?? null, forgotten: true }
}

function entryOf(one: Judged, before: Before, revision: string): Owned {
  const { resource } = one
  if (one.owned !== null && staysFor(one)) return { ...one.owned, before, revision, settled: false }
  return {
    kind: resource.kind,
    mitigations:
      one.wantedBy.length > 0 ? ownersOf(one) : one.unwantedBy.map((decision) => decision.mitigation),
    spec: resource.spec,
    before,
    want: resource.want,
    revision,
    settled: false,
  }
}
