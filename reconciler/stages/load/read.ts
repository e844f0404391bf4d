import { formatBuild, laneOf, parseBuild } from '../../formats/build.ts'
import { parseExpiry } from '../../formats/moment.ts'
import type {
  Block,
  FixedIn,
  Labels,
  Lanes,
  Mitigation,
  MitigationSelector,
  Origin,
  Policy,
  Requires,
  ResourceEntry,
  ServerObject,
  ServerSelector,
  SideEffect,
  Switch,
} from '../../model/catalogue.ts'
import { isObject } from '../../model/object.ts'
import type { Json } from '../../model/resource.ts'
import { isList, type JsonObject, type PolicyObject } from './document.ts'
import type { Names } from './names.ts'

// Everything here is called only for objects that have passed every check, so the types are what the schemas say.

interface Head {
  readonly name: string
  readonly labels: Labels
  readonly origin: Origin
}

/** Reasons point at the name: that is what people look for in a file of several objects. */
function head(object: PolicyObject): Head {
  return {
    name: object.name ?? '',
    labels: (object.get('metadata', 'labels') ?? {}) as Labels,
    origin: object.at(['metadata', 'name']),
  }
}

function texts(object: PolicyObject, ...path: readonly string[]): readonly string[] {
  return object.items(...path) as readonly string[]
}

/** The mitigation that a checked object describes, defaults filled in. */
export function readMitigation(object: PolicyObject): Mitigation {
  const keepUntil = readFix(object, 'keepUntil')
  return {
    ...head(object),
    title: object.get('spec', 'title') as string,
    severity: object.get('spec', 'severity') as Mitigation['severity'],
    cves: texts(object, 'spec', 'cves'),
    references: texts(object, 'spec', 'references'),
    optIn: object.get('spec', 'optIn') === true,
    appliesTo: readAppliesTo(object),
    fixedIn: readFix(object, 'fixedIn') ?? readPermanent(object),
    ...(keepUntil === null ? {} : { keepUntil }),
    onFixed: (object.get('spec', 'onFixed') ?? 'remove') as Mitigation['onFixed'],
    requires: (object.get('spec', 'requires') ?? {}) as Requires,
    requiresOrigin: object.at(['spec', 'requires'], 'key'),
    resources: object.items('spec', 'resources').map((entry, index) => readEntry(object, entry, index)),
    sideEffects: object.items('spec', 'sideEffects').map(readSideEffect),
    checklist: texts(object, 'spec', 'checklist'),
    tests: object.items('spec', 'tests'),
  }
}

function readAppliesTo(object: PolicyObject): Mitigation['appliesTo'] {
  const roles = texts(object, 'spec', 'appliesTo', 'roles') as Mitigation['appliesTo']['roles']
  const builds = object.get('spec', 'appliesTo', 'builds') as string | undefined
  return {
    roles: roles.length === 0 ? ['Mailbox'] : roles,
    ...(builds === undefined ? {} : { builds }),
    from: readLanes(object.entries('spec', 'appliesTo', 'from')),
    origin: object.at(['spec', 'appliesTo'], 'key'),
  }
}

/** Null when it is not there or empty. */
function readFix(object: PolicyObject, field: 'fixedIn' | 'keepUntil'): Mitigation['fixedIn'] | null {
  const entries = object.entries('spec', field)
  if (entries.length === 0) return null
  const origin = object.at(['spec', field], 'key')
  const file = object.get('spec', field, 'file') as string | undefined
  const fix: FixedIn =
    file === undefined
      ? { is: 'builds', lanes: readLanes(entries) }
      : { is: 'file', file, versions: readLanes(object.entries('spec', field, 'versions')) }
  return { ...fix, origin }
}

function readPermanent(object: PolicyObject): Mitigation['fixedIn'] {
  const text = object.get('spec', 'permanent') as string
  return { is: 'permanent', text, origin: object.at(['spec', 'permanent'], 'key') }
}

