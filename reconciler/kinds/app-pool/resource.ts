import {
  asRawAttribute,
  putRawAttribute,
  rawAttribute,
  removeAttribute,
  setAttribute,
} from '../../iis/attribute-edit.ts'
import { type Configuration, configuration } from '../../iis/configuration.ts'
import { attribute as attributeOf, childrenNamed, type Element } from '../../iis/document.ts'
import { applicationsInPool } from '../../iis/impact.ts'
import { type Known, known } from '../../iis/known.ts'
import { elementsAt } from '../../iis/lookup.ts'
import { samePath } from '../../iis/paths.ts'
import { poolElement, poolSetting } from '../../iis/pools.ts'
import { attributeText } from '../../iis/schema/normalise.ts'
import type {
  Before,
  Fields,
  Impact,
  Json,
  Kind,
  MadeByFile,
  Part,
  Reading,
  Resource,
  Wish,
} from '../../model/resource.ts'
import type { Pool, See, Sighting } from '../../model/thing.ts'
import { type Draft, openDraft } from '../draft.ts'
import { missing } from '../missing.ts'
import { defined, fault, secondsOf, specOf } from '../spec.ts'
import { differing, goBack, joined, pick, stillOurs } from '../values.ts'
import { nothing, unknownWish, unowned } from '../wishes.ts'
import { schema } from './schema.ts'

interface PoolFields {
  readonly autoStart?: boolean
  readonly startMode?: 'OnDemand' | 'AlwaysRunning'
  readonly state?: Pool['state']
}

/** An entry of this kind; it stands for one resource. */
interface PoolSpec extends PoolFields {
  readonly name: string
  readonly timeout?: string
  readonly ifMissing?: 'skip' | 'fail'
  readonly otherwise?: PoolFields
}

/** What of a pool stands in applicationHost.config; `state` is asked of IIS itself. */
const WRITTEN = ['autoStart', 'startMode'] as const

/** An application pool: `autoStart`, `startMode` and `state`, each only when it is named. */
export const appPool: Kind = {
  name: 'app-pool',
  schema,
  faults: (entry) => faultsOf(specOf<PoolSpec>(entry)),
  split: (entry) => [entry],
  resource: poolResource,
  join: joined,
}

function fieldsNamed({ autoStart, startMode, state }: PoolFields): Fields {
  return defined<Json>({ autoStart, startMode, state })
}

/** What the schema cannot say. */
function faultsOf(spec: PoolSpec) {
  const named = fieldsNamed(spec)
  const faults = Object.keys(fieldsNamed(spec.otherwise ?? {}))
    .filter((field) => named[field] === undefined)
    .map((field) =>
      fault(
        `/otherwise/${field}`,
        `\`${field}\` is not set by this resource, so it never goes back. Remove it here.`,
      ),
    )
  if (Object.keys(named).length > 0) return faults
  return [
    ...faults,
    fault('', 'Nothing is asked of the pool. Set `autoStart`, `startMode`, `state` or several.'),
  ]
}

function poolResource(json: Json, mitigation: string): Resource {
  const spec = specOf<PoolSpec>(json)
  const want = fieldsNamed(spec)
  return {
    kind: 'app-pool',
    key: `app-pool:${spec.name}`,
    mitigation,
    spec: json,
    want,
    ...(spec.otherwise === undefined ? {} : { otherwise: fieldsNamed(spec.otherwise) }),
    stops: want['state'] === 'Stopped' || want['autoStart'] === false,
    read: (see) => readPool(spec, want, see),
    put: (see, made) => putPool(spec, want, see, made),
    undo: (see, before, made, set) => undoPool(spec, { before, set: set ?? want }, see, made),
    impact: (see) => impactOf(spec, see),
  }
}

interface Now {
  readonly server: Configuration
  readonly element: Element
  readonly fields: Fields
}

type Looked = Known<Now> | { readonly is: 'gone'; readonly why: string }

/** The named fields as they are: from the file, and from IIS for the state. */
function look(name: string, names: readonly string[], see: See): Looked {
  // Asked for before the configuration is understood: one round trip less.
  const pool: Sighting<Pool> | null = names.includes('state') ? see('pool', name) : null
  const server = configuration(see)
  if (server.is === 'unknown') return server
  const element = poolElement(server.value, name)
  if (element === undefined) return { is: 'gone', why: `there is no application pool ${name} on this server` }
  if (pool?.is === 'unknown') return { is: 'unknown', why: `application pool ${name}: ${pool.why}` }
  if (pool?.is === 'absent') {
    return { is: 'unknown', why: `application pool ${name} is configured, but IIS does not know it` }
  }
  const fields: { [field: string]: Json } = {}
  for (const attribute of WRITTEN.filter((each) => names.includes(each))) {
    const setting = poolSetting(server.value, element, attribute)
    if (setting.is === 'unknown') return setting
    fields[attribute] = setting.value.value
  }
  if (pool !== null) fields['state'] = pool.value.state
  return known({ server: server.value, element, fields })
}

