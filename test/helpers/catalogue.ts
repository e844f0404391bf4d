import type {
  Block,
  Catalogue,
  Mitigation,
  Origin,
  Policy,
  ServerObject,
  Switch,
} from '../../reconciler/model/catalogue.ts'
import type { Facts } from '../../reconciler/model/facts.ts'
import type { Json, Kind, Resource } from '../../reconciler/model/resource.ts'
import type { Context } from '../../reconciler/policy/context.ts'

/** A day in milliseconds. */
export const DAY = 86_400_000
/** A fixed moment that tests call now. */
export const NOW = Date.UTC(2026, 8, 1, 12)

export function at(file: string, line = 1): Origin {
  return { file, line, column: 1 }
}

/** An unfixed, applicable mitigation for 15.1.2507 and 15.2.1118 without requirements. */
export function mitigation(name: string, over: Partial<Mitigation> = {}): Mitigation {
  const file = `mitigations/${name}.yaml`
  return {
    name,
    labels: {},
    origin: at(file, 1),
    title: name,
    severity: 'high',
    cves: [],
    references: [],
    optIn: false,
    appliesTo: { roles: ['Mailbox'], from: {}, origin: at(file, 10) },
    fixedIn: {
      ...builds({ '15.1.2507': '15.1.2507.16', '15.2.1118': '15.2.1118.20' }),
      origin: at(file, 20),
    },
    onFixed: 'remove',
    requires: {},
    requiresOrigin: at(file, 30),
    resources: [{ kind: 'toy', entry: [`Default Web Site:${name}`], origin: at(file, 40) }],
    sideEffects: [],
    checklist: [],
    tests: [],
    ...over,
  }
}

export function builds(lanes: Record<string, string>): { is: 'builds'; lanes: Record<string, string> } {
  return { is: 'builds', lanes }
}

export function policy(name: string, over: Partial<Policy> = {}): Policy {
  const everything = { servers: { is: 'all' }, mitigations: { is: 'all' } } as const
  return { name, labels: {}, origin: at(`policies/${name}.yaml`), ...everything, mode: 'enforce', ...over }
}

export function block(name: string, over: Partial<Block> = {}): Block {
  return {
    name,
    labels: {},
    origin: at(`policies/${name}.yaml`),
    servers: { is: 'all' },
    mitigations: { is: 'all' },
    reason: 'printing breaks',
    owner: 'team@contoso.example',
    onExpiry: 'hold',
    remove: false,
    ...over,
  }
}

export function aSwitch(file: string, over: Partial<Switch> = {}): Switch {
  return { origin: at(file), mitigationsEnabled: true, mode: 'enforce', ...over }
}

export function server(name: string, over: Partial<ServerObject> = {}): ServerObject {
  return { ...aSwitch(`policies/${name}.yaml`), name, labels: {}, ...over }
}

/** One mitigation M1 that one policy enforces everywhere, committed a day ago. */
export function catalogue(over: Partial<Catalogue> = {}): Catalogue {
  return {
    revision: 'main@sha1:0000000000000000000000000000000000000001',
    time: NOW - DAY,
    mitigations: [mitigation('M1')],
    policies: [policy('baseline')],
    blocks: [],
    servers: [],
    ...over,
  }
}

/** An Exchange 2016 CU23 without updates. */
export function facts(over: Partial<Facts> = {}): Facts {
  return {
    name: 'ex01',
    roles: ['Mailbox'],
    exchange: '15.01.2507.006',
    os: '10.0.17763.4968',
    iis: '10.0',
    urlRewrite: '7.1.1993.2351',
    environment: {},
    ...over,
  }
}

/** The same facts without these ones. */
export function without(names: readonly (keyof Facts)[], from: Facts = facts()): Facts {
  return Object.fromEntries(
    Object.entries(from).filter(([name]) => !names.includes(name as keyof Facts)),
  ) as Facts
}

export function context(over: Partial<Context> = {}): Context {
  return {
    now: { time: NOW, trusted: true },
    retireAfter: 0,
    fixedSince: {},
    server: 'ex01',
    versions: () => ({ is: 'unknown', why: 'not looked at yet' }),
    ...over,
  }
}

/** A kind whose entries are lists of keys, each a resource that is a file of that name. */
export function toyKind(name: string): Kind {
  return {
    name,
    schema: { type: 'array' },
    faults: () => [],
    split: (entry: Json) => entry as readonly Json[],
    resource: (spec: Json, owner: string): Resource => ({
      kind: name,
      key: `${name}:${spec}`,
      mitigation: owner,
      spec,
      want: { present: true },
      stops: false,
      read: (see) => {
        const seen = see('file', String(spec))
        if (seen.is === 'unknown') return seen
        return seen.is === 'absent'
          ? { is: 'absent' }
          : { is: 'present', fields: { present: true }, ours: false }
      },
      put: () => ({
        is: 'wish',
        parts: [{ thing: 'file', name: String(spec), become: new Uint8Array() }],
        before: { fields: null },
      }),
      undo: () => ({
        is: 'wish',
        parts: [{ thing: 'file', name: String(spec), become: 'absent' }],
        before: { fields: null },
      }),
      impact: () => ({ stops: [], restarts: [] }),
    }),
  }
}

export const KINDS: readonly Kind[] = [toyKind('toy'), toyKind('ping')]
