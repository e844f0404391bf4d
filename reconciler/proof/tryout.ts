import type { Mitigation, Origin } from '../model/catalogue.ts'
import type { See } from '../model/thing.ts'
import { type Examination, tests, traffic } from './examine.ts'
import type { TrafficRequest } from './traffic.ts'
import type { Tried, Tryout } from './tried.ts'
import { type WebServer, webServer } from './web-server.ts'

/** A resource that is not on the server on which it is tried. */
export interface NotThere {
  readonly key: string
  /** Index in `spec.resources`. */
  readonly entry: number
  readonly why: string
}

/** A mitigation on a server, ready to be tried. */
export interface Stage {
  readonly mitigation: Mitigation
  readonly build: string
  /** False: the server is not one that the mitigation is for, because none is known. */
  readonly applies: boolean
  readonly before: See
  /** The same server with the mitigation. */
  readonly after: See
  readonly held: readonly NotThere[]
  readonly missing: readonly NotThere[]
  readonly at: (pointer: string) => Origin
}

const RULES: ReadonlySet<string> = new Set(['rewrite-rule', 'outbound-rule'])

/** Tries everything about a mitigation: its tests, ordinary traffic, what it declares of side effects. */
export function tryOut(stage: Stage, corpus: readonly TrafficRequest[]): Tryout {
  const { mitigation, before, after, at } = stage
  const examination: Examination = { mitigation, before: serverOf(before), after: webServer(after), at }
  const ordinary = traffic(examination, corpus)
  return {
    mitigation: mitigation.name,
    origin: mitigation.origin,
    build: stage.build,
    rules: mitigation.resources.filter(({ kind }) => RULES.has(kind)).length,
    tests: mitigation.tests.length,
    traffic: ordinary.counts,
    tried: [...tests(examination), ...ordinary.tried, ...unput(stage)],
  }
}

const servers = new WeakMap<See, WebServer>()

/** Of the server without any mitigation, which is the same for many of them. */
function serverOf(see: See): WebServer {
  const server = servers.get(see) ?? webServer(see)
  servers.set(see, server)
  return server
}

function unput({ mitigation, applies, build, held, missing, at }: Stage): readonly Tried[] {
  const told = ({ key, entry, why }: NotThere) => ({
    name: key,
    origin: at(`/spec/resources/${entry}`),
    happened: why,
  })
  const nowhere: Tried = {
    code: 'applies-nowhere',
    level: 'warning',
    name: mitigation.name,
    origin: mitigation.appliesTo.origin,
    happened: `no build of Exchange that is known here is in its range, so it was tried on ${build}`,
  }
  return [
    ...held.map((one): Tried => ({ code: 'not-put', level: 'error', ...told(one) })),
    ...missing.map((one): Tried => ({ code: 'resource-missing', level: 'warning', ...told(one) })),
    ...(applies ? [] : [nowhere]),
  ]
}