function readPool(spec: PoolSpec, want: Fields, see: See): Reading {
  const now = look(spec.name, Object.keys(want), see)
  if (now.is === 'gone') return missing(now.why, spec.ifMissing ?? 'skip')
  return now.is === 'unknown' ? now : { is: 'present', fields: now.value.fields, ours: false }
}

/** The file first and the pool then, so that IIS does not start again what was just stopped. */
function wishOf(spec: PoolSpec, draft: Draft | null, state: Json | undefined, before: Before): Wish {
  const parts: Part[] = [...(draft?.parts() ?? [])]
  if (state === 'Started' || state === 'Stopped') {
    parts.push({ thing: 'pool', name: spec.name, become: { state }, timeoutSeconds: secondsOf(spec.timeout) })
  }
  return { is: 'wish', parts, before }
}

/** Before anything changes, each attribute is remembered as it is written, or that it is not. */
function putPool(spec: PoolSpec, want: Fields, see: See, made: MadeByFile): Wish {
  const now = look(spec.name, Object.keys(want), see)
  if (now.is === 'gone') return { is: 'unknown', why: now.why }
  if (now.is === 'unknown') return unknownWish(now)
  const { server, element, fields } = now.value
  const draft = openDraft(see, server.file, made)
  if (draft.is === 'unknown') return unknownWish(draft)
  const raw: { [attribute: string]: Json } = {}
  for (const attribute of WRITTEN.filter((each) => want[each] !== undefined)) {
    raw[attribute] = rawAttribute(draft.value.document, element, attribute)
  }
  const change = differing(fields, want)
  for (const attribute of WRITTEN.filter((each) => change[each] !== undefined)) {
    write(draft.value, spec.name, (document, pool) =>
      setAttribute(document, pool, attribute, attributeText(change[attribute] ?? null)),
    )
  }
  return wishOf(spec, draft.value, change['state'], { fields, raw })
}

/** The state by its value, the attributes by their very bytes. */
function undoPool(
  spec: PoolSpec,
  past: { before: Before | null; set: Fields },
  see: See,
  made: MadeByFile,
): Wish {
  const now = look(spec.name, Object.keys(past.set), see)
  if (now.is === 'gone') return nothing(past.before)
  if (now.is === 'unknown') return unknownWish(now)
  const { server, fields } = now.value
  const otherwise = spec.otherwise === undefined ? undefined : fieldsNamed(spec.otherwise)
  const back = goBack(stillOurs(fields, past.set), past.before, otherwise)
  if (back === 'unowned' || !isSettable(back)) return unowned(`application pool ${spec.name}`)
  const draft = openDraft(see, server.file, made)
  if (draft.is === 'unknown') return unknownWish(draft)
  const raw = specOf<Fields | undefined>(past.before?.raw ?? null) ?? {}
  for (const attribute of Object.keys(pick(back, WRITTEN))) {
    write(draft.value, spec.name, (document, pool) => {
      // With the past lost there are no bytes, only the value that the specification gives.
      if (past.before === null)
        return setAttribute(document, pool, attribute, attributeText(back[attribute] ?? null))
      const written = asRawAttribute(raw[attribute] ?? null, attribute)
      if (written === null) return removeAttribute(document, pool, attribute)
      return putRawAttribute(document, pool, written)
    })
  }
  return wishOf(spec, draft.value, differing(fields, back)['state'], nothing(past.before).before)
}

/** Anybody on the server can edit a record: only a state that a pool can have is taken out of one. */
function isSettable({ state }: Fields): boolean {
  return state === undefined || state === 'Started' || state === 'Stopped'
}

/** One edit of the pool's element. */
function write(
  draft: Draft,
  name: string,
  edit: (document: Draft['document'], pool: Element) => string,
): void {
  // Not `poolElement`: each edit makes a new document, which no configuration knows yet.
  const pool = elementsAt(draft.root, 'system.applicationHost/applicationPools')
    .flatMap((section) => childrenNamed(section, 'add'))
    .find((each) => samePath(attributeOf(each, 'name') ?? '', name))
  if (pool !== undefined) draft.take({ text: edit(draft.document, pool), made: draft.made })
}

/** Applications of all sites: Exchange shares pools between front end and back end. */
function impactOf(spec: PoolSpec, see: See): Impact {
  const now = look(spec.name, ['state'], see)
  if (now.is !== 'known' || spec.state !== 'Stopped' || now.value.fields['state'] === 'Stopped') {
    return { stops: [], restarts: [] }
  }
  return { stops: applicationsInPool(now.value.server, spec.name), restarts: [] }
}
