import { configuration } from '../../iis/configuration.ts'
import { applicationsOf } from '../../iis/sites.ts'
import type { Json, Kind, Reading, Resource, Wish } from '../../model/resource.ts'
import type { See } from '../../model/thing.ts'
import { schema } from './schema.ts'

/** Every IIS has it; that it is looked at counts, not what it does. */
const SERVICE = 'W3SVC'

/** Changes nothing; shows that a server can be read at all. */
export const ping: Kind = {
  name: 'ping',
  schema,
  faults: () => [],
  split: (entry) => [entry],
  resource: pingResource,
}

function pingResource(spec: Json, mitigation: string): Resource {
  const nothing: Wish = { is: 'wish', parts: [], before: { fields: {} } }
  return {
    kind: 'ping',
    key: 'ping',
    mitigation,
    spec,
    want: {},
    stops: false,
    read: readPing,
    put: () => nothing,
    undo: () => nothing,
    impact: () => ({ stops: [], restarts: [] }),
  }
}

function readPing(see: See): Reading {
  const service = see('service', SERVICE)
  const read = configuration(see)
  if (read.is === 'unknown') return read
  const pool = applicationsOf(read.value.sites)[0]?.pool ?? 'DefaultAppPool'
  const seen = see('pool', pool)
  if (service.is === 'unknown') return { is: 'unknown', why: `service ${SERVICE}: ${service.why}` }
  if (seen.is === 'unknown') return { is: 'unknown', why: `application pool ${pool}: ${seen.why}` }
  // Nothing on the server carries a mark, so there is nothing that could be taken back either.
  return { is: 'present', fields: {}, ours: false }
}
