import type { Owned } from '../model/record.ts'
import type { Kind, Resource } from '../model/resource.ts'
import type { See } from '../model/thing.ts'

/**
 * The resource that a record speaks of. Anybody on the server can edit a record, so one whose specification is none
 * reads as unknown: it is told, nothing is done about it, and everything else goes on.
 */
export function recalled(kind: Kind, key: string, { spec, mitigations }: Owned, see: See): Resource {
  const mitigation = mitigations[0] ?? ''
  try {
    const resource = kind.resource(spec, mitigation)
    resource.read(see)
    resource.impact(see)
    return resource
  } catch {
    return illegible(kind, key, mitigation)
  }
}

function illegible({ name }: Kind, key: string, mitigation: string): Resource {
  const why = 'what the record on the server says of it is no specification'
  return {
    kind: name,
    key,
    mitigation,
    spec: {},
    want: {},
    stops: false,
    read: () => ({ is: 'unknown', why }),
    put: () => ({ is: 'unknown', why }),
    undo: () => ({ is: 'unknown', why }),
    impact: () => ({ stops: [], restarts: [] }),
  }
}
