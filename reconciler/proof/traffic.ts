import { offsetOf, positionIn } from '../formats/positions.ts'
import { schemaFaults } from '../formats/schema.ts'
import { parseYaml } from '../formats/yaml.ts'
import type { Diagnostic, Origin } from '../model/catalogue.ts'
import type { Json } from '../model/resource.ts'
import type { Headers, Request } from '../rewrite/exchange.ts'
import { addressed, type Written } from './address.ts'
import { writtenOf } from './case.ts'
import { trafficSchema } from './traffic-schema.ts'

/** One request of ordinary Exchange traffic. */
export interface TrafficRequest {
  /** What it is for; unique in the corpus. */
  readonly name: string
  readonly protocol: string
  /** Which requests of the protocol it belongs to, in words. */
  readonly group: string
  readonly request: Request
  readonly origin: Origin
}

/** What a file of traffic holds; a file with a fault has no requests. */
export interface Traffic {
  readonly requests: readonly TrafficRequest[]
  readonly faults: readonly Diagnostic[]
}

/** A file after the schema has passed it. */
interface TrafficFile {
  readonly protocol: string
  readonly groups: readonly {
    readonly name: string
    readonly headers?: Headers
    readonly requests: readonly { readonly name: string; readonly request: Json }[]
  }[]
}

/** The host of a request that names none: the address under which clients reach the server. */
const HOST = 'mail.contoso.example'

/** The requests of one YAML file, in its order, or every fault with its place. Never throws. `file` is for messages. */
export function parseTraffic(file: string, text: string): Traffic {
  const { documents, faults } = parseYaml(text)
  const position = positionIn(text)
  const fault = (offset: number, message: string): Diagnostic => ({
    severity: 'error',
    file,
    ...position(offset),
    message,
  })
  if (faults.length > 0) return { requests: [], faults: faults.map((one) => fault(one.offset, one.message)) }
  const [document, second] = documents
  if (document === undefined) return { requests: [], faults: [fault(0, 'there is no request in it.')] }
  if (second !== undefined)
    return { requests: [], faults: [fault(second.root.value, 'a second document. A file has one.')] }
  const wrong = schemaFaults(trafficSchema, document.value)
  if (wrong.length > 0)
    return {
      requests: [],
      faults: wrong.map((one) => fault(offsetOf(document.root, one.pointer, one.on), one.message)),
    }
  const place = (pointer: string): Origin => ({
    file,
    ...position(offsetOf(document.root, pointer, 'value')),
  })
  return requestsOf(document.value as unknown as TrafficFile, place)
}

/** All files of a corpus together: a name must be unique in all of it, and no request may stand in it twice. */
export function joinTraffic(files: readonly Traffic[]): Traffic {
  const faults = files.flatMap((one) => one.faults)
  const requests = files.flatMap((one) => one.requests)
  const seen = new Map<string, TrafficRequest>()
  for (const one of requests) {
    for (const key of [`name ${one.name}`, `request ${JSON.stringify(one.request)}`]) {
      const first = seen.get(key)
      if (first === undefined) seen.set(key, one)
      else faults.push({ severity: 'error', ...one.origin, message: again(key, first) })
    }
  }
  return { requests: faults.length > 0 ? [] : requests, faults }
}

function again(key: string, first: TrafficRequest): string {
  const { file, line } = first.origin
  return key.startsWith('name ')
    ? `the name '${first.name}' is taken at ${file}:${line}. Choose another.`
    : `the same request stands at ${file}:${line}. Remove one of them.`
}

function requestsOf(file: TrafficFile, place: (pointer: string) => Origin): Traffic {
  const requests: TrafficRequest[] = []
  const faults: Diagnostic[] = []
  for (const [at, group] of file.groups.entries())
    for (const [index, { name, request }] of group.requests.entries()) {
      const origin = place(`/groups/${at}/requests/${index}`)
      const sent = addressed(written(request, group.headers ?? {}))
      if (sent.is === 'fault') faults.push({ severity: 'error', ...origin, message: `${sent.why}.` })
      else requests.push({ name, protocol: file.protocol, group: group.name, request: sent.request, origin })
    }
  return { requests: faults.length > 0 ? [] : requests, faults }
}

function written(request: Json, common: Headers): Written {
  // The schema has seen that it is one.
  const { method, url, headers } = writtenOf(request) ?? { method: 'GET', url: '/', headers: {} }
  return {
    method,
    url: url.startsWith('/') ? `https://${HOST}${url}` : url,
    headers: { ...withoutOwn(common, headers), ...headers },
  }
}

/** A request's own header replaces that of its group, however its name is written. */
function withoutOwn(common: Headers, own: Headers): Headers {
  const names = new Set(Object.keys(own).map((name) => name.toLowerCase()))
  return Object.fromEntries(Object.entries(common).filter(([name]) => !names.has(name.toLowerCase())))
}