/** Without leading zeros, so that lanes and builds can be compared as text too. */
function readLanes(entries: ReturnType<PolicyObject['entries']>): Lanes {
  return Object.fromEntries(
    entries.map(([lane, text]) => {
      const build = parseBuild(String(text)) ?? [0, 0, 0, 0]
      return [laneOf(parseBuild(lane) ?? build), formatBuild(build)]
    }),
  )
}

/** The entry goes on as written; only its kind knows what it means. */
function readEntry(object: PolicyObject, entry: Json, index: number): ResourceEntry {
  const { kind } = entry as { readonly kind: string }
  return { kind, entry, origin: object.at(['spec', 'resources', index]) }
}

function readSideEffect(value: Json): SideEffect {
  const { text, requests, healthSets } = value as unknown as Partial<SideEffect>
  return { text: text ?? '', requests: requests ?? [], healthSets: healthSets ?? [] }
}

/** The policy that a checked object describes. */
export function readPolicy(object: PolicyObject, names: Names): Policy {
  return {
    ...head(object),
    servers: readServers(object, names),
    mitigations: readMitigations(object, names),
    mode: (object.get('spec', 'mode') ?? 'enforce') as Policy['mode'],
  }
}

/** The block that a checked object describes. */
export function readBlock(object: PolicyObject, names: Names): Block {
  const expires = parseExpiry(String(object.get('spec', 'expires') ?? ''))
  return {
    ...head(object),
    servers: readServers(object, names),
    mitigations: readMitigations(object, names),
    reason: object.get('spec', 'reason') as string,
    owner: object.get('spec', 'owner') as string,
    ...(expires === null ? {} : { expires }),
    onExpiry: (object.get('spec', 'onExpiry') ?? 'hold') as Block['onExpiry'],
    remove: object.get('spec', 'remove') === true,
  }
}

/** Names as their objects spell them: later steps compare them as they are. */
function canonical(names: Names, kind: 'Server' | 'Mitigation', listed: readonly Json[]): readonly string[] {
  return listed.map((name) => names.find(kind, String(name))?.name ?? String(name))
}

/** No selector is every server; an empty one was refused, so the two cannot be confused. */
function readServers(object: PolicyObject, names: Names): ServerSelector {
  if (object.get('spec', 'servers') === undefined) return { is: 'all' }
  return {
    is: 'some',
    names: canonical(names, 'Server', object.items('spec', 'servers', 'names')),
    labels: (object.get('spec', 'servers', 'labels') ?? {}) as Labels,
  }
}

function readMitigations(object: PolicyObject, names: Names): MitigationSelector {
  const selector = object.get('spec', 'mitigations')
  if (isList(selector))
    return selector.includes('*')
      ? { is: 'all' }
      : { is: 'names', names: canonical(names, 'Mitigation', selector) }
  const { severity, labels } = (isObject(selector) ? selector : {}) as JsonObject
  return isList(severity)
    ? { is: 'severity', severity: severity as readonly Mitigation['severity'][] }
    : { is: 'labels', labels: (labels ?? {}) as Labels }
}

/** The switch of the organization. */
export function readOrganization(object: PolicyObject): Switch {
  return { origin: object.at(['kind']), ...readSwitch(object) }
}

/** The server that a checked object describes. */
export function readServer(object: PolicyObject): ServerObject {
  return { ...head(object), ...readSwitch(object) }
}

/** Without a word the switch is on, as with the EM service. */
function readSwitch(object: PolicyObject): Omit<Switch, 'origin'> {
  const reason = object.get('spec', 'reason') as string | undefined
  const owner = object.get('spec', 'owner') as string | undefined
  return {
    mitigationsEnabled: object.get('spec', 'mitigationsEnabled') !== false,
    mode: (object.get('spec', 'mode') ?? 'enforce') as Switch['mode'],
    ...(reason === undefined ? {} : { reason }),
    ...(owner === undefined ? {} : { owner }),
  }
}
