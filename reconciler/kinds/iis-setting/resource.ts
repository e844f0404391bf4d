import type { Fields, Json, Kind } from '../../model/resource.ts'
import { fault, listOf, specOf } from '../spec.ts'
import { type AttributeSpec, attributeResource, valueFault } from './attribute.ts'
import { schema } from './schema.ts'

interface Entry extends Partial<Omit<AttributeSpec, 'at'>> {
  readonly at: string | readonly string[]
}

/** One attribute of any section of the IIS configuration. */
export const iisSetting: Kind = {
  name: 'iis-setting',
  schema,
  faults: (entry) => faultsOf(specOf<Entry>(entry)),
  split(entry) {
    const spec = specOf<Fields>(entry)
    return listOf(spec['at'] ?? []).map((at) => ({ ...spec, at }))
  },
  resource: attributeResource,
}

function faultsOf(entry: Entry) {
  const [at = ''] = listOf(entry.at)
  const spec = specOf<AttributeSpec>({ ...entry, at } as Json)
  return (['value', 'otherwise'] as const).flatMap((name) => {
    const value = spec[name]
    const why = value === undefined ? null : valueFault(spec, value)
    return why === null ? [] : [fault(`/${name}`, `IIS does not take this for ${spec.attribute}: ${why}.`)]
  })
}
